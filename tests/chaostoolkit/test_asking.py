"""An entry is asked so often, in the open model, and what it answered is counted as plain JSON."""

import json
from collections.abc import Iterator
from pathlib import Path
from threading import Timer

import pytest
from chaoslib.exceptions import ActivityFailed

from nfrcheck.chaostoolkit import probes
from nfrcheck.chaostoolkit.asking import ask_often, main, summed
from nfrcheck.errors import UsageError
from nfrcheck.model.records import LOCAL_ERROR, REFUSED, TIMEOUT
from tests.experiments.children import Server, running_server

MS = 1_000_000


@pytest.fixture
def server() -> Iterator[Server]:
    with running_server() as running:
        yield running


@pytest.fixture
def deployment(tmp_path: Path, server: Server) -> str:
    path = tmp_path / "small.deployment.yaml"
    entries = f'{{b: {{url: "http://127.0.0.1:1", region: b}}, global: {{url: "{server.url}"}}}}'
    safety = "{hosts: [127.0.0.1], max_rate: 200/s}"
    path.write_text(
        f"nfrcheck: 1\nname: small\nentries: {entries}\nregions: {{b: {{}}}}\nsafety: {safety}\n"
    )
    return str(path)


@pytest.mark.parametrize(
    ("outcomes", "good", "p99_ms", "bad"),
    [
        pytest.param([(200, 3 * MS)] * 4, 100, 3, {}, id="all-good"),
        pytest.param([(302, 3 * MS)] * 4, 100, 3, {}, id="redirects-are-good"),
        pytest.param([(200, MS)] * 99 + [(200, 9 * MS)], 100, 1, {}, id="p99-of-a-hundred"),
        pytest.param([(200, MS)] * 98 + [(200, 9 * MS)] * 2, 100, 9, {}, id="p99-by-nearest-rank"),
        pytest.param([(200, MS), (503, MS)], 50, 5000, {"503": 1}, id="bad-is-slow"),
        pytest.param([(401, MS)] * 2, 0, 5000, {"401": 2}, id="refused-to-all"),
        pytest.param([(REFUSED, MS)], 0, 5000, {"refused": 1}, id="nobody-listens"),
        pytest.param([(TIMEOUT, 5000 * MS)], 0, 5000, {"timeout": 1}, id="no-answer"),
    ],
)
def test_what_was_answered_is_counted(
    outcomes: list[tuple[int, int]], good: float, p99_ms: float, bad: dict[str, int]
) -> None:
    found = summed(outcomes)

    assert (found["share_good"], found["p99_ms"], found["bad"]) == (good, p99_ms, bad)
    assert found["asked"] == len(outcomes)


def test_what_this_machine_did_not_send_says_nothing_about_the_entry() -> None:
    with pytest.raises(UsageError, match="1 of 2 requests: local error"):
        summed([(200, MS), (LOCAL_ERROR, 0)])


def test_the_entry_outside_of_the_regions_is_asked(deployment: str, server: Server) -> None:
    found = probes.answers(deployment, get="/shop", times=5, per_second=100)

    assert found["share_good"] == 100
    assert [one.path for one in server.asked] == ["/shop"] * 5
    assert len({one.connection for one in server.asked}) == 5, "each as a new user"


def test_a_stall_counts_from_when_each_request_was_due(deployment: str, server: Server) -> None:
    server.open.clear()
    asked = {"deployment": deployment, "entry": "", "get": "/", "times": 20, "per_second": 200}
    Timer(0.5, server.open.set).start()

    found = ask_often(asked)

    assert found["share_good"] == 100
    assert found["p50_ms"] > 300, "not only the first one has waited"


def test_an_entry_that_is_down_is_no_failure_of_the_probe(deployment: str) -> None:
    assert probes.availability(deployment, entry="b", times=2, per_second=100) == 0
    assert probes.p99_ms(deployment, entry="b", times=2, per_second=100) == 5000


@pytest.mark.parametrize(
    ("more", "said"),
    [
        pytest.param({"entry": "glob"}, "there is no entry `glob`", id="entry"),
        pytest.param({"get": "shop"}, "is not a path", id="path"),
        pytest.param({"times": 0}, "at least once", id="never"),
        pytest.param({"per_second": 300}, "max_rate", id="faster-than-is-allowed"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_anything_is_sent(
    more: dict[str, object],
    said: str,
    deployment: str,
    server: Server,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = {"deployment": deployment, "entry": "", "get": "/", "times": 1, "per_second": 9, **more}

    assert main([json.dumps(asked)]) == 2

    assert said in capsys.readouterr().err
    assert not server.asked


def test_a_refusal_fails_the_probe_in_one_line(deployment: str) -> None:
    with pytest.raises(ActivityFailed, match="there is no entry `glob`"):
        probes.answers(deployment, entry="glob")
