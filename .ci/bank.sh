#!/usr/bin/env bash
# Every wrong answer of the bank is caught by the check that names its misconception, in the words that its file records; every
# right answer passes.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

KAFKALINGS_KAFKA=docker cargo run --quiet -p graders -- all --skip stubs,mutants,flakes --json target/graders/bank.json
