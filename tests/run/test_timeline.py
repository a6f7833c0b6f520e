"""A phase that lasts until its targets are decided ends when they are, and not before."""

import asyncio
from pathlib import Path

import pytest

from nfrcheck.history.read import HistoryReader
from nfrcheck.history.write import EventLog
from nfrcheck.model.history import History
from nfrcheck.plan import Options, plan
from nfrcheck.plan.steps import Drill, Plan
from nfrcheck.run.stop import Stop
from nfrcheck.run.timeline import Decider, quiet
from nfrcheck.run.ui import Silent
from nfrcheck.scenario.read import read_pair
from tests.plan.perfect import perfect, until

DEPLOYMENT = """\
nfrcheck: 1
entries: {edge: {url: "http://127.0.0.1:1"}}
served_by: {header: x-region}
regions: {a: {}, b: {kind: shell, kill: "true", restore: "true", verify: "true"}}
safety: {allow: [region-kill]}
"""
SCENARIO = """\
nfrcheck: 1
load: {shop: {rate: 100/s, journey: {home: {get: /}}}}
drills: {lose: {fault: {kind: region-kill, region: b}, repeat: 1, hold: 10 s}}
phases: [warm-up: 5 s, steady: {until: decided, at_most: 60 s}, lose, MORE]
targets:
TARGETS
"""
MORE = "late: 5 s"
FAILOVER = "  failover: {drill: lose, error_window: <= 5 s}\n"
TIMEOUT_S = 5.0


class Clock(EventLog):
    """An event log whose time is that of the sleeps."""

    at = 0.0

    def now(self) -> float:
        return self.at


class Sleeper(Stop):
    """Nobody waits: a sleep moves the clock."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock

    async def sleep(self, seconds: float) -> None:
        self.clock.at += seconds


class Reader(HistoryReader):
    """What was seen of a run in which nothing fails."""

    def __init__(self, folder: Path, whole: History) -> None:
        super().__init__(folder, {})
        self.whole = whole

    def read(self, horizon: float | None = None) -> History:
        return until(self.whole, horizon or 0.0)


def planned(folder: Path, targets: str, more: str = MORE) -> Plan:
    (folder / "a.deployment.yaml").write_text(DEPLOYMENT)
    written = SCENARIO.replace("TARGETS", targets).replace("MORE", more)
    (folder / "a.nfr.yaml").write_text(written)
    pair = read_pair(folder / "a.nfr.yaml", folder / "a.deployment.yaml")
    return plan(pair.scenario, pair.deployment, Options())


def lasted(made: Plan, folder: Path) -> list[float]:
    """Seconds of each quiet phase but the warm-up."""
    with Clock(folder, 0) as clock:
        return asyncio.run(_lasted(made, clock))


async def _lasted(made: Plan, clock: Clock) -> list[float]:
    decider = Decider(made.targets, Reader(clock.folder, perfect(made)), clock, TIMEOUT_S, set())
    found = []
    for step in made.steps:
        if isinstance(step, Drill):
            clock.at += step.baseline_s + step.hold_s + step.settle_s
            continue
        begun = clock.at
        await quiet(step, clock, Sleeper(clock), decider, Silent())
        found.append(clock.at - begun)
    return found[1:]


@pytest.mark.parametrize(
    "targets",
    [
        pytest.param("  availability: {at_least: 98 %}", id="quiet-phases"),
        pytest.param("  availability: {at_least: 98 %, during: steady}", id="this-phase"),
        pytest.param("  availability: {at_least: 98 %, during: steady/1}", id="this-part"),
        pytest.param("  availability: {at_least: 98 %, during: run}", id="the-whole-run"),
        pytest.param("  traffic-share: {share: at least 30 %}", id="all-but-its-drills"),
        pytest.param("  traffic-share: {share: at least 30 %, drill: lose}", id="its-drills"),
    ],
)
def test_it_ends_when_its_targets_are_decided_and_no_sooner(targets: str, tmp_path: Path) -> None:
    steady, _ = lasted(planned(tmp_path, targets), tmp_path)

    # No request is evidence before its time-out is over.
    assert TIMEOUT_S < steady < 45.0


@pytest.mark.parametrize(
    "targets",
    [
        pytest.param("  availability: {at_least: 99.99 %}", id="never-decided"),
        pytest.param(
            "  yearly-availability: {at_least: 90 %, incidents: {lose: 2/year}}",
            id="a-steady-state-that-leaves-the-more-the-longer-it-is",
        ),
        pytest.param(
            "  yearly-availability: {at_least: 90 %, incidents: {lose: 2/year}}\n"
            "  availability: {at_least: 98 %}",
            id="a-year-beside-what-is-decided",
        ),
        pytest.param(FAILOVER, id="nobody-asks"),
        pytest.param("  availability: {at_least: 98 %, during: late}", id="another-phase"),
    ],
)
def test_it_lasts_as_long_as_it_may_where_nothing_ends_it(targets: str, tmp_path: Path) -> None:
    steady, _ = lasted(planned(tmp_path, targets), tmp_path)

    assert steady == 60.0


def test_what_was_decided_before_is_not_waited_for_again(tmp_path: Path) -> None:
    more = "steady: {until: decided, at_most: 60 s}"
    made = planned(tmp_path, "  availability: {at_least: 98 %, during: steady/1}", more)

    first, second = lasted(made, tmp_path)

    assert first < 45.0
    assert second == 60.0, "this part was written to last: no target is about it"
