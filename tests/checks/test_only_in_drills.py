"""What judges a drill looks at the requests that `only` and `exclude` leave, and at no others."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from nfrcheck.checks.deploy_without_downtime import DeployWithoutDowntime
from nfrcheck.checks.failover import Failover
from nfrcheck.model.history import History, Stream
from nfrcheck.model.question import Exclusion
from nfrcheck.model.records import NOT_SENT, TIMEOUT, Cell
from nfrcheck.model.verdict import Outcome, Verdict
from tests.checks.courses import AT, TWO_S, probe, seen
from tests.checks.histories import answered, between, drill, history, in_cell, question, stream

HOME, REP = (Cell("global", name, client="pooled") for name in ("home", "rep"))
NOBODY, A, B = (Cell("global", "home", region, "pooled") for region in (None, "a", "b"))
ALL_OF_REP = (Exclusion(route="rep"),)
ITS_503 = (Exclusion(route="rep", status=("503",)),)
SILENT = (Exclusion(status=("503",)),)


def shop(name: str = "shop", **more: Any) -> Stream:
    return stream(name=name, seconds=40.0, rate=200.0, cells=(HOME, REP), **more)


def rep_fails(start: float = AT + 0.2, end: float = AT + 8.0) -> Stream:
    made = shop()
    return answered(made, between(made, start, end) & in_cell(made, 1), status=503)


def judged(made: History | Stream, check: Failover = TWO_S, **asked: Any) -> Verdict:
    told = made if isinstance(made, History) else seen(made)
    return check.judge(told, question(**{"drills": ("lose-b",), **asked}))


# ---- a route of its own limit


@pytest.mark.parametrize(
    ("asked", "outcome"),
    [
        pytest.param({}, Outcome.FAIL, id="all"),
        pytest.param({"only": {"route": "rep"}}, Outcome.FAIL, id="only-what-failed"),
        pytest.param({"only": {"route": "home"}}, Outcome.PASS, id="only-the-other-route"),
        pytest.param({"exclude": ALL_OF_REP}, Outcome.PASS, id="without-the-route"),
        pytest.param({"exclude": ITS_503}, Outcome.PASS, id="without-its-errors"),
        pytest.param({"exclude": SILENT}, Outcome.PASS, id="without-such-a-status"),
    ],
)
@pytest.mark.parametrize("limit", [{"error_window": "<= 2 s"}, {"failed": "<= 0"}])
def test_a_failover_is_that_of_the_requests_that_count(
    limit: dict[str, str], asked: dict[str, Any], outcome: Outcome
) -> None:
    assert judged(rep_fails(), Failover.model_validate(limit), **asked).outcome is outcome


def test_an_outage_is_measured_as_if_nothing_else_had_been_sent() -> None:
    made = rep_fails(AT + 0.2, AT + 1.0)
    alone = replace(made.where(made.of("route", "rep")), cells=(REP, REP), rate=0.0)

    found = judged(made, only={"route": "rep"})
    without = judged(made, exclude=(Exclusion(route="home"),))

    wanted = judged(alone)
    for one in (found, without):
        assert (one.interval, one.samples, one.failures) == (
            wanted.interval,
            wanted.samples,
            wanted.failures,
        )


def test_a_sentence_says_which_requests_it_is_about() -> None:
    found = judged(rep_fails(), only={"route": "rep"})

    assert found.because.startswith("lose-b/1 · pooled connections to global, route rep: errors")
    assert found.where == {
        "region": "b",
        "run": "1",
        "entry": "global",
        "client": "pooled",
        "route": "rep",
    }


def test_a_client_or_an_entry_chooses_among_the_kinds_of_clients() -> None:
    made = probe((10.2, 15.0), clients=(0,))

    def of(client: str) -> Outcome:
        asked = question("edge", drills=("lose-b",), only={"client": client})
        return TWO_S.judge(seen(made), asked).outcome

    assert (of("fresh"), of("pooled")) == (Outcome.FAIL, Outcome.PASS)


# ---- nothing left


def test_a_value_that_nobody_sent_is_no_pass_and_says_who_did_send_it() -> None:
    watching = replace(shop("edge"), cells=(HOME, HOME), kind="probe")

    found = judged(seen(watching, rep_fails()), stream_name="edge", only={"route": "rep"})
    typed = judged(rep_fails(), only={"route": "rpe"})

    assert found.outcome is Outcome.INVALID
    assert found.because == "edge sends no request of route rep: write `load: shop`, which does"
    assert (typed.outcome, typed.because) == (
        Outcome.INVALID,
        "shop sends no request of route rpe",
    )


def test_a_route_that_was_planned_and_never_sent_was_not_watched() -> None:
    made = shop()

    found = judged(replace(made.where(made.cell == 0), rate=0.0), only={"route": "rep"})

    assert found.outcome is Outcome.INVALID
    assert found.because.endswith("route rep: nobody watched")


def test_errors_that_do_not_count_leave_a_hole_in_which_nobody_watched() -> None:
    found = judged(rep_fails(), only={"route": "rep"}, exclude=SILENT)

    assert found.outcome is Outcome.INVALID
    assert "nobody watched for 7.8" in found.because


def test_what_requests_cannot_be_told_apart_by_is_not_judged() -> None:
    assert judged(rep_fails(), only={"topic": "orders"}).outcome is Outcome.NOT_RUN
    found = judged(rep_fails(), only={"region": "a"})
    assert (found.outcome, "served_by" in found.because) == (Outcome.NOT_RUN, True)


def test_a_request_that_the_tester_did_not_send_is_only_missed_on_its_own_route() -> None:
    made = stream(seconds=40.0, rate=2_000.0, cells=(HOME, REP))
    unsent = answered(made, between(made, 12.0, 12.001) & in_cell(made, 1), status=NOT_SENT)
    none = Failover.model_validate({"failed": "<= 0"})

    assert judged(unsent, none, only={"route": "rep"}).outcome is Outcome.INCONCLUSIVE
    assert judged(unsent, none, only={"route": "home"}).outcome is Outcome.PASS


# ---- a region, which the answer tells


def regions(lost: bool = True, own: bool = False) -> Stream:
    """a and b take turns; b is gone from the fault on for 3 s, and is asked for 1.5 s of them."""
    made = stream(seconds=40.0, rate=200.0, cells=(NOBODY, A, B))
    cell = 1 + np.arange(len(made)) % 2
    gone = between(made, AT + 0.1, AT + 3.0) & (cell == 2)
    cell[gone] = 1
    asked = gone & between(made, AT + 0.1, AT + 1.6)
    status = made.status.copy()
    if lost:
        cell[asked], status[asked] = 0, TIMEOUT
    if own:
        bad = between(made, AT + 3.0, AT + 8.0) & (cell == 2)
        status[bad] = 503
    return replace(made, cell=cell.astype(np.uint8), status=status)


ONE_S = Failover.model_validate({"error_window": "<= 1 s"})


def test_failures_that_tell_no_region_may_be_of_the_one_that_is_judged() -> None:
    found = judged(regions(), ONE_S, only={"region": "a"})

    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.because.endswith("150 requests failed and told no region")
    assert judged(regions(lost=False), ONE_S, only={"region": "a"}).outcome is Outcome.PASS


def test_what_a_region_failed_in_its_own_name_still_fails() -> None:
    found = judged(regions(lost=False, own=True), ONE_S, only={"region": "b"})
    other = judged(regions(lost=False, own=True), ONE_S, only={"region": "a"})

    assert found.outcome is not Outcome.PASS
    assert other.outcome is Outcome.PASS


def test_good_answers_of_nobody_are_none_of_the_region() -> None:
    made = regions(lost=False)
    nameless = replace(made, cell=np.where(in_cell(made, 1), 0, made.cell).astype(np.uint8))

    assert judged(nameless, ONE_S, only={"region": "a"}).outcome is Outcome.INVALID


# ---- a roll-out


def rolled_out(bad: int) -> History:
    """a, b and nobody named answer in turn; after the command this cell's requests fail."""
    made = stream(seconds=40.0, cells=(A, B, NOBODY))
    made = answered(made, between(made, AT + 0.3, AT + 2.3) & in_cell(made, bad), status=502)
    spans, record = drill("roll-out", where={"component": "app"})
    return history(made, spans=spans, faults=(record,))


@pytest.mark.parametrize(
    ("bad", "outcome"),
    [
        pytest.param(0, Outcome.FAIL, id="its-own"),
        pytest.param(1, Outcome.PASS, id="of-another-one"),
        pytest.param(2, Outcome.INCONCLUSIVE, id="of-nobody-knows-which"),
    ],
)
@pytest.mark.parametrize("limits", [{"failed": "<= 0"}, {"failed": "<= 99", "p95": "< 200 ms"}])
def test_a_roll_out_costs_one_region_what_it_failed_itself(
    limits: dict[str, str], bad: int, outcome: Outcome
) -> None:
    check = DeployWithoutDowntime.model_validate(limits)
    asked = question(drills=("roll-out",), only={"region": "a"})

    assert check.judge(rolled_out(bad), asked).outcome is outcome


def test_a_roll_out_is_not_judged_by_a_region_that_no_answer_tells() -> None:
    spans, record = drill("roll-out", where={"component": "app"})
    told = history(shop(), spans=spans, faults=(record,))
    none = DeployWithoutDowntime.model_validate({"failed": "<= 0"})

    found = none.judge(told, question(drills=("roll-out",), only={"region": "a"}))

    assert found.outcome is Outcome.NOT_RUN
