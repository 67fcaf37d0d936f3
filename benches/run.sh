#!/bin/bash
# run.sh ARG...: the harness of benches/drivers with these arguments, beside a private Podman.
# NDP_BENCH_HARNESS names one that is built already.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Run by itself and not by `cargo test`, which a signal would end without a word to what it runs.
build() {
    cargo test --quiet --profile harness --bench drivers --no-run --message-format=json-render-diagnostics |
        sed -n 's/.*"executable":"\([^"]*drivers-[^"]*\)".*/\1/p' | tail -1
}

harness=${NDP_BENCH_HARNESS:-$(build)}
[[ -x $harness ]] || {
    echo "run.sh: there is no harness: '$harness'" >&2
    exit 1
}
# No log file is rotated: that would cost drivers that leave the size to the host.
exec env -u DRIVER_BIN NDP_LOG_SIZE_MAX=-1 tests/support/arm.sh podman4 "$harness" "$@"
