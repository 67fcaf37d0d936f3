# shellcheck shell=bash
# The holder of the namespace, and the service process in it. Sourced by ../podman.sh.

fail_with_log() {
    tail -n 20 "$DIR/service.log" >&2 || true
    die "$*"
}

# The index of an instance is claimed in the name of its holder, and the choice is made under
# a lock: two instances that come up at once do not take the same subnets.
holder_start() {
    local index tree='' holder lock
    if uses_tree; then tree=$(tree_cache)/tree; fi
    exec {lock}</tmp
    flock -w 60 "$lock" || die "another instance does not get on with starting"
    index=$(free_index)
    network_write "$index"
    setsid unshare --mount --propagation slave \
        bash "$HERE/podman/holder.sh" "$index" "$DIR" "$ARM" "$tree" \
        {lock}<&- </dev/null >>"$DIR/service.log" 2>&1 &
    holder=$!
    disown
    printf '%s\n' "$holder" >"$DIR/holder.pid"
    wait_until 20 holder_is_up "$holder" "$index" || true
    exec {lock}<&-
    if gone "$holder" || [[ ! -e $DIR/ready ]]; then
        fail_with_log "no mount namespace for the instance"
    fi
    wrapper_write "$holder"
}

# Up or dead: both end the wait, the caller tells them apart.
holder_is_up() {
    gone "$1" && return 0
    [[ -e $DIR/ready ]] && grep -qsF "ndp-holder $2 " "/proc/$1/cmdline"
}

# The lowest index that no living holder has and whose subnets the machine does not route.
free_index() {
    local index=0
    while index_is_taken "$index"; do
        index=$((index + 1))
        ((index < 1024)) || die "no free subnet for the instance"
    done
    printf '%s\n' "$index"
}

index_is_taken() {
    local net="10.$((160 + $1 / 32)).$(($1 % 32 * 8)).0/21"
    grep -qsF -f <(printf "ndp-holder %s " "$1") /proc/[0-9]*/cmdline && return 0
    [[ -n $(ip -4 route show root "$net"; ip -4 route show match "$net" | grep -v '^default') ]]
}

service_start() {
    local pid
    if [[ -n $(service_pids) ]]; then die "the service of $DIR runs already"; fi
    rm -f "$DIR/podman.sock"
    setsid "$DIR/podman" system service --time=0 "unix://$DIR/podman.sock" \
        </dev/null >>"$DIR/service.log" 2>&1 &
    pid=$!
    disown
    printf '%s\n' "$pid" >"$DIR/podman.pid"
    wait_until 30 service_is_up "$pid" || fail_with_log "the service does not answer"
    ! gone "$pid" || fail_with_log "the service ended"
}

service_is_up() {
    gone "$1" && return 0
    [[ $(curl -s -m 2 --unix-socket "$DIR/podman.sock" http://d/_ping) == OK ]]
}

# Every `podman ... service` with the socket as an argument: a rootless podman is two, one
# that waits and one in the user namespace. (The pattern comes by a file, or grep would find
# itself.)
service_pids() {
    local file
    while read -r file; do
        grep -qszx service "$file" || continue
        file=${file#/proc/}
        printf '%s\n' "${file%/cmdline}"
    done < <(grep -lszxF -f <(printf "%s" "unix://$DIR/podman.sock") /proc/[0-9]*/cmdline |
        sort -t/ -k3,3nr)
}

# service_kill [SIGNAL]: the processes are gone when this returns.
service_kill() {
    local pids pid
    mapfile -t pids < <(service_pids)
    ((${#pids[@]} > 0)) || return 0
    kill -s "${1:-KILL}" "${pids[@]}" 2>/dev/null || true
    for pid in "${pids[@]}"; do
        wait_until 10 gone "$pid" || kill -KILL "$pid" 2>/dev/null || true
        wait_until 10 gone "$pid" || {
            say "the service process $pid does not end"
            return 1
        }
    done
}
