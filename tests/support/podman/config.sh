# shellcheck shell=bash
# The files of an instance under DIR, and the wrapper that runs podman on them. Sourced by
# ../podman.sh.
#
#   arm, env, podman (wrapper), podman.pid, podman.sock, holder.pid, service.log
#   etc/    containers.conf, storage.conf, registries.conf
#   net/    netavark's networks       root/  storage      run/  runroot
#   tmp/    tmpdir (exit files)       xdg/   XDG_RUNTIME_DIR and HOME
#   work/   where tests make their allocation directories
#   inner/  mount point that holder.sh needs while it builds the namespace

config_write() {
    chmod 0755 "$DIR"
    printf '%s\n' "$ARM" >"$DIR/arm"
    mkdir -p "$DIR"/{etc,net,root,run,tmp,xdg,work,inner}
    chmod 0700 "$DIR/xdg"
    containers_conf >"$DIR/etc/containers.conf"
    printf '[storage]\ndriver = "%s"\ngraphroot = "%s"\nrunroot = "%s"\n' \
        "$(storage_driver)" "$DIR/root" "$DIR/run" >"$DIR/etc/storage.conf"
    # No search registries: a short name fails at once instead of asking somebody.
    printf 'unqualified-search-registries = []\n' >"$DIR/etc/registries.conf"
    if [[ $ARM == rootless ]]; then
        chown "$ROOTLESS_USER:" "$DIR"/{net,root,run,tmp,xdg,work}
        # The service makes its socket in DIR; sticky, so that it cannot replace what root runs.
        chown ":$ROOTLESS_USER" "$DIR"
        chmod 1775 "$DIR"
    fi
}

# Overlay cannot be stacked on overlay (a CI job that is itself a container).
storage_driver() {
    if [[ $(findmnt -n -o FSTYPE -T "$DIR") == overlay ]]; then
        echo vfs
    else
        echo overlay
    fi
}

# A limit that this process may set, soft and hard alike: Podman 4.3 swaps the two.
equal_limit() {
    local name=$1 wanted=4096 hard
    hard=$(ulimit -H "$2")
    [[ $hard == unlimited ]] || ((hard >= wanted)) || wanted=$hard
    printf '"%s=%d:%d"' "$name" "$wanted" "$wanted"
}

# Logs are rotated unless a container has a size of its own: ours must have one. The benches, which run others too, set
# NDP_LOG_SIZE_MAX=-1.
# The [network] table is written once the holder has an index of its own: see network_write.
containers_conf() {
    cat <<CONF
[containers]
log_driver = "k8s-file"
log_size_max = ${NDP_LOG_SIZE_MAX:-65536}
default_ulimits = [$(equal_limit nofile -n), $(equal_limit nproc -u)]

[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
volume_path = "$DIR/root/volumes"
image_copy_tmp_dir = "$DIR/tmp"
CONF
}

# Bridges and firewall chains are the machine's, and netavark derives the name of a chain
# from the name of the network: each instance has names and subnets of its own, from the
# index that its holder claims. The tests see the default network under the name in
# NDP_PODMAN_NETWORK; a second, empty one is there for tests that join a network by name.
network_write() {
    local index=$1 a b
    a=$((160 + index / 32)) b=$((index % 32 * 8))
    cat >>"$DIR/etc/containers.conf" <<CONF

[network]
network_backend = "netavark"
network_config_dir = "$DIR/net"
default_network = "ndp$index"
default_subnet = "10.$a.$b.0/24"
default_subnet_pools = [{"base" = "10.$a.$((b + 4)).0/22", "size" = 24}]
CONF
    network_json "ndp$index" "10.$a.$b" >"$DIR/net/ndp$index.json"
    network_json "ndp${index}b" "10.$a.$((b + 1))" >"$DIR/net/ndp${index}b.json"
    if [[ $ARM == rootless ]]; then
        chown "$ROOTLESS_USER:" "$DIR"/net/*.json
    fi
}

network_json() {
    local id
    id=$(printf '%s' "$1" | sha256sum)
    cat <<JSON
{
  "name": "$1", "id": "${id%% *}", "driver": "bridge", "network_interface": "$1",
  "created": "2020-01-01T00:00:00Z",
  "subnets": [{"subnet": "$2.0/24", "gateway": "$2.1"}],
  "ipv6_enabled": false, "internal": false, "dns_enabled": false,
  "ipam_options": {"driver": "host-local"}
}
JSON
}

# The wrapper enters the mount namespace of the instance first: lock table, network
# namespaces and container mounts are there and nowhere else.
wrapper_write() {
    local holder=$1 user=''
    if [[ $ARM == rootless ]]; then
        user="setpriv --reuid=$ROOTLESS_USER --regid=$ROOTLESS_USER --init-groups --"
    fi
    cat >"$DIR/podman" <<WRAPPER
#!/bin/sh
exec nsenter --mount=/proc/$holder/ns/mnt -- $user \\
    env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \\
    LANG=C.UTF-8 TERM="\${TERM:-dumb}" PODMAN_IGNORE_CGROUPSV1_WARNING=1 \\
    HOME=$DIR/xdg XDG_RUNTIME_DIR=$DIR/xdg TMPDIR=$DIR/tmp \\
    CONTAINERS_CONF=$DIR/etc/containers.conf CONTAINERS_STORAGE_CONF=$DIR/etc/storage.conf \\
    CONTAINERS_REGISTRIES_CONF=$DIR/etc/registries.conf \\
    podman --root $DIR/root --runroot $DIR/run --tmpdir $DIR/tmp --storage-driver $(storage_driver) "\$@"
WRAPPER
    chmod 0755 "$DIR/podman"
}

env_write() {
    local owner=0:0 version network
    if [[ $ARM == rootless ]]; then
        owner=$(id -u "$ROOTLESS_USER"):$(id -g "$ROOTLESS_USER")
    fi
    version=$("$DIR/podman" version --format '{{.Client.Version}}')
    network=$(sed -n 's/^default_network = "\(.*\)"$/\1/p' "$DIR/etc/containers.conf")
    {
        export_line NDP_PODMAN_REQUIRED 1
        export_line NDP_PODMAN_ARM "$ARM"
        export_line NDP_PODMAN_VERSION "$version"
        export_line NDP_PODMAN_SOCKET "unix://$DIR/podman.sock"
        export_line NDP_PODMAN_DIR "$DIR"
        export_line NDP_PODMAN_WORK "$DIR/work"
        export_line NDP_PODMAN_OWNER "$owner"
        export_line NDP_PODMAN_IMAGE "$IMAGE"
        export_line NDP_PODMAN_NETWORK "$network"
        export_line NDP_PODMAN_NETWORK2 "${network}b"
        export_line NDP_PODMAN_CTL "$HERE/podman.sh"
        export_line NDP_PODMAN_CLI "$DIR/podman"
    } >"$DIR/env"
}

export_line() { printf 'export %s=%q\n' "$1" "$2"; }
