#!/usr/bin/env bash
# The four programs from end to end on the broker of docker-compose.yml, and what they say when something is missing.
set -euo pipefail
. "$(dirname "$0")/compose.sh"

needs_port 9092
unset KAFKA_BOOTSTRAP_SERVERS
readonly PATIENCE=5

stub() { run 5 cargo run --quiet --bin "$1"; }
solved() { run "$1" cargo run --quiet --features solutions --bin "${@:2}"; }
events_read() { grep -c '^partition .* offset' <<<"$out" || true; }

# reads COUNT ARGUMENT...: the consumer prints so many events, then is idle and ends.
reads() {
  local count=$1
  shift
  solved 0 consumer -- --exit-when-idle 3 "$@"
  [[ $(events_read) == "$count" ]] || fail "expected $count events from consumer $*, got: $out"
}

note "no broker: says so within $PATIENCE s"
cargo build --quiet --features solutions --bins
for program in admin producer consumer consumer_group_demo; do
  begin=$EPOCHREALTIME
  run 3 "${CARGO_TARGET_DIR:-target}/debug/$program"
  took=$(((${EPOCHREALTIME/./} - ${begin/./}) / 1000))
  ((took <= PATIENCE * 1000)) || fail "$program took $took ms to say that there is no broker"
  says "$err" "localhost:9092"
  says "$err" "docker compose up -d"
done

note "a broker without topics: says which command makes them"
start kafka
for program in producer consumer consumer_group_demo; do
  solved 4 "$program"
  says "$err" "cargo run --bin admin"
done

note "admin, twice"
solved 0 admin
says "$out" "events: created"
says "$out" "orders: created"
solved 0 admin
says "$out" "events: already there"
says "$out" "orders: already there"

note "ten events there and back"
solved 0 producer
solved 0 producer -- --batch
reads 20
reads 0
reads 20 --from-beginning
reads 20 --group another-name

note "a rebalance, and its picture"
solved 0 consumer_group_demo -- --work-ms 50 --svg "$work/rebalance.svg"
says "$(<"$work/rebalance.svg")" "<svg"

note "records and committed offsets survive \`docker compose down\`"
compose down
start kafka
solved 0 admin
says "$out" "events: already there"
reads 0
reads 20 --from-beginning

note "and \`docker compose down -v\` forgets them"
compose down -v
start kafka
solved 4 producer
run 0 docker compose logs kafka
says "$out" "Kafka Server started"

note "an exercise that is not written: says which file"
solved 0 admin
stub producer
says "$err" "exercises/phase2_producer.rs"
stub consumer
says "$err" "exercises/phase3_consumer.rs"
stub consumer_group_demo
says "$err" "exercises/phase4_consumer_group.rs"
