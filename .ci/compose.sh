# shellcheck shell=bash
# A Kafka from docker-compose.yml under a project name of this step's own. Sourced, not run.

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

export COMPOSE_PROJECT_NAME="kafkalings-ci-$$"
export COMPOSE_IGNORE_ORPHANS=1

compose() { docker compose "$@" >>"$work/compose" 2>&1 || { cat "$work/compose" >&2; fail "docker compose $*"; }; }

take_down() {
  docker compose --profile cluster down -v >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap take_down EXIT

port_is_open() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# needs_port PORT...: somebody else's Kafka must be neither used nor disturbed.
needs_port() {
  local port
  for port in "$@"; do
    ! port_is_open "$port" || fail "port $port is in use: stop what listens there"
  done
}

# health SERVICE: what the health check says of it.
health() {
  docker inspect --format '{{.State.Health.Status}}' "$(docker compose --profile cluster ps -q "$1")"
}

is_healthy() { [[ $(health "$1" 2>/dev/null) == healthy ]]; }

# start SERVICE...: and wait until each is healthy.
start() {
  local service
  compose --profile cluster up -d "$@"
  for service in "$@"; do
    wait_until 90 "$service to be healthy" is_healthy "$service"
  done
}
