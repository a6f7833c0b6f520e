"""One small server of a region, with a health check that does not look behind it.

    python grey_server.py REGION [UPSTREAM]
    python grey_server.py ADDRESS read-only|writable

It says its port. `/health` is always well; every other path does its work at UPSTREAM, the store
of the region, and is a 503 where that does not answer. Without UPSTREAM it is the store. The second
form has one that runs refuse what is to be written, or take it again.
"""

import http.client
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

WITHIN_S = 1.0


class Handler(BaseHTTPRequestHandler):
    """Answers in the name of its region."""

    protocol_version = "HTTP/1.1"
    region: ClassVar[str]
    upstream: ClassVar[str | None]
    store: ClassVar[str] = "writable"

    def do_GET(self) -> None:
        """Health at once, work through the store."""
        self._answer(
            well=self.path == "/health" or self.upstream is None or self._work(self.upstream)
        )

    def do_POST(self) -> None:
        """A write, or an order."""
        self.rfile.read(int(self.headers.get("content-length") or 0))
        _, _, order = self.path.partition("/store/")
        type(self).store = order or self.store
        self._answer(well=bool(order) or self.store == "writable")

    def _answer(self, *, well: bool) -> None:
        body = b"done" if well else b"the store does not answer"
        self.send_response(200 if well else 503)
        self.send_header("x-region", self.region)
        self.send_header("x-store", self.store)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _work(self, upstream: str) -> bool:
        line = http.client.HTTPConnection(upstream, timeout=WITHIN_S)
        try:
            line.request("GET", "/")
            return line.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            line.close()

    def log_message(self, *_: object) -> None:
        """The log of HAProxy tells enough."""


class Server(ThreadingHTTPServer):
    """As many connections at once as HAProxy opens."""

    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, *_: object) -> None:
        """A client that went away is no news."""


def order(address: str, store: str) -> int:
    """Exit code 1 where it does not do so."""
    line = http.client.HTTPConnection(address, timeout=WITHIN_S)
    line.request("POST", f"/store/{store}")
    return 0 if line.getresponse().status == http.client.OK else 1


if __name__ == "__main__":
    if sys.argv[-1] in {"read-only", "writable"}:
        sys.exit(order(sys.argv[1], sys.argv[2]))
    Handler.region = sys.argv[1]
    Handler.upstream = sys.argv[2] if len(sys.argv) > 2 else None
    with Server(("127.0.0.1", 0), Handler) as server:
        sys.stdout.write(f"{server.server_address[1]}\n")
        sys.stdout.flush()
        server.serve_forever()
