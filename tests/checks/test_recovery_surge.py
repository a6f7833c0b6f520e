"""A crowd that comes back in step fails, a queue passes, and what nobody counted is no evidence."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from nfrcheck.checks.recovery_surge import RecoverySurge
from nfrcheck.model.history import Connections, History, Ill
from nfrcheck.model.records import Cell
from nfrcheck.model.verdict import Outcome, Verdict
from tests.checks.histories import drill, health, history, question, stream

NAME = "at_db"
FAULT, RETURN, END = 10.0, 18.1, 27.1
CLIENTS = 100
ASKED = np.arange(0.0, END, 0.05)


def told(*moments: float, took_s: float = 0.002) -> Connections:
    """All clients were connected until the fault; then they came at these moments."""
    came = np.array(sorted(moments), dtype=np.float64)
    here = np.where(ASKED < FAULT, CLIENTS, np.searchsorted(came, ASKED))
    return Connections(
        earliest=came - took_s / 2,
        latest=came + took_s / 2,
        asked=ASKED,
        answered=ASKED + took_s,
        open=here.astype(np.int64),
        late=np.zeros(len(ASKED)),
        missed=np.array([], dtype=np.float64),
    )


def spread(count: int = CLIENTS, over_s: float = 5.0) -> list[float]:
    return [RETURN + 0.5 + over_s * k / count for k in range(count)]


def crowd(count: int, at: float = RETURN + 1.0) -> list[float]:
    return [at + 0.0005 * k for k in range(count)]


def seen(counted: Connections | None, **more: Any) -> History:
    spans, record = drill(at=FAULT, where={"component": "db"})
    record = replace(record, **more.pop("record", {}))
    asking = stream(
        name=NAME, kind="probe", rate=20.0, seconds=END, cells=[Cell("proxy db", "arrivals")]
    )
    given: dict[str, Any] = {"spans": spans, "faults": (record,)}
    if counted is not None:
        given["connections"] = {NAME: counted}
    return history(asking, **{**given, **more})


def judged(counted: Connections | None, seen_as: History | None = None, **keys: Any) -> Verdict:
    asked = question(drills=("lose-b",), expected_runs={"lose-b": 1}, counted={"lose-b/1": (NAME,)})
    check = RecoverySurge.model_validate({"peak": "<= 20 %", **keys})
    return check.judge(seen_as or seen(counted), asked)


def test_clients_that_come_one_by_one_pass() -> None:
    found = judged(told(*spread()))

    assert found.outcome is Outcome.PASS
    assert found.interval == (0.02, 0.03)
    assert found.samples == CLIENTS
    assert found.supports == "each of 1; supports at least 5 % of such failures"


def test_a_crowd_fails_and_is_named() -> None:
    found = judged(told(*crowd(90), *spread(10)))

    assert found.outcome is Outcome.FAIL
    assert dict(found.where) == {"component": "db", "run": "1"}
    assert found.because == (
        "lose-b/1: 91 of 100 clients came within the same 100 ms, 0.999 s after the return began; "
        "100 came until 9.0 s after the return began"
    )
    assert found.interval == (0.91, 0.91)


def test_a_limit_between_what_is_sure_and_what_is_possible_stays_open() -> None:
    """Of some it is not known whether they came within the same 100 ms."""
    came = [RETURN + 1.0] * 17 + [RETURN + 1.1] * 5

    found = judged(told(*came, *spread(76, over_s=7.0)))

    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.interval is not None
    assert found.interval[0] <= 0.2 < found.interval[1]


@pytest.mark.parametrize("count", [4, 7, 10, 20])
def test_a_peak_that_is_exactly_the_limit_keeps_it(count: int) -> None:
    came = [*crowd(count, at=RETURN + 0.5), *spread(100 - count, over_s=7.0)[1:], RETURN + 8.8]
    at_most, less = f"<= {count} %", f"< {count} %"

    # None of the others comes within 100 ms of the crowd.
    apart = told(*(m if m < RETURN + 0.51 else m + 0.3 for m in came), took_s=0.0)

    assert judged(apart, peak=at_most).outcome is Outcome.PASS
    assert judged(apart, peak=less).outcome is Outcome.FAIL


def test_who_came_around_the_moment_of_the_return_may_have_been_part_of_a_crowd() -> None:
    """When they came is known to 20 ms; the return began in between."""
    found = judged(told(*[RETURN + 0.004] * 10, *spread(90), took_s=0.02), peak="<= 5 %")

    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.interval is not None
    assert found.interval[1] >= 0.1


def test_tries_while_it_is_gone_do_not_count() -> None:
    assert judged(told(*crowd(100, at=FAULT + 2.0), *spread())).outcome is Outcome.PASS


def test_a_return_that_was_not_watched_to_its_end_stays_open() -> None:
    asked = question(
        drills=("lose-b",),
        expected_runs={"lose-b": 1},
        settles_s={"lose-b": 20.0},
        counted={"lose-b/1": (NAME,)},
    )

    found = RecoverySurge.model_validate({"peak": "<= 20 %"}).judge(seen(told(*spread())), asked)

    assert found.outcome is Outcome.INCONCLUSIVE
    assert "the return was watched 8.0 s of 20.0 s" in found.because


def test_what_a_witness_would_count_is_not_run() -> None:
    found = judged(told(*spread()), witness="stand-in")

    assert found.outcome is Outcome.NOT_RUN
    assert "leave it out" in found.because


def test_several_proxies_lead_to_one_crowd() -> None:
    halves = [told(*crowd(12), *spread(38)) for _ in range(2)]
    made = seen(halves[0])
    asking = replace(made.streams[NAME], name="at_other")
    made = replace(
        made,
        streams={**made.streams, "at_other": asking},
        connections={NAME: halves[0], "at_other": halves[1]},
        health=(*made.health, *health("probe-at_other.0", 28)),
    )
    asked = question(
        drills=("lose-b",), expected_runs={"lose-b": 1}, counted={"lose-b/1": (NAME, "at_other")}
    )

    found = RecoverySurge.model_validate({"peak": "<= 10 %"}).judge(made, asked)

    assert found.outcome is Outcome.FAIL
    assert "of 200 clients" in found.because


@pytest.mark.parametrize(
    ("counted", "keys", "words"),
    [
        (told(*spread()), {"clients": 101}, "only 100 connections were open before the fault, 101"),
        (told(*spread(60)), {}, "only 60 of 100 clients were connected in the end; 60 came"),
        (told(), {}, "only 0 of 100 clients were connected in the end; 0 came"),
        (
            replace(told(*spread()), open=np.select([ASKED < FAULT, ASKED < RETURN], [100, 0], 30)),
            {},
            "only 30 of 100 clients were connected in the end; 100 came",
        ),
        (
            replace(told(*spread()), open=np.full(len(ASKED), CLIENTS)),
            {},
            "only 0 of 100 clients lost their connection; 100 came",
        ),
    ],
    ids=["too-few", "not-all-back", "nobody-back", "tried-and-left", "never-parted"],
)
def test_too_few_decide_nothing(counted: Connections, keys: dict[str, Any], words: str) -> None:
    found = judged(counted, **keys)

    assert found.outcome is Outcome.INCONCLUSIVE
    assert words in found.because


def test_a_crowd_fails_also_when_others_stay_away() -> None:
    assert judged(told(*crowd(60))).outcome is Outcome.FAIL


def silent(counted: Connections, start: float, end: float) -> Connections:
    kept = (counted.answered < start) | (counted.answered >= end)
    return replace(
        counted,
        asked=counted.asked[kept],
        answered=counted.answered[kept],
        open=counted.open[kept],
        late=counted.late[kept],
    )


NOBODY = replace(silent(told(), 0.0, END), refused={404: 500})


@pytest.mark.parametrize(
    ("counted", "words"),
    [
        (None, "at_db recorded nothing"),
        (silent(told(*spread()), 19.0, 21.0), "at_db told nothing for 2.1 s"),
        (silent(told(*spread()), 23.0, END), "at_db told nothing for 4."),
        (replace(told(*spread()), missed=np.array([20.0])), "the proxy of at_db began anew"),
        (NOBODY, "proxy db does not tell who connects to it (404: Toxiproxy itself counts nothing"),
    ],
    ids=["nothing", "a-hole", "no-end", "begun-anew", "toxiproxy"],
)
def test_what_was_not_counted_is_no_evidence(counted: Connections | None, words: str) -> None:
    found = judged(counted)

    assert found.outcome is Outcome.INVALID
    assert words in found.because


def test_a_witness_that_died_is_no_evidence() -> None:
    ill = Ill(t=15.0, instrument=f"probe-{NAME}.0", because="died with exit code -9")

    assert judged(None, seen(told(*spread()), ills=(ill,))).outcome is Outcome.INVALID


@pytest.mark.parametrize(
    "record",
    [{"confirmed": None, "because": "nobody saw it"}, {"healed": None, "verified": None}],
    ids=["not-proven", "not-put-back"],
)
def test_without_a_fault_and_a_return_there_is_no_surge(record: dict[str, Any]) -> None:
    assert judged(None, seen(told(*spread()), record=record)).outcome is Outcome.INVALID


@pytest.mark.parametrize(
    ("crowded", "stalled_s", "right"),
    [
        pytest.param(30, 0.075, Outcome.INVALID, id="two-windows-in-one"),
        pytest.param(90, 0.075, Outcome.FAIL, id="more-than-two-windows-hold"),
        pytest.param(90, 0.45, Outcome.INVALID, id="six-windows-in-one"),
        pytest.param(30, 0.005, Outcome.FAIL, id="a-hiccup"),
    ],
)
@pytest.mark.parametrize("seen_by", ["its-words", "its-answer"])
def test_a_crowd_that_a_stall_of_the_proxy_may_have_made_blames_nobody(
    crowded: int, stalled_s: float, right: Outcome, seen_by: str
) -> None:
    counted = told(*crowd(crowded), *spread(CLIENTS - crowded))
    then = np.abs(counted.asked - (RETURN + 1.0)) < 0.03
    if seen_by == "its-words":
        counted = replace(counted, late=np.where(then, stalled_s, 0.0))
    else:
        counted = replace(
            counted, answered=np.where(then, counted.asked + stalled_s, counted.answered)
        )

    found = judged(counted)

    assert found.outcome is right
    assert ("the proxy of at_db stood still for up to" in found.because) is (
        right is Outcome.INVALID
    )


def test_a_crowd_on_a_starved_machine_blames_nobody() -> None:
    made = seen(told(*crowd(90), *spread(10)))
    local = replace(made.streams[NAME], local=True)
    lines = (*health(f"probe-{NAME}.0", 28), *health("host", 28, busy=0.9, steal=0.4))

    found = judged(None, replace(made, streams={NAME: local}, health=lines))

    assert found.outcome is Outcome.INVALID
