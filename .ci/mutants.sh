#!/usr/bin/env bash
# Mutants of the solutions are caught: those of the lines that changed since MUTANTS_SINCE, a commit, or since the commit
# before this one; all of them with MUTANTS_SINCE=all.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

since=${MUTANTS_SINCE:-HEAD^}
if [[ $since == all ]]; then
  arguments=()
elif git rev-parse --quiet --verify "$since^{commit}" >/dev/null; then
  arguments=(--since "$since")
else
  note "there is no commit $since here: all mutants"
  since=all
  arguments=()
fi

# Nothing to install where there is nothing to mutate.
if [[ $since != all ]] && git diff --quiet "$since" -- solutions; then
  note "the solutions are as in $since"
  exit
fi

if ! has cargo-mutants; then
  tools=$root/target/ci-tools
  [[ -x $tools/bin/cargo-mutants ]] || cargo install --quiet --locked --root "$tools" cargo-mutants@27.1.0
  PATH=$tools/bin:$PATH
fi
KAFKALINGS_KAFKA=docker cargo run --quiet -p graders -- mutants "${arguments[@]}"
