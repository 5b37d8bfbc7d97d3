#!/usr/bin/env bash
# Docker, `docker compose` and the Kafka image. A machine that cannot pull may have a folder beside the clone that knows
# how to start Docker and how to build the image.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

helper=../shared/kafka-image
image=$(kafka_image)
note "image $image"

if ! docker info >/dev/null 2>&1 || ! docker compose version >/dev/null 2>&1; then
  [[ -x $helper/start-docker.sh ]] || fail "the docker command, its daemon or docker compose is missing: https://docs.docker.com/engine/install"
  "$helper/start-docker.sh"
fi
# Reads to the end: a pipe that closes early would fail the step.
docker compose version | sed -n 1p

if ! docker image inspect "$image" >/dev/null 2>&1 && ! timeout 300 docker pull --quiet "$image"; then
  [[ -x $helper/build.sh ]] || fail "$image cannot be pulled: set KAFKALINGS_KAFKA_IMAGE to the image's name on a mirror"
  "$helper/build.sh" "$image"
fi
