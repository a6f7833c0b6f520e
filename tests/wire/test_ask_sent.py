"""One request outside of the traffic is sent as the traffic sends it, and is never two lines."""

import re
import socketserver
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from nfrcheck.model.traffic import EndpointSpec
from nfrcheck.wire.ask import ask

STRICT = re.compile(rb"GET [!-~]+ HTTP/1\.1\r\n")


class StrictServer(socketserver.ThreadingTCPServer):
    """Answers 200 to a first line that is right to the byte, and 400 to any other."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Strict)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.heads: list[list[bytes]] = []


class _Strict(socketserver.StreamRequestHandler):
    server: StrictServer

    def handle(self) -> None:
        head = [self.rfile.readline()]
        while head[-1] not in {b"\r\n", b"\n", b""}:
            head.append(self.rfile.readline())
        self.server.heads.append(head)
        status = b"200 OK" if STRICT.fullmatch(head[0]) else b"400 Bad Request"
        self.wfile.write(b"HTTP/1.1 %b\r\ncontent-length: 0\r\n\r\n" % status)


@pytest.fixture(name="strict")
def _strict() -> Iterator[StrictServer]:
    with StrictServer() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def asked(strict: StrictServer, path: str, below: str = "", **more: Any) -> bytes:
    answer = ask(EndpointSpec(url=strict.url + below, address="127.0.0.1"), path, **more)
    assert answer.status == 200, answer.words
    return strict.heads[-1][0].split()[1]


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        pytest.param("/a b", b"/a%20b", id="blank"),
        pytest.param("/café?q=ü", b"/caf%C3%A9?q=%C3%BC", id="not-ascii"),
        pytest.param("/a%20b?c=d+e", b"/a%20b?c=d+e", id="escaped-already"),
        pytest.param("/a#b", b"/a%23b", id="no-fragment"),
    ],
)
def test_a_path_is_escaped_as_the_load_escapes_it(
    path: str, sent: bytes, strict: StrictServer
) -> None:
    assert asked(strict, path, timeout_s=5.0) == sent


@pytest.mark.parametrize(
    ("below", "path", "sent"),
    [
        pytest.param("/api/v1", "/", b"/api/v1/", id="root"),
        pytest.param("/api/v1", "/x?y=z", b"/api/v1/x?y=z", id="path"),
        pytest.param("/api/v1/", "/x", b"/api/v1/x", id="slash-at-its-end"),
        pytest.param("", "x", b"/x", id="none"),
    ],
)
def test_it_is_asked_below_the_path_of_the_entry(
    below: str, path: str, sent: bytes, strict: StrictServer
) -> None:
    assert asked(strict, path, below, timeout_s=5.0) == sent


@pytest.mark.parametrize(
    ("path", "headers", "because"),
    [
        pytest.param("/a\r\nx: y", {}, "path: holds a control character", id="path"),
        pytest.param("/a\nb", {}, "path: holds a control character", id="line-feed-alone"),
        pytest.param("/", {"x": "a\r\ny: b"}, "header holds a control character", id="header"),
        pytest.param("/", {"x\ny": "a"}, "header holds a control character", id="name"),
    ],
)
def test_what_would_end_its_line_is_not_sent(
    path: str, headers: dict[str, str], because: str, strict: StrictServer
) -> None:
    to = EndpointSpec(url=strict.url, address="127.0.0.1")

    answer = ask(to, path, timeout_s=5.0, headers=headers)

    assert not answer.answered
    assert because in answer.words
    assert not strict.heads
