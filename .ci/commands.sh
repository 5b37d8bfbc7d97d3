#!/usr/bin/env bash
# What README promises about commands and exit codes, on a fresh clone. Each command of its table has to be known here.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

unset KAFKALINGS_KAFKA KAFKALINGS_KAFKA_IMAGE KAFKA_BOOTSTRAP_SERVERS KAFKALINGS_SLOW KAFKALINGS_PATIENT
export KAFKALINGS_REPORT=$work/report
readonly FAILED=101 NOT_GRADED=3 UNWRITTEN='"kind":"unwritten"'

# checks VERDICT: how many checks of the last run have it.
checks() { jq -s --arg verdict "$1" '[.[] | select(.line == "check" and .verdict == $verdict)] | length' "$KAFKALINGS_REPORT"; }
kafka() { jq -r 'select(.line == "header").kafka.kind' "$KAFKALINGS_REPORT"; }
has_checks() { (($(checks "$1") > 0)) || fail "\`$command\`: no check has the verdict $1"; }
has_no_checks() { (($(checks "$1") == 0)) || fail "\`$command\`: $(checks "$1") checks have the verdict $1"; }
is_on() { [[ $(kafka) == "$1" ]] || fail "\`$command\` ran on $(kafka), not on $1"; }

# Nothing but stubs is selected: they wait, and no Kafka starts.
waits() {
  run "$FAILED" bash -c "$command"
  is_on not_needed
  has_no_checks passed
  grep -q "$UNWRITTEN" "$KAFKALINGS_REPORT" || fail "\`$command\`: no check waits for an unwritten exercise"
  says "$out" "is not written yet"
  says "$out" "Next: write"
}

# The table of README's section Commands, a command a line.
# shellcheck disable=SC2016 # the backticks are those of README
mapfile -t commands < <(awk '
  /^## / { inside = ($0 == "## Commands") }
  inside && /^\| `/ { sub(/^\| /, ""); sub(/ \|.*/, ""); print }' README.md | sed 's/` · `/`\n`/g; s/`//g')
((${#commands[@]} > 10)) || fail "README.md has no table of commands"

for command in "${commands[@]}"; do
  case $command in
    "cargo test phase1")
      run 0 bash -c "$command"
      is_on docker
      has_checks passed
      says "$out" "Next: write \`produce_event\`"
      ;;
    "cargo test phase2" | "cargo test phase2::produce_event::" | "cargo test phase2::produce_event::record::") waits ;;
    "cargo test no_key_stays_no_key" | "cargo test -- --ignored phase2" | "cargo test phase2 -- --all-failures") waits ;;
    "cargo test phase2 -- --no-capture") waits ;;
    "cargo test -- phase1 no_key_stays_no_key" | "cargo test" | "cargo test -- --include-ignored")
      run "$FAILED" bash -c "$command"
      is_on docker
      has_checks passed
      has_checks failed
      ;;
    "cargo test phase2 -- --list")
      run 0 bash -c "$command"
      says "$out" "phase2::produce_event::record::no_key_stays_no_key: test"
      ;;
    "cargo test -- --help" | "cargo run -p graders -- --help")
      run 0 bash -c "$command"
      says "$out" "Usage:"
      ;;
    "cargo test --features solutions")
      run 0 bash -c "$command"
      has_checks passed
      has_checks skipped
      has_no_checks failed
      has_no_checks not_graded
      says "$out" "Next: run the slow checks"
      ;;
    ".ci/grade.sh phase2")
      run "$FAILED" bash -c "$command"
      [[ -s target/grade/phase2.xml ]] || fail "there is no JUnit XML"
      ;;
    ".ci/grade.sh summary")
      run 0 bash -c "$command"
      says "$out" "## 0 of 100 points"
      says "$out" "not written yet"
      ;;
    # Other steps run these.
    "cargo test --workspace --features solutions" | "cargo run -p graders -- docs" | .ci/book.sh | .ci/run) continue ;;
    "cargo run --bin admin" | producer | consumer | consumer_group_demo | "docker compose "*) continue ;;
    *) fail "README.md has a command that $0 does not know: $command" ;;
  esac
  note "$command"
done

note "a filter is a part of the name"
command="cargo test phase2::produce_event -- --list" run 0 cargo test phase2::produce_event -- --list
says "$out" "phase2::produce_events_batch::"
run 0 cargo test phase2::produce_event:: -- --list
[[ $out != *produce_events_batch* ]] || fail "the colons do not select one exercise"

note "a filter that selects slow checks only runs them, and the variables do what --include-ignored does"
KAFKALINGS_KAFKA=mock run 0 cargo test --features solutions has_patience_for_room
command="a slow check by its name"
has_checks passed
has_no_checks skipped
for variable in KAFKALINGS_SLOW KAFKALINGS_PATIENT; do
  command="$variable=1"
  KAFKALINGS_KAFKA=mock run 0 env "$variable=1" cargo test --features solutions phase2::produce_event::patience
  has_no_checks skipped
done

note "cargo nextest: stops before it starts anything"
rm -f "$KAFKALINGS_REPORT"
# shellcheck disable=SC2119 # it has no arguments to pass on
NEXTEST=1 run "$NOT_GRADED" "$(graded_program)" --list --format terse
says "$err" "docker compose up -d"
[[ ! -f $KAFKALINGS_REPORT ]] || fail "it ran all the same"

note "cargo nextest on your cluster: a check that disturbs its broker counts as ignored"
export KAFKALINGS_KAFKA=external KAFKA_BOOTSTRAP_SERVERS=localhost:9092
# shellcheck disable=SC2119 # it has no arguments to pass on
NEXTEST=1 run 0 "$(graded_program)" --list --format terse --ignored
says "$out" "a_lost_answer_makes_no_duplicate: test"
unset KAFKALINGS_KAFKA KAFKA_BOOTSTRAP_SERVERS

note "code that does not compile"
cp exercises/phase5_reflection.rs "$work/kept"
trap 'cp "$work/kept" exercises/phase5_reflection.rs; rm -rf "$work"' EXIT
echo 'not Rust' >>exercises/phase5_reflection.rs
run "$FAILED" cargo test phase1
