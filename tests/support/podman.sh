#!/bin/bash
# Real Podman instances for the test suite; README.md beside this file tells the rest.
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly HERE
for topic in common census tree install config image service down; do
    # shellcheck source=/dev/null
    source "$HERE/podman/$topic.sh"
done

usage() {
    cat >&2 <<'USAGE'
usage: podman.sh install ARM            packages (and for podman5 the tree, for rootless the user)
       podman.sh up      ARM [DIR]      private instance; prints the path of a sourceable env file
       podman.sh down    ARM [DIR]      service, containers, mounts and DIR go away; idempotent
       podman.sh kill    ARM [DIR]      SIGKILL to the service process; containers live on
       podman.sh start   ARM [DIR]      the service again, on the same socket
       podman.sh restart ARM [DIR]      kill, then start
       podman.sh run     ARM -- CMD...  install, up, CMD with the env exported, always down
ARM is podman4, podman5 or rootless. DIR: for up a fresh directory under /tmp, for the other
verbs $NDP_PODMAN_DIR. Exit status 3: this machine cannot have that arm.
USAGE
    exit 2
}

cmd_install() {
    need_root
    install_packages
    case $ARM in
    podman5) host_has 5 || tree_ensure ;;
    rootless) ensure_user ;;
    esac
    arm_check
}

cmd_up() {
    need_root
    arm_check
    up_instance "${1:-}"
    trap - EXIT HUP INT TERM
    printf '%s\n' "$DIR/env"
}

# Leaves DIR set and the traps in place.
up_instance() {
    DIR=${1:-$(mktemp -d "/tmp/ndp-$ARM-XXXXXX")}
    dir_check
    # From here on a failure must not leave half an instance behind.
    trap 'down_instance' EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    config_write
    holder_start
    image_import
    service_start
    env_write
}

cmd_down() {
    need_root
    # Nothing there is what `down` is for; any other refusal is an error.
    DIR=$(find_dir "${1:-}") || { (($? == NO_INSTANCE)) && return 0 || exit 1; }
    down_instance
}

cmd_service() {
    need_root
    local verb=$1
    DIR=$(find_dir "${2:-}") || die "no $ARM instance to $verb"
    [[ -e $DIR/podman.pid || $verb == start ]] || die "$DIR has no service"
    case $verb in
    kill) service_kill ;;
    start) service_start ;;
    restart)
        service_kill
        service_start
        ;;
    esac
}

# CMD runs in the background so that a signal to this script is acted on at once: bash
# holds a trap back until a foreground command has ended.
cmd_run() {
    [[ ${1:-} == -- && $# -ge 2 ]] || usage
    shift
    need_root
    cmd_install >&2
    up_instance ''
    local child='' status=0
    trap 'kill_child "$child"; exit 129' HUP
    trap 'kill_child "$child"; exit 130' INT
    trap 'kill_child "$child"; exit 143' TERM
    # shellcheck source=/dev/null
    source "$DIR/env"
    local before
    before=$(census | sort)
    "$@" <&0 &
    child=$!
    wait "$child" || status=$?
    nothing_left "$before" || ((status != 0)) || status=1
    exit "$status"
}

# The child of a background job ignores SIGINT, so TERM it is, and then a wait that ends.
kill_child() {
    [[ -n $1 ]] || return 0
    kill -TERM "$1" 2>/dev/null || return 0
    wait_until 10 gone "$1" || kill -KILL "$1" 2>/dev/null || true
}

[[ $# -ge 2 ]] || usage
VERB=$1 ARM=$2
shift 2
case $ARM in
podman4 | podman5 | rootless) ;;
*) usage ;;
esac
case $VERB in
install | up | down | run) "cmd_$VERB" "$@" ;;
kill | start | restart) cmd_service "$VERB" "$@" ;;
*) usage ;;
esac
