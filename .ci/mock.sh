#!/usr/bin/env bash
# The reference solutions on librdkafka's mock cluster: all that can be graded there passes, and the rest is named.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

export KAFKALINGS_KAFKA=mock
KAFKALINGS_REPORT=$work/report cargo test --features solutions --test graded -- --include-ignored --all-failures \
  >"$work/out" 2>"$work/err" || { cat "$work/out" "$work/err" >&2; exit 1; }
says "$(<"$work/err")" "librdkafka's mock cluster"
says "$(<"$work/out")" "NOT GRADED"

# names VERDICT: the checks with this verdict.
names() { jq -r --arg verdict "$1" 'select(.line == "check" and .verdict == $verdict).name' "$work/report"; }
mapfile -t not_graded < <(names not_graded)
((${#not_graded[@]})) || fail "nothing was left ungraded: does phase 4 really run on the mock cluster?"
for check in "${not_graded[@]}"; do
  grep -qFx -- "    $check" "$work/out" || fail "$check was not graded, and the end of the run does not name it"
done
[[ -z $(names skipped) ]] || fail "a check was skipped: $(names skipped)"
[[ -z $(names failed) ]] || fail "a check failed: $(names failed)"
passed=$(names passed | wc -l)
((passed > 0)) || fail "nothing was graded on the mock cluster"
note "$passed checks passed, ${#not_graded[@]} named as not graded"
