"""Whatever is asked in whatever order: our proxy answers as Toxiproxy does, byte for byte."""

import re
from collections.abc import Iterator
from random import Random

import pytest

from tests.contracts.servers import REAL, Answer, Server, embedded, toxiproxy

pytestmark = pytest.mark.real

NAMES = ["a", "b", "c d", "e%", ""]
TOXICS = ["latency_downstream", "t", "timeout_upstream", "x/y"]
VALUES = ["1", "0", "-1", "1.5", "1e3", '"x"', "true", "null", "[]", "{}", "99999999999999999999"]
KINDS = ["latency", "timeout", "slicer", "limit_data", "noop", "bandwidth", "none", ""]
KEYS = ["latency", "jitter", "timeout", "bytes", "rate", "delay", "average_size", "Latency"]
RUBBISH = [b"", b"{", b"[", b"nul", b"7", b'"x"', b"null", b"[]", b"[null]", b"{} {", b"tru"]


@pytest.fixture(scope="module")
def both() -> Iterator[tuple[Server, Server]]:
    if not (REAL / "server").is_file():
        pytest.skip("Toxiproxy is not installed: run `make real`")
    with embedded() as ours, toxiproxy() as theirs:
        yield ours, theirs


class Asking:
    """Requests at random, most of them nearly right."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def request(self) -> tuple[str, str, bytes]:
        pick = self.random.choice
        path = pick(
            [
                *["/proxies"] * 3,
                *[f"/proxies/{self._name()}"] * 3,
                *[f"/proxies/{self._name()}/toxics"] * 5,
                *[f"/proxies/{self._name()}/toxics/{pick(TOXICS)}"] * 3,
                *["/populate", "/reset", "/version", "/nothing", "/proxies/"],
            ]
        )
        method = pick(["GET", "POST", "POST", "PATCH", "DELETE", "PUT"])
        body = self._body(path) if self.random.random() < 0.85 else pick(RUBBISH)
        return method, path, b"" if method == "GET" else body

    def _name(self) -> str:
        return self.random.choice(["a", "a", "b", "c%20d", "e%25", "none", "a%2Fb"])

    def _body(self, path: str) -> bytes:
        if path.endswith("populate"):
            return f"[{self._proxy()},{self._proxy()}]".encode()
        return (self._toxic() if "toxics" in path else self._proxy()).encode()

    def _proxy(self) -> str:
        pick = self.random.choice
        fields = {
            "name": pick([f'"{name}"' for name in NAMES] + VALUES),
            "upstream": pick(['"127.0.0.1:9"', '"127.0.0.1:9"', '"nonsense"', *VALUES]),
            "listen": pick(['"127.0.0.1:0"', '"localhost:0"', '"nonsense"', '"1:2:3"']),
            "enabled": pick(["true", "false", "false", "null", *VALUES]),
        }
        return self._object(fields)

    def _toxic(self) -> str:
        pick = self.random.choice
        attributes = {pick(KEYS): pick(VALUES) for _ in range(self.random.randrange(3))}
        fields = {
            "type": pick([f'"{kind}"' for kind in KINDS] + ["5"]),
            "name": pick(['"t"', '""', "null", "5"]),
            "stream": pick(['"upstream"', '"downstream"', '"Upstream"', '"up"', "null"]),
            "toxicity": pick(["1", "0.5", "0", "0.333", "2", *VALUES]),
            "attributes": pick([self._object(attributes)] * 5 + VALUES),
        }
        return self._object(fields)

    def _object(self, fields: dict[str, str]) -> str:
        kept = {key: value for key, value in fields.items() if self.random.random() < 0.75}
        return "{" + ",".join(f'"{key}":{value}' for key, value in kept.items()) + "}"


def seen(answer: Answer) -> tuple[int, dict[str, str], bytes]:
    """Without what differs from one process to the next."""
    varying = {"Date", "X-Toxiproxy-Request-Id", "Content-Length"}
    headers = {key: value for key, value in answer.headers.items() if key not in varying}
    # Without an address theirs listens on all interfaces, ours does not.
    here = rb"(127\.0\.0\.1|\[::\]):[1-9]\d{3,4}"
    return answer.status, headers, re.sub(here, b"HERE", answer.body)


# Of a change that is refused theirs may have made a half.
def is_half_done(method: str, path: str, answer: Answer) -> bool:
    return method in {"PATCH", "POST"} and "/toxics/" in path and answer.status == 400


@pytest.mark.parametrize("seed", range(8))
def test_they_answer_alike(both: tuple[Server, Server], seed: int) -> None:
    ours, theirs = both
    for server in both:
        server.clear()
    asking = Asking(seed)
    for number in range(300):
        method, path, body = asking.request()

        mine, other = (server.ask(method, path, body) for server in (ours, theirs))

        assert seen(mine) == seen(other), (number, method, path, body)
        if is_half_done(method, path, other):
            for server in both:
                server.clear()
