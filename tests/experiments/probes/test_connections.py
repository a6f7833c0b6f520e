"""What a fault proxy tells of its connections is kept once each; what it cannot be is no answer."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from nfrcheck.history.read import read_history
from nfrcheck.model.history import Connections
from tests.experiments.children import (
    PROBE,
    Answer,
    Asked,
    RunningChild,
    running_child,
    running_server,
    traffic,
    wait_until,
)

TOLD = {"since": "first", "accepted": 3, "open": 2, "late_s": 0.0, "ages_s": [0.5, 0.2, 0.1]}


def asked(folder: Path, *answers: Any, status: int = 200) -> Connections:
    with asking(folder, *answers, status=status):
        pass
    return read_history(folder).connections["at_db"]


@contextmanager
def asking(folder: Path, *answers: Any, status: int = 200) -> Iterator[RunningChild]:
    """After all of them; the last answer is given again and again."""
    folder.joinpath("events.ndjson").write_text("", encoding="utf-8")
    left: Iterator[Any] = iter(answers)
    last: list[Any] = []

    def answer(_asked: Asked) -> Answer:
        last[:] = [next(left, *last)]
        body = last[0] if isinstance(last[0], bytes) else json.dumps(last[0]).encode()
        return status, {}, body

    expect = {"status": [200], "has": ["/accepted", "/since"]}
    route = {"name": "arrivals", "path": "/proxies/db/arrivals", "expect": expect}
    with running_server() as server:
        server.answer = answer
        spec = traffic(folder, server.url, "probe", stream="at_db", counts=True, routes=[route])
        with running_child(PROBE, {**spec, "rate": 50.0}) as child:
            child.start()
            wait_until(lambda: len(server.asked) > len(answers) + 2)
            yield child
            child.stop()


def test_each_connection_is_kept_once_and_the_first_answer_only_begins(tmp_path: Path) -> None:
    seen = asked(tmp_path, TOLD, {**TOLD, "accepted": 5, "late_s": 0.02})

    assert len(seen.earliest) == 2
    assert (seen.latest > seen.earliest).all()
    assert seen.late.max() == 0.02
    assert not len(seen.missed)
    assert not seen.refused


@pytest.mark.parametrize(
    "then",
    [
        pytest.param({**TOLD, "since": "second", "accepted": 9}, id="begun-anew"),
        pytest.param({**TOLD, "accepted": 900}, id="more-than-it-remembers"),
        pytest.param({**TOLD, "turned_away": 2}, id="turned-away"),
    ],
)
def test_those_of_whom_nobody_knows_when_they_came_are_missed(
    tmp_path: Path, then: dict[str, Any]
) -> None:
    assert len(asked(tmp_path, TOLD, then).missed) == 1


def test_that_the_proxy_is_short_of_descriptors_is_said(tmp_path: Path) -> None:
    with asking(tmp_path, TOLD, {**TOLD, "turned_away": 2}) as child:
        assert "short of descriptors" in child.expect("ill")


def test_an_answer_that_another_overtook_tells_nothing_twice(tmp_path: Path) -> None:
    newer = {**TOLD, "accepted": 5}

    seen = asked(tmp_path, TOLD, newer, {**TOLD, "accepted": 4}, newer)

    assert len(seen.earliest) == 2
    assert not len(seen.missed)


@pytest.mark.parametrize(
    "strange",
    [
        pytest.param({**TOLD, "accepted": "many"}, id="no-number"),
        pytest.param({**TOLD, "ages_s": 3}, id="no-list"),
        pytest.param({**TOLD, "ages_s": ["x"]}, id="no-ages"),
        pytest.param({**TOLD, "open": {}}, id="no-count"),
        pytest.param({**TOLD, "open": -1}, id="less-than-none"),
        pytest.param({**TOLD, "turned_away": -1}, id="fewer-than-none-turned-away"),
        pytest.param(b'{"since":"a","accepted":1e999}', id="infinite"),
        pytest.param(b"[1]", id="another-shape"),
        pytest.param(b"<html>", id="no-json"),
    ],
)
def test_what_another_server_says_there_is_no_answer(tmp_path: Path, strange: Any) -> None:
    seen = asked(tmp_path, strange)

    assert not len(seen.answered)
    assert set(seen.refused) == {200}


def test_a_proxy_that_does_not_count_is_known_by_its_status(tmp_path: Path) -> None:
    assert set(asked(tmp_path, {"error": "not found"}, status=404).refused) == {404}
