#!/usr/bin/env bash
# However a graded run ends, nothing is left of it; and where there is no Kafka, it says so instead of judging.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

unset KAFKALINGS_KAFKA KAFKALINGS_KAFKA_IMAGE KAFKA_BOOTSTRAP_SERVERS
image=$(kafka_image)
wrong=kafkalings-ci-wrong:$$
solved=$(graded_program --features solutions)
readonly NOT_GRADED=3 FAILED=101

# Runs in a process group of its own and with Ctrl-C as it is from a terminal: in the background of a script it would be
# ignored.
start_run() {
  set -m
  KAFKALINGS_KAFKA=docker env --default-signal=INT "$solved" >"$work/run" 2>&1 </dev/null &
  pid=$!
  set +m
}

# A run's id begins with its process id in hexadecimal.
containers() {
  docker ps -a --filter label=kafkalings.run --format '{{.Label "kafkalings.run"}}' | grep "^$(printf '%x' "$pid")-"
}

is_in_the_middle() { grep -q '^test ' "$work/run" && containers >/dev/null; }
no_containers() { ! containers >/dev/null; }
no_processes() { [[ -z $(processes_of "$1") ]]; }

nothing_left() {
  wait_until 30 "the run's container to go" no_containers
  wait_until 30 "the run's processes to go" no_processes "$1"
}

# ended_by SIGNAL TARGET: to the process, or with a minus sign to its whole group.
ended_by() {
  start_run
  wait_until 90 "the run to be in the middle" is_in_the_middle
  kill -s "$1" -- "$2$pid"
  local code=0
  wait "$pid" 2>/dev/null || code=$?
  ((code > 128)) || fail "SIG$1 came too late: the run ended by itself with $code: $(tail -n 3 "$work/run")"
  nothing_left "$solved"
  note "SIG$1: nothing left"
}
ended_by KILL ""
ended_by INT "-"
ended_by TERM ""
ended_by ABRT ""

note "panics: the stubs' todo!()"
stubs=$(graded_program)
KAFKALINGS_KAFKA=docker run "$FAILED" "$stubs" phase2 --run-unwritten
wait_until 30 "the processes of the run to go" no_processes "$stubs"

note "no Docker: the mock cluster, and its banner"
KAFKALINGS_REPORT=$work/report DOCKER_HOST=tcp://127.0.0.1:1 run 0 "$solved" phase1
says "$err" "no Docker can be reached"
says "$err" "librdkafka's mock cluster"

note "no Docker, and Docker demanded: not graded, by name and with an exit code of its own"
DOCKER_HOST=tcp://127.0.0.1:1 KAFKALINGS_KAFKA=docker run "$NOT_GRADED" "$solved" phase1
says "$err" "KAFKALINGS_KAFKA=docker, but no Docker can be reached"
DOCKER_HOST=tcp://127.0.0.1:1 KAFKALINGS_KAFKA=docker run "$NOT_GRADED" cargo test --quiet --features solutions --test graded phase1

note "no such image: one paragraph"
KAFKALINGS_KAFKA_IMAGE=localhost:1/none:1 KAFKALINGS_KAFKA=docker run "$NOT_GRADED" "$solved" phase1
[[ $(grep -c 'could not pull localhost:1/none:1' <<<"$err") == 1 ]] || fail "expected one paragraph: $err"
says "$err" "KAFKALINGS_KAFKA_IMAGE"

note "an image that is no Kafka"
trap 'docker image rm --force "$wrong" >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
printf 'FROM %s\nUSER root\nRUN rm /etc/kafka/docker/run\n' "$image" | docker build --quiet --tag "$wrong" - >/dev/null 2>&1
KAFKALINGS_KAFKA_IMAGE=$wrong KAFKALINGS_KAFKA=docker run "$NOT_GRADED" "$solved" phase1
says "$err" "could not start Kafka from $wrong"
wait_until 30 "the processes of the run to go" no_processes "$solved"
