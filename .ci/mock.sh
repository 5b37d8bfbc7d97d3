#!/usr/bin/env bash
# The reference solutions on librdkafka's mock cluster: all that can be graded there passes, and the rest is named.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

export KAFKALINGS_KAFKA=mock
cargo test --features solutions 2>"$work/err" | tee "$work/out" || { cat "$work/err" >&2; exit 1; }
says "$(<"$work/err")" "On librdkafka's mock cluster"
says "$(<"$work/err")" "NOT GRADED"

# A line `test NAME ... ignored (…)` for each, and each by name once more at the end.
mapfile -t ignored < <(sed -n 's/^test \(phase[^ ]*\) .*ignored.*/\1/p' "$work/out")
((${#ignored[@]})) || fail "nothing was left ungraded: does phase 4 really run on the mock cluster?"
for check in "${ignored[@]}"; do
  grep -qFx -- "    $check" "$work/err" || fail "$check was not graded, and the end of the run does not name it"
done
# A run without a filter has the time for all of them.
grep -q 'left out' "$work/out" && fail "a check was left out of a whole run"
passed=$(grep -c '^test phase.* \.\.\. ok$' "$work/out" || true)
((passed > 0)) || fail "nothing was graded on the mock cluster"
note "$passed checks passed, ${#ignored[@]} named as not graded"
