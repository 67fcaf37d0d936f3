# `make test` passes all tests; `make help` lists the rest.

PODMAN := tests/support/podman.sh
# Set NDP_REQUIRE=1 to make a Podman that cannot be had an error instead of a loud skip.
ARM := tests/support/arm.sh

SIM := cargo run --quiet --release -- simulate

.PHONY: help simulate canary test test-podman4 test-podman5 test-rootless test-automtls fuzz fuzz-short lint deny release bench bench-pure bench-instructions

help: ## what there is
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 18

test: test-podman4 test-podman5 test-rootless ## everything, on every Podman this machine can have

test-podman4: ## all suites, with Podman 4 rootful (without it: the memory arms only)
	$(ARM) podman4 cargo test

test-podman5: ## the suites that talk to Podman, with Podman 5 rootful
	$(ARM) podman5 cargo test --test contract --test wire

test-rootless: ## the suites that talk to Podman, with a rootless one
	$(ARM) rootless cargo test --test contract --test wire

test-automtls: ## the optional mutual TLS of the plugin socket
	cargo test --features automtls --lib automtls

simulate: ## every pair of faults, and 2000 worlds, 500 hours of them a CPU-minute (release build)
	$(SIM) --exhaustive
	$(SIM) --seeds 2000 --least-speed 500

canary: ## the simulation finds a planted bug, or it is broken
	cargo test --features canary --test sim

fuzz: ## each fuzz target for FUZZ_SECONDS (5); needs nightly and cargo-fuzz
	fuzz/run.sh

fuzz-short: ## all fuzz targets in one program for 20 s, built in a minute or two; needs the same
	fuzz/run.sh --short

lint: ## format and lints, as CI sees them
	cargo fmt --check
	cargo clippy --locked --all-targets --all-features -- -D warnings

deny: ## licences, bans and sources of all dependencies (deny.toml)
	@if command -v cargo-deny >/dev/null; then cargo deny --log-level error check licenses bans sources; \
	else printf '\n*** SKIPPED: cargo-deny is not installed: cargo install cargo-deny ***\n\n' >&2; fi

release: ## the plugin, to be copied into Nomad's plugin_dir
	cargo build --release

# Arguments of the bench; `make bench BENCH=--help` tells them. `cargo bench` would measure a binary with the
# features of the tests in it, hence this way to the one that is shipped.
BENCH :=
bench: release ## this driver measured, and DRIVER_BIN=/path beside it
	exec benches/run.sh --ours target/release/nomad-driver-podman $(if $(DRIVER_BIN),--driver $(DRIVER_BIN)) $(BENCH)

# --write renews the file that `make bench-instructions` compares with.
INSTRUCTIONS :=

bench-pure: ## the parts that wait for nobody, one by one
	cargo bench --bench pure

bench-instructions: ## the same in instructions, against benches/pure/instructions.txt (valgrind)
	exec benches/pure/instructions.sh $(INSTRUCTIONS)
