#!/bin/bash
# arm.sh ARM CMD...: runs CMD with a private Podman of this ARM, or says loudly why it cannot.
# For podman4, which runs every suite, CMD then runs without Podman; for the others nothing is left to run.
# NDP_REQUIRE=1 makes a missing Podman an error.
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly HERE ARM=$1
shift

# In the background, since bash holds a trap back until a foreground command has ended; such a job ignores SIGINT, so
# TERM it is.
child=''
stop() {
    kill -TERM "$child" 2>/dev/null || true
    wait "$child" || true
    exit "$1"
}
trap 'stop 129' HUP
trap 'stop 130' INT
trap 'stop 143' TERM
status=0
"$HERE/podman.sh" run "$ARM" -- "$@" <&0 &
child=$!
wait "$child" || status=$?
trap - HUP INT TERM
# 3: this arm cannot be had here; the reason is on stderr.
[[ $status -eq 3 ]] || exit "$status"
[[ ${NDP_REQUIRE:-0} != 1 ]] || exit 1

printf '\n*** SKIPPED: Podman arm %s (the reason is above) ***\n\n' "$ARM" >&2
[[ $ARM == podman4 ]] || exit 0
exec "$@"
