#!/bin/sh
# One server of the example, in the foreground: an httpbin on an address of its own. `node.sh 2`
# is also what nfrcheck runs to put node-2 back.
set -eu
cd "$(dirname "$0")"
exec "$(cat run/python)" -m flask --app httpbin run --host "127.0.3.1$1" --port "1808$1"
