# shellcheck shell=bash
# Debian packages by name, and the user of the rootless arm. Sourced by ../podman.sh.

# What the scripts themselves use; a minimal image has not even these.
PACKAGES_SCRIPT=(util-linux iproute2 curl tar ca-certificates busybox-static)
# runc by name: podman is content with crun, and crun refuses a hybrid cgroup tree.
PACKAGES_PODMAN=(podman runc conmon netavark aardvark-dns catatonit iptables nftables)
PACKAGES_ROOTLESS=(uidmap slirp4netns passwd)
PACKAGES_TREE=(debootstrap debian-archive-keyring wget gpgv)

packages_of_arm() {
    printf '%s\n' "${PACKAGES_SCRIPT[@]}"
    case $ARM in
    podman4) printf '%s\n' "${PACKAGES_PODMAN[@]}" ;;
    rootless)
        printf '%s\n' "${PACKAGES_PODMAN[@]}" "${PACKAGES_ROOTLESS[@]}"
        # What Podman 5 uses in the place of slirp4netns.
        if debian_is_new; then echo passt; fi
        ;;
    podman5)
        if debian_is_new; then
            printf '%s\n' "${PACKAGES_PODMAN[@]}"
        else
            printf '%s\n' "${PACKAGES_TREE[@]}"
        fi
        ;;
    esac
}

# Debian 13 and later have podman 5 among their own packages.
debian_is_new() {
    host_has 5 && return 0
    # shellcheck source=/dev/null
    (. /etc/os-release && [[ ${ID:-} == debian && ${VERSION_ID:-0} -ge 13 ]])
}

is_installed() {
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

install_packages() {
    local package missing=()
    if ! have dpkg-query || ! have apt-get; then
        unavailable "no apt here: install podman by hand"
    fi
    while read -r package; do
        is_installed "$package" || missing+=("$package")
    done < <(packages_of_arm)
    if ((${#missing[@]} == 0)); then
        say "$ARM: all packages are there"
        return 0
    fi
    say "$ARM: apt-get install ${missing[*]}"
    apt_get update || say "apt-get update failed, going on with the lists that are there"
    apt_get install -y --no-install-recommends "${missing[@]}" ||
        unavailable "apt-get could not install: ${missing[*]}"
}

apt_get() {
    DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120 "$@" >&2
}

# A login-less user; useradd gives it the subordinate uid and gid ranges.
ensure_user() {
    if ! getent passwd "$ROOTLESS_USER" >/dev/null; then
        useradd --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin "$ROOTLESS_USER"
        say "rootless: made the user $ROOTLESS_USER"
    fi
    if ! grep -q "^$ROOTLESS_USER:" /etc/subuid /etc/subgid; then
        unavailable "$ROOTLESS_USER has no ranges in /etc/subuid and /etc/subgid"
    fi
}
