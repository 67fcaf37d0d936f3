# shellcheck shell=bash
# The next Debian release in a folder, for the arm that the machine's own packages do not
# have. Sourced by ../podman.sh.

TREE_SUITE=trixie
TREE_PACKAGES=(podman runc conmon netavark aardvark-dns catatonit iptables nftables ca-certificates)

tree_cache() {
    printf '%s\n' "${NDP_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/nomad-driver-podman/$TREE_SUITE}"
}

# The marker is written last. What it cannot tell is a cache that a CI service brought back
# as another user or in part, so the tree is asked as well.
tree_valid() {
    local tree
    tree=$(tree_cache)/tree
    [[ -e $tree/.complete && $(<"$tree/.complete") == "${TREE_PACKAGES[*]}" ]] || return 1
    [[ $(stat -c %u "$tree" "$tree/usr/bin/podman" 2>/dev/null | sort -u) == 0 ]] || return 1
    [[ $(tree_podman "$tree" --version 2>/dev/null) == "podman version 5."* ]] || return 1
    chroot "$tree" /usr/bin/dpkg-query -W "${TREE_PACKAGES[@]}" >/dev/null 2>&1
}

# Podman wants /proc even to tell its version.
tree_podman() {
    # shellcheck disable=SC2016 # expanded by the inner shell
    unshare --mount --propagation private sh -c 'mount -t proc proc "$1/proc" && exec chroot "$@"' \
        sh "$1" /usr/bin/podman "${@:2}"
}

tree_ensure() {
    local cache lock
    cache=$(tree_cache)
    mkdir -p "$cache"
    exec {lock}<"$cache"
    flock -w 900 "$lock" || die "another process builds $cache and does not end"
    if tree_valid; then
        say "podman5: the tree in $cache is good"
    else
        rm -rf --one-file-system "$cache/tree" "$cache/partial"
        tree_build "$cache"
    fi
    exec {lock}<&-
}

# In a mount namespace of its own, so that no mount of a debootstrap that dies stays.
tree_build() {
    local cache=$1 mirror include
    mirror=$(debian_mirror)
    [[ -n $mirror ]] || unavailable "no Debian mirror among this machine's apt sources"
    include=$(IFS=,; printf '%s' "${TREE_PACKAGES[*]}")
    say "podman5: debootstrap $TREE_SUITE from the machine's mirror into $cache"
    apt_proxy_env
    unshare --mount --propagation private debootstrap --variant=minbase --include="$include" \
        "$TREE_SUITE" "$cache/partial" "$mirror" >"$cache/log" 2>&1 || {
        tail -n 5 "$cache/log" >&2
        unavailable "debootstrap of $TREE_SUITE failed, log in $cache/log"
    }
    rm -rf "$cache"/partial/var/cache/apt/archives/*.deb "$cache"/partial/var/lib/apt/lists/*
    printf '%s' "${TREE_PACKAGES[*]}" >"$cache/partial/.complete"
    mv "$cache/partial" "$cache/tree"
    tree_valid || unavailable "the tree that debootstrap made does not have a working podman 5"
}

# The mirror of this machine's own release, as apt has resolved its sources.
debian_mirror() {
    local codename
    # shellcheck source=/dev/null
    codename=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
    # shellcheck disable=SC2016 # the names are apt's
    apt-get indextargets --format '$(ORIGIN) $(CODENAME) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
        awk -v name="$codename" '$1 == "Debian" && $2 == name && $3 == "main" { print $4; exit }'
}

# debootstrap fetches with wget, which does not know of apt's proxy.
apt_proxy_env() {
    local P=''
    eval "$(apt-config shell P Acquire::http::Proxy)"
    [[ -z $P || $P == DIRECT ]] || export http_proxy=$P https_proxy=$P
}
