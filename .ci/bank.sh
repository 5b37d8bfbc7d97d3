#!/usr/bin/env bash
# Every wrong answer of the bank is caught by the check that names its misconception, in the words that its file records; every
# right answer passes. The failure that is shown first names the misconception of most wrong answers.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

# Needs no Kafka, and takes no time: first.
cargo run --quiet -p graders -- diagnosis

KAFKALINGS_KAFKA=docker cargo run --quiet -p graders -- all --skip stubs,mutants,flakes --json target/graders/bank.json
