# shellcheck shell=bash
# Words to the caller, waiting, and the rules about DIR. Sourced by ../podman.sh.

ROOTLESS_USER=ndp-test

say() { printf 'podman.sh: %s\n' "$*" >&2; }

die() {
    say "$*"
    exit 1
}

# The arm is not to be had on this machine: a status of its own, so that a caller can tell
# that from a failure.
unavailable() {
    printf 'podman.sh: ARM %s NOT AVAILABLE HERE: %s\n' "$ARM" "$*" >&2
    exit 3
}

need_root() {
    ((EUID == 0)) || unavailable "root is needed (mount namespaces, packages, a user)"
}

have() { command -v "$1" >/dev/null 2>&1; }

# A zombie counts as gone: not every PID 1 (of a CI container, say) reaps at once.
gone() {
    local stat
    read -r stat <"/proc/$1/stat" || return 0
    [[ ${stat##*) } == [ZX]* ]]
} 2>/dev/null

# wait_until SECONDS CMD...: polls for the event, gives up at the bound.
wait_until() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS <= end)) || return 1
        sleep 0.05
    done
}

# True when the machine's own podman has the major version $1.
host_has() {
    have podman || return 1
    local version
    version=$(podman --version 2>/dev/null) || return 1
    [[ $version == "podman version $1."* ]]
}

# True when the instance runs from the debootstrapped tree, not from the host's packages.
uses_tree() { [[ $ARM == podman5 ]] && ! host_has 5; }

# Everything `up` relies on, by name, before anything is touched.
arm_check() {
    local tool
    for tool in unshare nsenter setsid flock findmnt ip curl busybox tar; do
        have "$tool" || unavailable "no $tool; run: podman.sh install $ARM"
    done
    case $ARM in
    podman4) host_has 4 || unavailable "no podman 4 among the packages here ($(host_podman))" ;;
    podman5)
        host_has 5 || tree_valid || unavailable "no podman 5 here ($(host_podman)) and no tree in $(tree_cache); run: podman.sh install podman5"
        ;;
    rootless)
        have podman || unavailable "no podman; run: podman.sh install rootless"
        have newuidmap || unavailable "no newuidmap; run: podman.sh install rootless"
        getent passwd "$ROOTLESS_USER" >/dev/null || unavailable "no user $ROOTLESS_USER; run: podman.sh install rootless"
        ;;
    esac
    unshare --mount true 2>/dev/null || unavailable "this machine does not let root make a mount namespace"
}

host_podman() {
    podman --version 2>/dev/null || echo "none installed"
}

# DIR ends up in TOML, in a unix socket address (108 bytes) and in mount options.
dir_check() {
    [[ $DIR =~ ^/[A-Za-z0-9._/-]+$ ]] || die "DIR must be a plain absolute path: $DIR"
    case $DIR in
    /run/* | /var/run/* | /dev/* | /proc/* | /sys/*) die "DIR cannot be under ${DIR%/*}: the instance mounts its own there" ;;
    esac
    mkdir -p "$DIR"
    DIR=$(cd "$DIR" && pwd -P)
    ((${#DIR} <= 90)) || die "DIR is too long for a socket address: $DIR"
    ! mountpoint -q "$DIR" || die "DIR must not be a mount point: $DIR"
    [[ -z $(ls -A "$DIR") ]] || die "DIR is not empty (an instance? podman.sh down $ARM $DIR): $DIR"
}

# find_dir [DIR]: the instance meant. Runs in a subshell, so its status is all it can say.
NO_INSTANCE=4
find_dir() {
    local dir=${1:-${NDP_PODMAN_DIR:-}} found
    if [[ -z $dir ]]; then
        # Never a guess: the one that is there may be somebody else's.
        found=$(compgen -G "/tmp/ndp-$ARM-*") || return "$NO_INSTANCE"
        die "say which one, there is: ${found//$'\n'/ }"
    fi
    [[ -d $dir ]] || return "$NO_INSTANCE"
    [[ ! -e $dir/arm || $(<"$dir/arm") == "$ARM" ]] || die "$dir is not an instance of $ARM"
    [[ -e $dir/arm || -z $(ls -A "$dir") ]] || die "$dir is not an instance"
    (cd "$dir" && pwd -P)
}
