#!/bin/sh
# What takes more than one command of Docker Compose. Not run in our CI.
set -eu
cd "$(dirname "$0")"

case "$1" in
  resume) # what does not stand still is not touched, so that it may be done again
    if [ -n "$(docker compose ps --status paused --quiet shop)" ]; then
      docker compose unpause shop
    fi
    ;;
  replicas)
    docker compose ps --quiet shop | wc -l
    ;;
  version) # one line for each image that runs: two of them are no answer
    docker compose ps --format '{{.Image}}' shop | sort -u
    ;;
  deploy) # as many as there are, of the image that is named
    count=$(docker compose ps --quiet shop | wc -l)
    SHOP_IMAGE=$2 docker compose up --detach --wait --no-deps --scale shop="$count" shop
    ;;
  *)
    echo "known: resume, replicas, version, deploy IMAGE" >&2
    exit 2
    ;;
esac
