#!/usr/bin/env bash
# What a bare Debian lacks: librdkafka is compiled from source.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

missing=()
has cc || missing+=(gcc libc6-dev)
# librdkafka is C, and its configure script still asks for a C++ compiler.
has c++ || missing+=(g++)
has make || missing+=(make)
has git || missing+=(git)
has shellcheck || missing+=(shellcheck)
# Reads the report of a graded run.
has jq || missing+=(jq)
if ((${#missing[@]})); then
  has apt-get || fail "missing: ${missing[*]}"
  sudo=()
  ((EUID == 0)) || sudo=(sudo)
  note "installing ${missing[*]}"
  "${sudo[@]}" apt-get update -qq
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi
has cargo || fail "there is no Rust: https://rustup.rs installs it"
cargo clippy --version >/dev/null || fail "there is no clippy: \`rustup component add clippy\`"
cargo fmt --version >/dev/null || fail "there is no rustfmt: \`rustup component add rustfmt\`"
rustc --version
shellcheck .ci/run .ci/*.sh crates/testbed/src/broker/*.sh
