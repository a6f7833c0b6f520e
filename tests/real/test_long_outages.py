"""Outages of the size that people have, in runs as long as theirs; all three side by side."""

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.experiments.children import running_server
from tests.run.going_out import (
    NEAR_S,
    ends,
    errors,
    frozen,
    killed,
    server_process,
    told_in_time,
)
from tests.run.whole import Shop, WholeRun, quiet

pytestmark = [pytest.mark.real, pytest.mark.timeout(420)]

LONG_S, SHORT_S = 300, 60
AVAILABILITY = "{availability: {at_least: 99 %}}"
LATENCY = "{latency: {p99: < 200 ms}}"


class Told(NamedTuple):
    """One run that is over: when its server went out and came back, and what was said of it."""

    code: int
    began: float
    over: float | None
    told_in_time: bool
    target: dict[str, object]

    def names_both_ends(self) -> bool:
        first, last = ends(str(self.target["because"]))
        assert first == pytest.approx(self.began, abs=NEAR_S)
        assert last == (None if self.over is None else pytest.approx(self.over, abs=NEAR_S))
        return True


@contextlib.contextmanager
def run(place: Path, text: str, deployment: Path) -> Iterator[WholeRun]:
    one = WholeRun(place, text, deployment)
    try:
        yield one
    finally:
        one.over()


def with_errors(place: Path) -> Told:
    with running_server() as server:
        shop = Shop(place, server)
        with run(place, quiet(LONG_S, targets=AVAILABILITY), shop.deployment()) as one:
            began, over = errors(one, shop, after_s=100, seconds=10)
            code = one.process.wait(LONG_S)
            return Told(code, began, over, told_in_time(one, began), one.target())


def dead(place: Path) -> Told:
    text = quiet(SHORT_S, targets=AVAILABILITY)
    with server_process(place) as (pid, deployment), run(place, text, deployment) as one:
        began = killed(one, pid, after_s=20)
        code = one.process.wait(LONG_S)
        return Told(code, began, None, told_in_time(one, began), one.target())


def freezing(place: Path) -> Told:
    text = quiet(SHORT_S, targets=LATENCY)
    with server_process(place) as (pid, deployment), run(place, text, deployment) as one:
        began = frozen(one, pid, after_s=20, seconds=3)
        code = one.process.wait(LONG_S)
        return Told(code, began, began + 3, True, one.target("latency"))


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Told]:
    cases = {"errors": with_errors, "dead": dead, "freezing": freezing}
    with ThreadPoolExecutor(len(cases)) as pool:
        begun = {
            name: pool.submit(case, tmp_path_factory.mktemp(name)) for name, case in cases.items()
        }
        return {name: one.result() for name, one in begun.items()}


@pytest.mark.parametrize("name", ["errors", "dead"])
def test_an_outage_fails_the_target_within_seconds_and_both_ends_are_named(
    told: dict[str, Told], name: str
) -> None:
    one = told[name]

    assert (one.code, one.target["verdict"]) == (1, "fail"), one.target["because"]
    assert one.told_in_time
    assert one.names_both_ends()


def test_a_freeze_of_three_seconds_in_a_minute_fails_the_latency(told: dict[str, Told]) -> None:
    one = told["freezing"]

    assert (one.code, one.target["verdict"]) == (1, "fail"), one.target["because"]
    assert "one stall of" in str(one.target["because"])
    assert one.names_both_ends()
