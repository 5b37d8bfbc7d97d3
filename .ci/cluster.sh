#!/usr/bin/env bash
# The three brokers of docker-compose.yml form a quorum, keep three copies, and go on when one of them is lost.
set -euo pipefail
. "$(dirname "$0")/compose.sh"

needs_port 19092 19093 19094

# kafka BROKER TOOL ARGUMENT...: one of Kafka's own tools in a broker's container. Its words are in $out.
kafka() {
  run 0 docker compose --profile cluster exec -T -e KAFKA_HEAP_OPTS=-Xmx128m \
    "$1" "/opt/kafka/bin/$2" --bootstrap-server "$1:9094" "${@:3}"
}

# in_sync NUMBER: so many copies of the topic's one partition are in sync.
in_sync() {
  kafka kafka-1 kafka-topics.sh --describe --topic copies
  local replicas
  replicas=$(sed -n 's/.*Isr: \([0-9,]*\).*/\1/p' <<<"$out")
  [[ -n $replicas && $(tr -cd , <<<"$replicas" | wc -c) == $(($1 - 1)) ]]
}

start kafka-1 kafka-2 kafka-3
kafka kafka-1 kafka-metadata-quorum.sh describe --status
says "$out" "CurrentVoters:"
for voter in 1 2 3; do
  [[ $(sed -n 's/^CurrentVoters://p' <<<"$out") == *"$voter"* ]] || fail "broker $voter is no voter: $out"
done
note "a quorum of three"

kafka kafka-1 kafka-topics.sh --create --topic copies --partitions 1
wait_until 30 "three copies in sync" in_sync 3
compose --profile cluster kill kafka-3
wait_until 60 "kafka-3 to be missed" in_sync 2
kafka kafka-1 kafka-producer-perf-test.sh --topic copies --num-records 10 --record-size 10 --throughput -1 \
  --command-property acks=all
kafka kafka-2 kafka-console-consumer.sh --topic copies --from-beginning --max-messages 10 --timeout-ms 30000
[[ $(wc -l <<<"$out") == 10 ]] || fail "expected 10 records with one broker lost, read: $out"
note "goes on without one"

compose --profile cluster start kafka-3
wait_until 60 "kafka-3 to catch up" in_sync 3
note "and takes it back"
