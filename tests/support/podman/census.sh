# shellcheck shell=bash
# What an instance has: compared before and after CMD, so that nothing that a suite forgets goes
# unseen. Sourced by ../podman.sh.

# Containers, volumes, networks and images; FIFOs and sockets below the work directory.
census() {
    local podman=$DIR/podman
    "$podman" ps --all --external --format 'container {{.ID}} {{.Names}}'
    "$podman" volume ls --format 'volume {{.Name}}'
    "$podman" network ls --format 'network {{.Name}}'
    "$podman" images --all --no-trunc --format 'image {{.ID}} {{.Repository}}'
    find "$NDP_PODMAN_WORK" \( -type p -o -type s \) -printf '%y %p\n'
    # The service's own: each container or connection that it forgets to close costs some.
    local fds
    fds=$(find "/proc/$(<"$DIR/podman.pid")/fd" -maxdepth 1 2>/dev/null | wc -l)
    ((fds <= FDS_MAX)) || printf 'service holds %s open files\n' "$fds"
}

# An idle service has about 20, and keeps some connections for a while.
FDS_MAX=200

# Fails, and says what it is, if there is more or less than before.
nothing_left() {
    local before=$1 after
    after=$(census 2>&1 | sort)
    [[ $before != "$after" ]] || return 0
    printf '*** %s: left behind (>) or taken away (<) by the tests:\n' "$ARM" >&2
    diff <(printf '%s\n' "$before") <(printf '%s\n' "$after") >&2
    return 1
}
