"""A build counts as known only where somebody named it: one that is not never carries evidence."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from nfrcheck.pipeline import _build
from nfrcheck.plan import Options, plan
from nfrcheck.scenario.read import read_pair

SCENARIO = """\
nfrcheck: 1
load: {shop: {rate: 1/s, journey: {home: {get: /}}}}
targets: {availability: {at_least: 99 %}}
"""


@contextmanager
def answering(status: int, body: bytes) -> Iterator[str]:
    class Version(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words: object) -> None:
            """Nothing is told."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Version) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def build(folder: Path, said_by: str, url: str = "http://127.0.0.1:9") -> str | None:
    (folder / "a.nfr.yaml").write_text(SCENARIO)
    (folder / "a.deployment.yaml").write_text(
        f'nfrcheck: 1\nbuild: {{{said_by}}}\nentries: {{main: {{url: "{url}"}}}}\n'
    )
    pair = read_pair(folder / "a.nfr.yaml", folder / "a.deployment.yaml")
    return _build(pair, plan(pair.scenario, pair.deployment, Options()))


@pytest.mark.parametrize(
    ("said", "known"),
    [
        pytest.param("b1", "b1", id="a-name"),
        pytest.param(" b1\n", "b1", id="with-blanks-around-it"),
        pytest.param("", None, id="empty"),
        pytest.param("  ", None, id="blank"),
    ],
)
def test_a_variable_names_a_build(
    said: str, known: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BUILD", said)

    assert build(tmp_path, "env: BUILD") == known


@pytest.mark.parametrize(
    ("status", "body", "known"),
    [
        pytest.param(200, b'{"v": "b1"}', "b1", id="a-name"),
        pytest.param(200, b'{"v": 17}', "17", id="a-number"),
        pytest.param(200, b'{"v": ""}', None, id="empty"),
        pytest.param(200, b'{"v": "  "}', None, id="blank"),
        pytest.param(200, b'{"v": null}', None, id="null"),
        pytest.param(200, b'{"v": true}', None, id="a-truth"),
        pytest.param(200, b'{"v": {"a": 1}}', None, id="an-object"),
        pytest.param(200, b'{"v": ["a"]}', None, id="a-list"),
        pytest.param(200, b"{}", None, id="not-there"),
        pytest.param(503, b'{"v": "b1"}', None, id="unavailable"),
        pytest.param(302, b'{"v": "b1"}', None, id="sent-elsewhere"),
    ],
)
def test_an_answer_names_a_build(
    status: int, body: bytes, known: str | None, tmp_path: Path
) -> None:
    with answering(status, body) as url:
        assert build(tmp_path, "get: /version, json: /v", url) == known


def test_an_answer_that_is_an_object_is_no_name(tmp_path: Path) -> None:
    with answering(200, b'{"error": "none"}') as url:
        assert build(tmp_path, "get: /version", url) is None
