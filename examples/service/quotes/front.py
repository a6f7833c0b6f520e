"""What customers see: asks the replicas in turn, and another one if the first does not answer.

`QUOTES_RETRY=off` takes the second try away: then a lost replica costs every other request.
"""

import http.client
import itertools
import os
import threading
from http import HTTPStatus

from quotes.places import FRONT, REPLICAS
from quotes.server import Handler, serve

TIMEOUT_S = 1.0
TRIES = 1 if os.environ.get("QUOTES_RETRY") == "off" else len(REPLICAS)
turns = itertools.cycle(range(len(REPLICAS)))
own = threading.local()


class Front(Handler):
    def do_GET(self) -> None:
        first = next(turns)
        for number in range(TRIES):
            replica = (first + number) % len(REPLICAS)
            try:
                status, body = ask(replica, self.path)
            except (OSError, http.client.HTTPException):
                continue
            self.answer(status, body)
            return
        self.answer(HTTPStatus.SERVICE_UNAVAILABLE, {"error": "no replica answers"})


def ask(replica: int, path: str) -> tuple[int, bytes]:
    """On the connection that this thread keeps, or on a fresh one if it was closed meanwhile."""
    kept = own.__dict__.setdefault("connections", {})
    if replica in kept:
        try:
            return send(kept[replica], path)
        except (OSError, http.client.HTTPException):
            kept.pop(replica).close()
    host, port = REPLICAS[replica]
    fresh = http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
    found = send(fresh, path)
    kept[replica] = fresh
    return found


def send(connection: http.client.HTTPConnection, path: str) -> tuple[int, bytes]:
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.read()


if __name__ == "__main__":
    serve(FRONT, Front)
