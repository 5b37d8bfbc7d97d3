#!/bin/sh
# The second broker: one more process in the container of the first.
#
#   second_broker.sh start    formats a folder and becomes the broker; its settings come from the environment
#   second_broker.sh stop     shuts the broker down, and kills it if that takes longer than ten seconds
set -eu
dir=/tmp/kafkalings-second

start() {
  rm -rf "$dir"
  mkdir -p "$dir/data"
  echo $$ >"$dir/pid"
  printf 'version=1\ncluster.id=%s\nnode.id=2\n' "$CLUSTER" >"$dir/data/meta.properties"
  cat >"$dir/server.properties" <<PROPERTIES
process.roles=broker
node.id=2
controller.quorum.voters=$VOTERS
controller.listener.names=$CONTROLLER_LISTENER
listeners=$INTER_BROKER_LISTENER://localhost:9193,$CLIENT_LISTENER://localhost:9192
advertised.listeners=$INTER_BROKER_LISTENER://localhost:9193,$CLIENT_LISTENER://$ADVERTISED_ADDRESS
inter.broker.listener.name=$INTER_BROKER_LISTENER
listener.security.protocol.map=$SECURITY_PROTOCOLS
log.dirs=$dir/data
PROPERTIES
  export KAFKA_HEAP_OPTS=-Xmx256m
  # shellcheck disable=SC2086 # The program and its class are two words.
  exec $RUN_CLASS "$dir/server.properties" >"$dir/log" 2>&1
}

stop() {
  pid=$(cat "$dir/pid" 2>/dev/null) || exit 0
  kill "$pid" 2>/dev/null || exit 0
  for _ in $(seq 100); do
    kill -0 "$pid" 2>/dev/null || exit 0
    sleep 0.1
  done
  kill -9 "$pid" 2>/dev/null || exit 0
}

case $1 in
  start) start ;;
  stop) stop ;;
  *)
    echo "start or stop, not $1" >&2
    exit 2
    ;;
esac
