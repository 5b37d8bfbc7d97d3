#!/usr/bin/env bash
# On a fresh clone phase 1 passes, and every exercise fails by its own todo!().
set -euo pipefail
. "$(dirname "$0")/lib.sh"

KAFKALINGS_KAFKA=docker cargo run --quiet -p graders -- stubs
