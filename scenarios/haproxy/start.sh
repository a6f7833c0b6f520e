#!/bin/sh
# Starts the example in the background, or anew: two servers, and HAProxy in front of them with the
# named configuration (redispatch, default). Its process ids and logs stand in run/.
# NFRCHECK_HTTPBIN_PYTHON is the interpreter that has the package `httpbin` (default: python3).
set -eu
wanted=${NFRCHECK_HTTPBIN_PYTHON:-python3}
# Asked before leaving this folder: the name may be relative to it.
python=$("$wanted" -c 'import sys, flask, httpbin; print(sys.executable)' 2>/dev/null) || python=
cd "$(dirname "$0")"
configuration=${1:-redispatch}
PATH=$PATH:/usr/sbin # Debian's place for haproxy is not on every user's path.

give_up() {
    echo "error: $1" >&2
    echo "help: $2" >&2
    exit 1
}
answers() {
    "$python" -c 'import sys, urllib.request as u; u.urlopen(sys.argv[1], timeout=1)' "$1" 2>/dev/null
}
await() { # NAME URL
    left=150
    until answers "$2"; do
        left=$((left - 1))
        if [ "$left" -eq 0 ] || ! kill -0 "$(cat "run/$1.pid")" 2>/dev/null; then
            tail -n 3 "run/$1.log" >&2
            ./stop.sh
            give_up "$1 does not answer at $2" "its log is scenarios/haproxy/run/$1.log"
        fi
        sleep 0.1
    done
}

[ -f "$configuration.cfg" ] || give_up "there is no $configuration.cfg" \
    "start.sh redispatch, or start.sh default"
command -v haproxy >/dev/null || \
    give_up "haproxy is not installed" "apt-get install haproxy"
[ -n "$python" ] || give_up "$wanted is no Python with the package httpbin" \
    "python3 -m venv httpbin && httpbin/bin/pip install httpbin; export NFRCHECK_HTTPBIN_PYTHON=httpbin/bin/python"
haproxy -c -q -f "$configuration.cfg"

./stop.sh
for url in http://127.0.3.11:18081 http://127.0.3.12:18082 http://127.0.3.1:18080; do
    ! answers "$url" || give_up "something else answers at $url" "stop it first"
done
mkdir -p run
echo "$python" >run/python
for node in 1 2; do
    setsid ./node.sh "$node" >"run/node-$node.log" 2>&1 </dev/null &
    echo $! >"run/node-$node.pid"
done
# Before HAProxy, or it would begin by taking them down.
await node-1 http://127.0.3.11:18081/status/200
await node-2 http://127.0.3.12:18082/status/200
setsid haproxy -db -f "$configuration.cfg" >run/haproxy.log 2>&1 </dev/null &
echo $! >run/haproxy.pid
await haproxy http://127.0.3.1:18080/status/200
echo "haproxy ($configuration) answers at http://127.0.3.1:18080"
echo "next: nfrcheck run scenarios/haproxy.nfr.yaml -d haproxy-$configuration"
