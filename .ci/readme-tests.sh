#!/usr/bin/env bash
# The command that README gives for the kit's own tests, word for word, on a real Kafka.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

marker="<!-- ci: the kit's own tests -->"
command=$(awk -v marker="$marker" '
  index($0, marker) { wanted = 1; next }
  wanted && /^```/ { if (inside) exit; inside = 1; next }
  inside { print }' README.md)
[[ -n $command ]] || fail "README.md has no fenced block after $marker"
note "$command"
KAFKALINGS_KAFKA=docker bash -euo pipefail -c "$command"
