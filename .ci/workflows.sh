#!/usr/bin/env bash
# Lints the workflows, with every linter that can be had here; one that cannot is named.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

tools=$root/target/ci-tools
mkdir -p "$tools"

if [[ ! -x $tools/actionlint ]] && has go; then
  GOBIN=$tools go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.8 || true
fi
if [[ -x $tools/actionlint ]]; then
  "$tools/actionlint"
  note "actionlint: nothing to say"
else
  note "SKIPPED: actionlint needs Go to be installed"
fi

if [[ ! -x $tools/venv/bin/zizmor ]] && has python3; then
  { python3 -m venv "$tools/venv" && "$tools/venv/bin/pip" install --quiet zizmor==1.32.0; } || true
fi
if [[ -x $tools/venv/bin/zizmor ]]; then
  "$tools/venv/bin/zizmor" --offline --quiet .github/workflows
  note "zizmor: nothing to say"
else
  note "SKIPPED: zizmor needs Python with venv and pip to be installed"
fi
