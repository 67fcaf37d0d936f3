# shellcheck shell=bash
# Taking an instance away so that nothing of it stays. Sourced by ../podman.sh.

# Every step is tried even if one before it failed: this also cleans up after a half-made
# instance and after a machine that was restarted under it.
down_instance() {
    local failed=0 ids
    # A second Ctrl-C must not stop this half-way.
    trap '' HUP INT TERM
    mapfile -t ids < <(container_ids)
    service_kill TERM || failed=1
    # Twice: of a container whose conmon was killed, Podman 5 only ends the process at first.
    remove_containers || remove_containers || say "podman could not remove all containers, killing them"
    kill_processes || failed=1
    remove_cgroups "${ids[@]}"
    remove_networks || failed=1
    remove_dir || failed=1
    ((failed == 0)) || say "$DIR: something was left behind"
    return "$failed"
}

# Through podman, because only that undoes the network of each container.
remove_containers() {
    [[ -x $DIR/podman && -e $DIR/ready ]] || return 0
    gone "$(<"$DIR/holder.pid")" && return 0
    local status=0
    # A frozen process does not die of a signal.
    timeout -k 5 30 "$DIR/podman" unpause --all >>"$DIR/service.log" 2>&1 || true
    timeout -k 5 60 "$DIR/podman" pod rm --force --all --time 0 >>"$DIR/service.log" 2>&1 || status=1
    timeout -k 5 60 "$DIR/podman" rm --force --all --time 0 >>"$DIR/service.log" 2>&1 || status=1
    return "$status"
}

# What is left: holder, conmon, helpers of the network, a process of a container whose
# conmon was killed.
kill_processes() {
    wait_until 15 kill_round
}

kill_round() {
    local pids
    mapfile -t pids < <(instance_pids)
    ((${#pids[@]} > 0)) || return 0
    kill -KILL "${pids[@]}" 2>/dev/null || true
    return 1
}

# A process is of this instance when it is in a mount namespace where DIR is a mount point
# (holder.sh makes it one) or where the root is a layer of the instance's storage. Other
# namespaces never see these mounts, the machine's own is left out to be sure.
instance_pids() {
    local file pid own
    own=$(readlink /proc/self/ns/mnt)
    while read -r file; do
        pid=${file#/proc/}
        pid=${pid%/mountinfo}
        if [[ $(readlink "/proc/$pid/ns/mnt") != "$own" ]]; then printf '%s\n' "$pid"; fi
    done < <(grep -lsF -e " $DIR " -e "=$DIR/root/overlay/" /proc/[0-9]*/mountinfo)
}

# The containers that there are now: once removed, they can no longer be asked for.
container_ids() {
    compgen -G "$DIR/root/*-containers/*/userdata" | grep -oE '[0-9a-f]{64}' || true
}

# Podman 4 leaves the group of a container whose conmon was killed. The empty parent of the
# groups is common to all instances, and stays.
remove_cgroups() {
    local id
    for id in "$@"; do
        find /sys/fs/cgroup -depth -type d -path "*/libpod-$id*" -exec rmdir {} + 2>/dev/null || true
    done
}

# Bridges that a killed container left, and the firewall chain that netavark leaves, empty,
# of a network with published ports; its name is made from the name of the network.
remove_networks() {
    local file bridge name hash
    [[ $ARM != rootless ]] || return 0
    for file in "$DIR"/net/*.json; do
        [[ -e $file ]] || continue
        bridge=$(json_field network_interface "$file")
        name=$(json_field name "$file")
        if [[ -n $bridge && -e /sys/class/net/$bridge ]]; then
            ip link delete "$bridge" || return 1
        fi
        hash=$(printf '%s' "$name" | sha512sum | tr a-f A-F)
        if have iptables; then
            iptables -w -t nat -X "NETAVARK-DN-${hash:0:13}" 2>/dev/null || true
        fi
    done
}

json_field() {
    sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p" "$2" | head -n 1
}

# Mounts under DIR in the machine's namespace can only be a test's own.
remove_dir() {
    local target
    while read -r target; do
        umount "$target" || umount -l "$target" || return 1
    done < <(awk -v dir="$DIR/" 'index($5, dir) == 1 { print $5 }' /proc/self/mountinfo | tac)
    # `arm` tells that this is an instance: last, in case this is interrupted.
    find "$DIR" -mindepth 1 -maxdepth 1 ! -name arm -exec rm -rf --one-file-system {} + || return 1
    rm -rf --one-file-system "$DIR"
}
