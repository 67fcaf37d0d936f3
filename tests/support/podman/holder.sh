#!/bin/bash
# Runs inside a fresh mount namespace and becomes the process that keeps it: the service can
# die and come back without the mounts of running containers going with it, and when this
# process and the containers are gone the kernel takes every mount back. Nothing is ever
# mounted in the machine's own namespace.
#
# usage: unshare --mount --propagation slave holder.sh INDEX DIR ARM [TREE]
set -euo pipefail

index=$1 dir=$2 arm=$3 tree=${4:-}
inner=$dir/inner

# Names and locks with a fixed path, which two instances would otherwise share: the lock
# table in /dev/shm, the mounts in /run/netns, the state in /run/libpod, /run/containers
# and /run/runc. Only what must be common stays common: netavark's lock on the firewall.
private_run() {
    local root=$1 keep
    mount -t tmpfs -o mode=755 tmpfs "$root/run"
    for keep in lock systemd/resolve; do
        if [[ -d $inner.run/$keep ]]; then
            mkdir -p "$root/run/$keep"
            mount --bind "$inner.run/$keep" "$root/run/$keep"
        fi
    done
    mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
}

# A tun device that the unprivileged user may open, for slirp4netns.
private_tun() {
    [[ $arm == rootless ]] || return 0
    mkdir -p /dev/net
    mount -t tmpfs -o mode=755 tmpfs /dev/net
    mknod -m 0666 /dev/net/tun c 10 200 || echo "holder: no /dev/net/tun: rootless networks will fail" >&2
}

# The tree is the lower layer of an overlay, so that nothing that runs in it can spoil the
# cache. pivot_root and not chroot: a chroot cannot have user namespaces.
enter_tree() {
    mount -t tmpfs tmpfs "$inner"
    mkdir "$inner"/{upper,scratch,root}
    mount -t overlay overlay -o "lowerdir=$tree,upperdir=$inner/upper,workdir=$inner/scratch" "$inner/root"
    cp -L /etc/resolv.conf "$inner/root/etc/resolv.conf" || true
    mount -t proc proc "$inner/root/proc"
    mount --rbind /sys "$inner/root/sys"
    mount --rbind /dev "$inner/root/dev"
    private_run "$inner/root"
    mkdir -p "$inner/root$dir" "$inner/root/.old"
    mount --bind "$dir" "$inner/root$dir"
    cd "$inner/root"
    pivot_root . .old
    cd /
    umount -l /.old
    rmdir /.old
}

mkdir "$inner.run"
mount --bind /run "$inner.run"
if [[ -n $tree ]]; then
    enter_tree
else
    private_run ''
    private_tun
    umount "$inner.run"
    mount --bind "$dir" "$dir"
    # Podman warns about a root that it cannot share with the containers of a user.
    [[ $arm != rootless ]] || mount --make-shared /
fi
# DIR as a mount point of its own marks every process of this namespace (see down.sh), and
# shared it can pass mounts on to a volume that asks for that.
mount --make-shared "$dir"
touch "$dir/ready"
exec -a "ndp-holder $index $dir" sleep infinity
