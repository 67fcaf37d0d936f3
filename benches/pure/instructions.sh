#!/bin/bash
# instructions.sh [--write]: counts the instructions of each part in benches/pure, and compares them with
# instructions.txt. More than a hundredth above it, or a part that has no number there, is a failure; with --write the
# file is renewed instead. Where compiler, C library or processor are others, numbers are told and not compared.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
readonly KNOWN=benches/pure/instructions.txt PERCENT=1
readonly PARTS=(msgpack_decode config_decode spec_build rest_body machine_life log_split varlink_frame)

command -v valgrind >/dev/null || {
    printf '\n*** SKIPPED: valgrind is not installed, instructions are not counted ***\n\n' >&2
    exit 0
}
bench=$(cargo test --quiet --locked --profile harness --bench pure --no-run --message-format=json-render-diagnostics |
    sed -n 's/.*"executable":"\([^"]*pure-[^"]*\)".*/\1/p' | tail -1)
[[ -x $bench ]] || {
    echo "instructions.sh: there is no bench: '$bench'" >&2
    exit 1
}
output=$(mktemp)
trap 'rm -f "$output"' EXIT

# Of the function alone that the part is named after, with all that it calls.
count() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect="pure::counted::$1" \
        "$bench" --test --exact "pure::$1" >"$output" 2>&1 || { cat "$output" >&2; return 1; }
    local number
    number=$(sed -n 's/.*Collected : \([0-9]*\).*/\1/p' "$output")
    ((number > 0)) || { echo "instructions.sh: nothing was counted of $1" >&2; return 1; }
    echo "$number"
}

# What else instructions depend on than the code: the compiler, the C library, and which vector instructions it finds.
place="rustc $(rustc --version | cut -d' ' -f2), $(getconf GNU_LIBC_VERSION)"
grep -q -w avx2 /proc/cpuinfo && place+=", avx2"
counted="# $place"$'\n'
for part in "${PARTS[@]}"; do
    number=$(count "$part")
    counted+="$part $number"$'\n'
done
if [[ ${1:-} == --write ]]; then
    printf %s "$counted" | tee "$KNOWN"
    exit
fi
printf %s "$counted" | awk -v known="$KNOWN" -v percent="$PERCENT" '
    BEGIN {
        while ((getline line < known) > 0)
            if (line ~ /^#/) place = line
            else { split(line, word, " "); before[word[1]] = word[2] }
    }
    /^#/ {
        compare = $0 == place
        if (!compare) printf "*** NOT COMPARED: here %s, in %s %s ***\n", $0, known, place
        next
    }
    {
        over = before[$1] > 0 ? ($2 / before[$1] - 1) * 100 : 100
        verdict = compare && over > percent ? "MORE" : ""
        worse += verdict != ""
        printf "%-16s %10d %10d %+7.2f %% %s\n", $1, $2, before[$1], over, verdict
    }
    END { exit worse > 0 }'
