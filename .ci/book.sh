#!/usr/bin/env bash
# The documents as a book in target/book, without a warning, and every diagram read by Mermaid's own parser.
#
#   book.sh            builds the book and checks it
#   book.sh install    only brings what `mdbook build docs` and `mdbook serve docs` need, in target/ci-tools and docs/
set -euo pipefail
. "$(dirname "$0")/lib.sh"

tools=$root/target/ci-tools
PATH=$tools/bin:$PATH

# Without the server, which is half of it.
has mdbook || cargo install --quiet --locked --root "$tools" mdbook@0.5.4 --no-default-features --features search
has mdbook-mermaid || cargo install --quiet --locked --root "$tools" mdbook-mermaid@0.17.1

# The scripts that draw, from mdbook-mermaid itself. Git ignores them.
cp docs/book.toml "$work/book.toml"
mdbook-mermaid install docs 2>"$work/err" || { cat "$work/err" >&2; fail "mdbook-mermaid install docs"; }
cmp -s docs/book.toml "$work/book.toml" || fail "mdbook-mermaid has changed docs/book.toml: take over what it needs"
if [[ ${1:-} == install ]]; then
  note "now: PATH=$tools/bin:\$PATH mdbook build docs --open"
  exit
fi

rm -rf target/book
mdbook build docs 2>"$work/err" || { cat "$work/err" >&2; fail "mdbook build docs"; }
# mdbook-mermaid says each time which release of mdbook 0.5 it was built with; that is no warning of the book's.
if grep -E '^ *(WARN|ERROR)' "$work/err"; then
  fail "mdbook has something to say, above"
fi
note "target/book/index.html"

mapfile -t documents < <(git ls-files --cached --others --exclude-standard -- '*.md')
diagrams() { cat "$@" | grep -c "$pattern" || true; }
pattern='^```mermaid$' written=$(diagrams docs/*.md)
mapfile -t pages < <(find target/book -name '*.html' ! -name print.html ! -name index.html)
pattern='<pre class="mermaid">' drawn=$(diagrams "${pages[@]}")
((written > 0 && drawn == written)) || fail "$written diagrams in docs/, $drawn in the book"

if ! has npm; then
  note "SKIPPED: the diagrams' syntax needs Node to be installed"
  exit
fi
# The release that mdbook-mermaid draws with.
if [[ ! -d $tools/mermaid/node_modules/mermaid ]]; then
  mkdir -p "$tools/mermaid"
  echo '{ "private": true }' >"$tools/mermaid/package.json"
  npm install --prefix "$tools/mermaid" --silent --no-audit --no-fund --ignore-scripts mermaid@11.6.0 jsdom@26.1.0
fi
read=$(node .ci/mermaid.mjs "$tools/mermaid" "${documents[@]}") || fail "Mermaid does not read the diagrams above"
((read >= written)) || fail "$written diagrams in docs/, $read read by Mermaid"
note "$read diagrams, as Mermaid wants them"
