#!/usr/bin/env bash
# Containers, volumes, images and files: at the end there are none that were not there before.
#
#   leftovers.sh remember FOLDER
#   leftovers.sh compare FOLDER
#
# It looks at the whole machine: if something else used Docker meanwhile, that shows here too.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

containers() { docker ps -a --no-trunc --format '{{.ID}} {{.Image}} {{.Names}}'; }
volumes() { docker volume ls --quiet; }
# Docker's own networks come with its daemon, which may be started only after `remember`.
networks() { docker network ls --filter type=custom --format '{{.Name}}'; }
files() { git status --porcelain; }

what=(containers volumes networks files)
mode=$1 folder=$2

# new KIND: what is there now and was not.
new() { comm -13 "$folder/$1" <("$1" 2>/dev/null | LC_ALL=C sort); }
none_new() { [[ -z $(new "$1") ]]; }

for kind in "${what[@]}"; do
  case $mode in
    # Before Docker has been started there is nothing.
    remember) { "$kind" 2>/dev/null || true; } | LC_ALL=C sort >"$folder/$kind" ;;
    compare)
      # What is being removed may take a moment.
      (wait_until 30 "$kind to go" none_new "$kind") || fail "new $kind: $(new "$kind")"
      ;;
    *) fail "remember or compare, not $mode" ;;
  esac
done
