"""Locust's own way to wait: gevent.sleep until the next request is due, a greenlet for each."""

import sys
import time

import gevent
from gevent import socket

from benchmarks.workers.pacing import Pacing

CONNECTIONS = 50


def main() -> None:
    pacing = Pacing.from_arguments(sys.argv[1:])
    free = [socket.create_connection(("127.0.0.1", pacing.port)) for _ in range(CONNECTIONS)]

    def ask(due_ns: int) -> None:
        if not free:
            pacing.lags_ns.append(max(0, time.monotonic_ns() - due_ns))
            return
        connection = free.pop()
        connection.send(pacing.request)
        pacing.lags_ns.append(max(0, time.monotonic_ns() - due_ns))
        connection.recv(65_536)
        free.append(connection)

    pacing.begin()
    for k in range(pacing.count):
        due_ns = pacing.due_ns(k)
        left_ns = due_ns - time.monotonic_ns()
        if left_ns > 0:
            gevent.sleep(left_ns / 1e9)
        gevent.spawn(ask, due_ns)
    gevent.wait(timeout=1)
    pacing.say()


if __name__ == "__main__":
    main()
