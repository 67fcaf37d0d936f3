#!/bin/bash
# Runs each fuzz target for FUZZ_SECONDS (5), or those that are named. Without the tools it says so and passes; with
# NDP_REQUIRE=1 it fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

seconds=${FUZZ_SECONDS:-5}

missing() {
    echo "FUZZ TARGETS NOT RUN: $1" >&2
    [[ ${NDP_REQUIRE:-0} == 1 ]] && exit 1
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

targets=("$@")
[[ ${#targets[@]} -gt 0 ]] || mapfile -t targets < <(fuzz list)
fuzz build --sanitizer none --codegen-units 16
words=$(mktemp)
trap 'rm -f "$words"' EXIT
words >"$words"
for target in "${targets[@]}"; do
    echo "--- fuzz $target for $seconds s"
    mkdir -p "corpus/$target"
    mapfile -t seeds < <(seeds "$target")
    fuzz run --sanitizer none --codegen-units 16 "$target" "corpus/$target" "${seeds[@]}" -- \
        -max_total_time="$seconds" -timeout=5 -rss_limit_mb=1024 -max_len=4096 -dict="$words" -print_final_stats=0 \
        -verbosity=0 -close_fd_mask=0 || { echo "fuzz target $target has a finding, see fuzz/artifacts" >&2; exit 1; }
done
