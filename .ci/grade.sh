#!/usr/bin/env bash
# Grades one phase and keeps the report of the run, or turns all reports that were kept into a summary in Markdown.
#
#   grade.sh phase2     exit code 0: passed, 101: failed, 3: the environment broke and nothing is known
#   grade.sh summary
set -euo pipefail
. "$(dirname "$0")/lib.sh"

folder=target/grade
mkdir -p "$folder"

if [[ $1 == summary ]]; then
  cargo run --quiet -p graders -- summary "$folder"/*.jsonl
  # What does not compile has no report.
  if ! cargo test --quiet --test graded --no-run 2>"$work/err"; then
    fence=$(printf '`%.0s' {1..8})
    printf '\nIt does not compile:\n\n%s\n%s\n%s\n' "${fence}text" "$(tail -n 100 "$work/err")" "$fence"
  fi
else
  report=$folder/$1.jsonl
  # A report of an earlier run is no grade.
  rm -f "$report" "$folder/$1.xml"
  code=0
  KAFKALINGS_REPORT=$PWD/$report cargo test --test graded -- "$1::" --include-ignored || code=$?
  if [[ -f $report ]]; then
    cargo run --quiet -p graders -- junit "$report" >"$folder/$1.xml"
    grep -q '"line":"check"' "$report" || fail "there is no check of $1"
  fi
  exit "$code"
fi
