# shellcheck shell=bash
# The one image: static busybox and nothing else, so no registry is needed. Sourced by
# ../podman.sh.

IMAGE=localhost/busybox:latest

image_root() {
    local root=$1 applet
    # The mount points and files that a read-only container cannot have made for it.
    mkdir -p "$root"/{bin,dev,etc,proc,root,run,sys,usr,var/tmp,tmp}
    chmod 1777 "$root/tmp" "$root/var/tmp"
    chmod 0700 "$root/root"
    ln -s bin "$root/sbin"
    ln -s ../bin "$root/usr/bin"
    touch "$root"/etc/{hosts,hostname,resolv.conf}
    printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n' >"$root/etc/passwd"
    printf 'root:x:0:\nnobody:x:65534:\n' >"$root/etc/group"
    cp "$(command -v busybox)" "$root/bin/busybox"
    while read -r applet; do
        # `--list` names busybox itself: that link would replace the binary.
        [[ $applet == busybox ]] || ln -s busybox "$root/bin/$applet"
    done < <(busybox --list)
}

image_import() {
    local root=$DIR/image tar=$DIR/image.tar
    mkdir "$root"
    image_root "$root"
    tar -C "$root" --numeric-owner --owner=0 --group=0 -cf "$tar" .
    # A command of its own lets a container be created without one.
    "$DIR/podman" import --change 'ENV PATH=/bin' --change 'CMD ["sh"]' "$tar" "$IMAGE" \
        >>"$DIR/service.log" 2>&1 || fail_with_log "podman import failed"
    rm -rf "$root" "$tar"
}
