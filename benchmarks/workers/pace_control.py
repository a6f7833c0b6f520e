"""The machine's own lateness: a timerfd, an epoll set, and nothing to do when it rings."""

import sys
from select import EPOLLET, EPOLLIN, epoll
from time import monotonic_ns

from benchmarks.workers.pacing import Pacing
from nfrcheck.wire.alarm import Alarm


def main() -> None:
    pacing = Pacing.from_arguments(sys.argv[1:])
    alarm, waiting = Alarm(), epoll()
    waiting.register(alarm.fd, EPOLLIN | EPOLLET)
    pacing.begin()
    for k in range(pacing.count):
        due_ns = pacing.due_ns(k)
        if due_ns > monotonic_ns():
            alarm.set(due_ns)
            while (now := monotonic_ns()) < due_ns:
                waiting.poll()
        pacing.lags_ns.append(max(0, monotonic_ns() - due_ns))
    del now
    pacing.say()


if __name__ == "__main__":
    main()
