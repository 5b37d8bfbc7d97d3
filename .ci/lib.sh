# shellcheck shell=bash
# What the steps of .ci/run share. Sourced, not run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit

# The step's own folder; it goes when the step ends.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

note() { printf '  %s\n' "$*"; }

fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# Whether a command is there.
has() { command -v "$1" >/dev/null 2>&1; }

# wait_until SECONDS WHAT COMMAND...: until the command succeeds.
wait_until() {
  local seconds=$1 what=$2 end=$((SECONDS + $1))
  shift 2
  until "$@"; do
    ((SECONDS < end)) || fail "waited $seconds s for $what"
    sleep 0.2
  done
}

# run CODE COMMAND...: the command has to end with CODE. $out and $err are what it printed.
run() {
  local expected=$1 got=0
  shift
  timeout --kill-after=10 180 "$@" >"$work/out" 2>"$work/err" </dev/null || got=$?
  out=$(<"$work/out") err=$(<"$work/err")
  ((got == expected)) && return
  printf '%s\n' "--- stdout" "$out" "--- stderr" "$err" >&2
  fail "\`$*\` ended with $got, expected $expected"
}

# says TEXT PART: the text has to have the part in it.
says() {
  [[ $1 == *"$2"* ]] && return
  printf '%s\n' "$1" >&2
  fail "expected \"$2\" in the text above"
}

# The Kafka image: the environment's, or the one in .env.
kafka_image() {
  echo "${KAFKALINGS_KAFKA_IMAGE:-$(sed -n 's/^KAFKALINGS_KAFKA_IMAGE=//p' .env)}"
}

# The graded checks as a program, compiled with these arguments of cargo.
graded_program() {
  local said
  said=$(cargo test --test graded --no-run "$@" 2>&1) || fail "$said"
  sed -n 's/^ *Executable .*(\(.*\))$/\1/p' <<<"$said"
}

# The program's processes, by their file: nobody else's have the same.
processes_of() {
  local file exe
  file=$(realpath "$1")
  for exe in /proc/[0-9]*/exe; do
    [[ $(readlink "$exe" 2>/dev/null) == "$file" ]] && echo "${exe//[!0-9]/}"
  done
  return 0
}
