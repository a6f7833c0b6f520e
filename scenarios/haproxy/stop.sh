#!/bin/sh
# Stops what start.sh started, by process id, and waits until it is gone.
set -eu
cd "$(dirname "$0")"

# After a crash the number in a pid file may belong to a stranger by now; ours run in this folder.
ours() { [ "$(readlink "/proc/$1/cwd")" = "$(pwd -P)" ]; }

for file in run/*.pid; do
    [ -f "$file" ] || continue
    pid=$(cat "$file")
    left=50
    while ours "$pid"; do
        [ "$left" -eq 50 ] && kill "$pid" 2>/dev/null || :
        [ "$left" -le 0 ] && kill -KILL "$pid" 2>/dev/null || :
        left=$((left - 1))
        sleep 0.1
    done
    rm -f "$file"
done
