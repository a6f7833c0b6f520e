"""Under Jenkins' default content security policy the split page looks as it should, in Chromium.

The header is the one that Jenkins sends for archived HTML unless an administrator weakens it.
"""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from nfrcheck.reports.html import write
from tests.real.test_scorecard_browser import HERE, browser, modules
from tests.reports.sample_runs import sample

pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]

POLICY = "sandbox; default-src 'none'; img-src 'self'; style-src 'self';"
PAPER = "rgb(244, 246, 249)"
RUNS = ("fail", "pass", "hostile", "nothing")

Look = Callable[[str, bool], dict[str, Any]]


class Jenkins(SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def look(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Look]:
    """What Chromium finds on the page of a run; served, split or in one file."""
    root = tmp_path_factory.mktemp("archived")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Jenkins, directory=str(root))) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()

        def one(name: str, split: bool) -> dict[str, Any]:
            folder = root / f"{name}-{split}"
            folder.mkdir()
            page = write(sample(name), folder, split=split)
            return _opened(f"http://127.0.0.1:{server.server_port}/{folder.name}/{page.name}")

        yield one
        server.shutdown()
        thread.join()


def _opened(url: str) -> dict[str, Any]:
    node = shutil.which("node")
    assert node, "no node: install it"
    argv = [node, str(HERE / "jenkins_policy.cjs"), str(modules()), browser(), url]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=90)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module", params=RUNS)
def split(request: pytest.FixtureRequest, look: Look) -> dict[str, Any]:
    return look(request.param, True) | {"name": request.param}


def test_the_styles_apply(split: dict[str, Any]) -> None:
    assert split["body"]["background-color"] == PAPER
    assert "system-ui" in split["body"]["font-family"]
    assert float(split["word"]["font-size"].removesuffix("px")) > 30


def test_nothing_is_blocked_and_nothing_is_wrong(split: dict[str, Any]) -> None:
    assert split["issues"] == []
    assert split["errors"] == []
    assert split["scripts"] == 0


def test_the_charts_are_there(split: dict[str, Any]) -> None:
    # A run in which nothing happened has none.
    if split["name"] == "nothing":
        assert split["chart"] is None
    else:
        assert min(split["chart"]) > 200


def test_it_asks_for_its_own_files_alone(split: dict[str, Any]) -> None:
    names = [url.rpartition("/")[2] for url in split["asked"]]

    assert names == ["scorecard.html", "scorecard.css", "scorecard.svg"]


def test_the_page_in_one_file_is_blocked_there(look: Look) -> None:
    # Otherwise the tests above would say nothing.
    inline = look("fail", False)

    assert "ContentSecurityPolicyIssue" in inline["issues"]
    assert inline["body"]["background-color"] != PAPER
