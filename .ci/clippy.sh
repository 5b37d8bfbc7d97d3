#!/usr/bin/env bash
# Once with the stubs, once with the solutions: the two share all dependencies.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

cargo clippy --workspace --all-targets -- -D warnings
cargo clippy --workspace --all-targets --features solutions -- -D warnings
