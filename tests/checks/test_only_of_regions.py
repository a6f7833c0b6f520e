"""Who is asked instead of a lost region is seen by the requests that `only` and `exclude` leave."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from nfrcheck.checks.capacity_without_region import CapacityWithoutRegion
from nfrcheck.checks.ejection import Ejection
from nfrcheck.checks.failback import Failback
from nfrcheck.checks.grey_region import GreyRegion
from nfrcheck.checks.traffic_share import TrafficShare
from nfrcheck.model.history import History, Stream
from nfrcheck.model.question import EvidenceRules, Exclusion
from nfrcheck.model.records import REFUSED, Cell
from nfrcheck.model.verdict import Outcome, Verdict
from tests.checks import comings, greys
from tests.checks.histories import between, drill, history, question, stream

HOME = tuple(Cell("global", "home", region, "pooled") for region in (None, "a", "b"))
REP = tuple(Cell("global", "rep", region, "pooled") for region in (None, "a", "b"))
FAR = tuple(Cell("far", "home", region, "pooled") for region in (None, "a", "b"))
ONLY_HOME: dict[str, Any] = {"only": {"route": "home"}}
ONLY_REP: dict[str, Any] = {"only": {"route": "rep"}}
NO_REP: dict[str, Any] = {"exclude": (Exclusion(route="rep"),)}
NO_503: dict[str, Any] = {"exclude": (Exclusion(route="rep", status=("503",)),)}
NOBODYS: dict[str, Any] = {"only": {"route": "rpe"}}
ONE_REGION: dict[str, Any] = {"only": {"region": "a"}}


def two_routes(home: Stream, rep: Stream, cells: tuple[Cell, ...] = (*HOME, *REP)) -> Stream:
    """Both in one stream; each by itself has the cells of nobody, a and b, in some order."""
    order = np.argsort(np.concatenate([home.due, rep.due]), kind="stable")

    def at(made: Stream, first: int) -> Any:
        regions = [cell.region for cell in made.cells]
        return np.array([first + (None, "a", "b").index(region) for region in regions])[made.cell]

    columns: dict[str, Any] = {
        name: np.concatenate([getattr(home, name), getattr(rep, name)])[order]
        for name in ("due", "sent", "done", "status", "flags")
    }
    cell = np.concatenate([at(home, 0), at(rep, 3)])[order].astype(np.uint8)
    return replace(home, cells=cells, cell=cell, rate=2 * home.rate, **columns)


# ---- ejection and failback

EJECTION = Ejection.model_validate({"eject_within": "1 s", "readmit_within": "2 s"})
FAILBACK = Failback.model_validate({"error_window": "<= 1 s", "share_back_within": "2 s"})


def coming(check: Any, *, rep: Mapping[str, Any], **asked: Any) -> Verdict:
    """Route home is well served; the router does something else with route rep."""
    made = two_routes(comings.routed(), comings.routed(**{"left": 0.5, "back": 0.4, **rep}))
    given = {"drills": ("lose-b",), "expected_runs": {"lose-b": 1}, **asked}
    found: Verdict = check.judge(comings.taken(made), question("edge", **given))
    return found


@pytest.mark.parametrize(
    ("check", "rep"),
    [
        pytest.param(EJECTION, {"left": None}, id="never-left"),
        pytest.param(EJECTION, {"back": None}, id="never-asked-again"),
        pytest.param(FAILBACK, {"back": None}, id="no-share-at-the-return"),
    ],
)
def test_a_member_is_left_and_asked_again_by_the_requests_that_count(
    check: Any, rep: dict[str, Any]
) -> None:
    assert coming(check, rep=rep, **ONLY_REP).outcome is Outcome.FAIL
    for asked in (ONLY_HOME, NO_REP):
        assert coming(check, rep=rep, **asked).outcome is Outcome.PASS


def test_errors_at_the_return_are_those_of_the_requests_that_count() -> None:
    home, rep = comings.routed(), comings.routed()
    bad = between(rep, comings.HEALING + 0.2, comings.HEALING + 4.0)
    made = two_routes(home, comings.told(rep, bad & (np.arange(len(rep)) % 2 == 0), 2, 503))
    check = Failback.model_validate({"error_window": "<= 1 s"})

    def of(**asked: Any) -> Outcome:
        given = question("edge", drills=("lose-b",), **asked)
        return check.judge(comings.taken(made), given).outcome

    assert (of(), of(**ONLY_REP)) == (Outcome.FAIL, Outcome.FAIL)
    assert (of(**ONLY_HOME), of(**NO_REP), of(**NO_503)) == (Outcome.PASS,) * 3


@pytest.mark.parametrize("check", [EJECTION, FAILBACK])
def test_times_and_samples_are_as_if_nothing_else_had_been_sent(check: Any) -> None:
    alone = replace(comings.routed(), cells=HOME)
    asked = question("edge", drills=("lose-b",))

    found, wanted = (
        coming(check, rep={"left": None}, **ONLY_HOME),
        check.judge(comings.taken(alone), asked),
    )

    assert (found.interval, found.samples) == (wanted.interval, wanted.samples)
    assert "pooled connections to global, route home" in found.because
    assert found.where["route"] == "home"


def test_a_blip_ejects_nobody_on_the_route_that_counts() -> None:
    # Route rep leaves b for as long as in an outage, and nobody else does.
    calm = Ejection.model_validate({"calm": "lose-b"})
    rep = comings.routed(left=0.0)
    home = comings.routed()
    made = two_routes(_undisturbed(home), rep)

    def of(**asked: Any) -> Outcome:
        given = question("edge", drills=("lose-b",), **asked)
        return calm.judge(comings.taken(made), given).outcome

    assert (of(**ONLY_REP), of(**ONLY_HOME), of(**NO_REP)) == (
        Outcome.FAIL,
        Outcome.PASS,
        Outcome.PASS,
    )


def _undisturbed(made: Stream) -> Stream:
    """The same, as if nothing had been done to b."""
    cell = (1 + np.arange(len(made)) % 2).astype(np.uint8)
    return replace(made, cell=cell, status=np.full(len(made), 200, np.uint16))


# ---- a grey region


def test_a_grey_region_is_left_by_the_requests_that_count() -> None:
    made = two_routes(
        greys.grey(greys.shop(), until=12.0), greys.grey(greys.shop(), until=greys.HEALED)
    )

    def of(**asked: Any) -> Outcome:
        given = question(drills=("grey-b",), expected_runs={"grey-b": 1}, **asked)
        return greys.CHECK.judge(greys.seen(made), given).outcome

    assert (of(), of(**ONLY_REP)) == (Outcome.FAIL, Outcome.FAIL)
    assert (of(**ONLY_HOME), of(**NO_REP)) == (Outcome.PASS, Outcome.PASS)


# ---- a share that is served alone


def shared(*, rep_alone: bool) -> Stream:
    """While one region is gone the other serves all of route home, and of rep or nothing."""

    def half(*, well: bool) -> Stream:
        made = stream(rate=100.0, seconds=120.0, cells=HOME)
        cell, status = 1 + np.arange(len(made)) % 2, made.status.copy()
        for at, other in ((40.0, 2), (80.0, 1)):
            gone = between(made, at, at + 8.1)
            cell[gone], status[gone] = (other, 200) if well else (0, REFUSED)
        return replace(made, cell=cell.astype(np.uint8), status=status)

    return two_routes(half(well=True), half(well=rep_alone))


def test_a_region_serves_alone_the_requests_that_count() -> None:
    made = shared(rep_alone=False)
    drills = [drill(f"lose-{r}", at=at, where={"region": r}) for r, at in (("a", 40), ("b", 80))]
    told = history(
        made,
        spans=[comings.STEADY, *(span for spans, _ in drills for span in spans)],
        faults=tuple(record for _, record in drills),
        regions=("a", "b"),
    )
    check = TrafficShare.model_validate({"share": "at least 30 %"})

    def of(**asked: Any) -> Outcome:
        return check.judge(told, question(**asked)).outcome

    assert (of(**ONLY_HOME), of(**NO_REP)) == (Outcome.PASS, Outcome.PASS)
    assert of(**ONLY_REP) is Outcome.FAIL
    assert of() is not Outcome.PASS


# ---- capacity


def capacity(until: float, other: tuple[Cell, ...], **asked: Any) -> Verdict:
    """Route home of entry global leaves b after 2 s, what has the other cells at `until`."""

    def part(until: float) -> Stream:
        made = stream(rate=500.0, seconds=45.0, cells=HOME)
        b = np.arange(len(made)) % 2 == 0
        cell, status = np.where(b, 2, 1), made.status.copy()
        cell[between(made, 10.0, 31.0)] = 1
        dead = b & between(made, 10.0, until)
        cell[dead], status[dead] = 0, REFUSED
        return replace(made, cell=cell.astype(np.uint8), status=status)

    made = two_routes(part(12.0), part(until), cells=(*HOME, *other))
    spans, record = drill(hold_s=20.0)
    told = history(made, spans=spans, faults=(record,), regions=("a", "b"))
    check = CapacityWithoutRegion.model_validate({"at_least": "99 %"})
    rules = EvidenceRules(planned_seconds=20.0)
    return check.judge(told, question(drills=("lose-b",), rules=rules, **asked))


@pytest.mark.parametrize(
    ("other", "asked"),
    [
        pytest.param(FAR, {"only": {"entry": "global"}}, id="of-one-entry"),
        pytest.param(REP, ONLY_HOME, id="of-one-route"),
        pytest.param(REP, NO_REP, id="without-a-route"),
    ],
)
@pytest.mark.parametrize("until", [20.0, 30.5], ids=["later", "never"])
def test_the_leaving_is_that_of_the_requests_that_count(
    until: float, other: tuple[Cell, ...], asked: dict[str, Any]
) -> None:
    found = capacity(until, other, **asked)

    assert found.outcome is Outcome.PASS
    assert found.figures["left_s"] == pytest.approx(1.9, abs=0.02)


def test_of_a_region_the_leaving_is_that_of_all() -> None:
    found = capacity(12.0, REP, **ONE_REGION)

    assert found.outcome is Outcome.PASS
    assert found.figures["left_s"] == pytest.approx(1.9, abs=0.02)


# ---- what leaves nothing, or makes no sense


def _told(check: Any, asked: Mapping[str, Any]) -> Verdict:
    if isinstance(check, GreyRegion):
        made: History = greys.seen(greys.grey(greys.shop(), until=12.0))
        found: Verdict = check.judge(made, question(drills=("grey-b",), **asked))
        return found
    made = comings.taken(comings.routed())
    said: Verdict = check.judge(made, question("edge", drills=("lose-b",), **asked))
    return said


CALM = Ejection.model_validate({"calm": "lose-b"})
SHARE = TrafficShare.model_validate({"share": "at least 40 %"})
CAPACITY = CapacityWithoutRegion.model_validate({"at_least": "50 %"})
MEMBERS = [
    pytest.param(EJECTION, id="ejection"),
    pytest.param(CALM, id="calm"),
    pytest.param(FAILBACK, id="failback"),
    pytest.param(greys.CHECK, id="grey-region"),
    pytest.param(SHARE, id="traffic-share"),
]
EVERY = [*MEMBERS, pytest.param(CAPACITY, id="capacity-without-region")]


@pytest.mark.parametrize("check", EVERY)
def test_a_value_that_nobody_sent_is_invalid(check: Any) -> None:
    found = _told(check, NOBODYS)

    assert found.outcome is Outcome.INVALID
    assert "no request of route rpe" in found.because


@pytest.mark.parametrize("check", EVERY)
def test_where_everything_is_excluded_nothing_passes(check: Any) -> None:
    found = _told(check, {"exclude": (Exclusion(route="home"),)})

    assert found.outcome is Outcome.INVALID


@pytest.mark.parametrize("check", MEMBERS)
def test_one_region_alone_does_not_show_which_one_is_asked(check: Any) -> None:
    found = _told(check, ONE_REGION)

    assert found.outcome is Outcome.NOT_RUN
    assert "leave its `region` out" in found.because


@pytest.mark.parametrize("check", EVERY)
def test_what_requests_cannot_be_told_apart_by_is_not_judged(check: Any) -> None:
    assert _told(check, {"only": {"topic": "orders"}}).outcome is Outcome.NOT_RUN
