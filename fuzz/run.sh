#!/bin/bash
# run.sh [TARGET...]   each fuzz target for FUZZ_SECONDS (5), or those that are named
# run.sh --short       all of them in one program, quick to build, for FUZZ_SECONDS (20) in all
# Without the tools it says so and passes; with NDP_REQUIRE=1 the long way fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

short=0
[[ ${1:-} != --short ]] || { short=1; shift; }
seconds=${FUZZ_SECONDS:-$((short ? 20 : 5))}

# The short way is for wherever the tools happen to be: its inputs are replayed by `cargo test` everywhere.
missing() {
    printf '\n*** SKIPPED: fuzz targets: %s ***\n\n' "$1" >&2
    [[ ${NDP_REQUIRE:-0} != 1 || $short == 1 ]] || exit 1
    exit 0
}

command -v rustup >/dev/null || missing "no rustup to choose a nightly toolchain with"
rustup toolchain list | grep -q '^nightly' || missing "no nightly toolchain (rustup toolchain install nightly)"
cargo fuzz --version >/dev/null 2>&1 || missing "no cargo-fuzz (cargo install cargo-fuzz)"

# The main crate has no unsafe code for a sanitizer to watch, and without one the build takes a third of the time.
fuzz() { cargo +nightly fuzz "$@"; }

# Names of options, so that inputs are about them.
words() {
    sed -n 's/^\*\*`\([a-z_.]*\)`.*/\1/p' ../docs/reference.md | tr . '\n' | sort -u | sed 's/.*/"&"/'
}

# Files to begin with: real jobs for what reads jobs.
seeds() {
    case $1 in
        hcl_*) ls -d ../examples ../tests/validate ../tests/cli/convert ;;
        *) [[ -d seeds/$1 ]] && echo "seeds/$1" || true ;;
    esac
}

# The seeds of every target behind the byte that chooses it: its number in the alphabet, see src/entries.
all_seeds() {
    local at=0 target folder file
    while read -r target; do
        for folder in $(seeds "$target"); do
            for file in "$folder"/*; do
                [[ ! -f $file ]] || { printf "\\x$(printf %02x $at)"; cat "$file"; } >"$1/$target-${file##*/}"
            done
        done
        at=$((at + 1))
    done < <(fuzz list | grep -v '^any$' | sort)
}

# TARGET CORPUS FOLDER...; OPTIONS are of cargo fuzz.
try() {
    local target=$1
    shift
    fuzz run "${options[@]}" "$target" "$@" -- \
        -max_total_time="$seconds" -timeout=5 -rss_limit_mb=1024 -max_len=4096 -dict="$words" -print_final_stats=0 \
        -verbosity=0 -close_fd_mask=0 || { echo "fuzz target $target has a finding, see fuzz/artifacts" >&2; exit 1; }
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
words=$work/words
words >"$words"
if ((short)); then
    options=(--sanitizer none --dev)
    mkdir "$work/seeds" "$work/corpus"
    all_seeds "$work/seeds"
    echo "--- fuzz all targets for $seconds s"
    try any "$work/corpus" "$work/seeds"
    exit
fi
targets=("$@")
[[ ${#targets[@]} -gt 0 ]] || mapfile -t targets < <(fuzz list | grep -v '^any$')
options=(--sanitizer none --codegen-units 16)
fuzz build "${options[@]}"
for target in "${targets[@]}"; do
    echo "--- fuzz $target for $seconds s"
    mkdir -p "corpus/$target"
    mapfile -t seeds < <(seeds "$target")
    try "$target" "corpus/$target" "${seeds[@]}"
done
