"""Whole runs, built through the dataclasses of the model so that they change with the contract.

INVENTED, for the tests of the reports: no system behaved like this, nothing was measured.
"""

from dataclasses import replace
from typing import Any

from nfrcheck.model.scorecard import Claim, Evidence, Instrument, Scorecard, Series
from nfrcheck.model.verdict import Needed, Outcome, Verdict
from tests.reports.sample_course import (
    ARCHITECTURE,
    FILES,
    INSTRUMENTS,
    budgets_of,
    drills_of,
    phases,
    series_of,
)
from tests.reports.sample_targets import (
    BRIEF,
    FOUR_NINES,
    HOSTILE,
    available,
    failed_over,
    hostile_targets,
    target,
    targets_of,
)


def _card(**changes: Any) -> Scorecard:
    known: dict[str, Any] = {
        "scenario": "region-failover",
        "description": "One of two regions is lost while customers order. INVENTED sample.",
        "deployment": "staging-eu-us",
        "build": "orders 4.18.0 (3f1c9ab)",
        "started_at": "2026-11-22T02:00:14Z",
        "seconds": 462.0,
        "seed": 20261122,
        "instruments": INSTRUMENTS,
        "phases": phases(),
        "architecture": ARCHITECTURE,
        "files": FILES,
        "versions": {"nfrcheck": "0.1.0", "python": "3.12.7", "locust": "2.47.0"},
        "command": "nfrcheck run region-failover.nfr.yaml -d staging-eu-us --seed 20261122",
        "restored": True,
    }
    return Scorecard(**(known | changes))


def failing() -> Scorecard:
    """Failover is too slow, one target is undecided, one is waived."""
    drills = drills_of(4.1)
    return _card(
        verdict=Outcome.FAIL,
        exit_code=1,
        sentence=(
            "Losing b was visible to pooled clients for 4.4 s; the limit is 2 s. "
            "No acknowledged write was lost; availability and latency hold in steady state."
        ),
        targets=targets_of(failed_over(Outcome.FAIL, 4.1)),
        drills=drills,
        budgets=budgets_of(drills),
        series=(series_of(drills, 462),),
        findings=(
            {
                "id": "F-1",
                "title": "POST /web/v1/orders answers 500",
                "target": "failover",
                "request": "curl -sS -X POST https://shop.example/web/v1/orders",
            },
        ),
        notes=("latency: 12 answers of route health were not counted (exclude: 404)",),
    )


def passing() -> Scorecard:
    """Steady only: no drill, every target holds."""
    series = series_of((), 310)
    targets = tuple(
        replace(row, stretch="steady")
        for row in targets_of(failed_over(Outcome.PASS, 0.4))
        if row.id in {"availability", "latency"}
    )
    return _card(
        verdict=Outcome.PASS,
        exit_code=0,
        sentence="The tested conditions support at least 99.99 % and p99 < 200 ms.",
        targets=targets,
        phases=phases()[:2],
        series=(series,),
        seconds=310.0,
        restored=None,
    )


def inconclusive() -> Scorecard:
    verdict = Verdict(
        outcome=Outcome.INCONCLUSIVE,
        because="0 of 9,214 requests failed; that is too few to say more than 99.968 %.",
        limit=FOUR_NINES,
        measured=1.0,
        interval=(0.99968, 1.0),
        unit="share",
        samples=9214,
        failures=0,
        needed=Needed(requests=25_886, seconds=173.0),
    )
    return _card(
        verdict=Outcome.INCONCLUSIVE,
        exit_code=3,
        sentence="99.99 % is neither proven nor broken: 25,886 more requests are needed.",
        targets=(target("availability", "availability", "Availability", verdict),),
        restored=None,
    )


def invalid() -> Scorecard:
    """The fault was commanded, but no probe saw it; the load could not keep its schedule."""
    drills = tuple(
        replace(
            d, confirmed=None, because="no probe saw a refused connection", windows={}, failed=0
        )
        for d in drills_of(0.5)
    )
    verdict = Verdict(
        outcome=Outcome.INVALID,
        because="The fault of lose-b/1 was not proven.",
        where={"drill": "lose-b"},
        limit=BRIEF,
    )
    ill = Instrument(
        name="load-shop.0",
        healthy=False,
        because="send lag p99 reached 812 ms, 50 ms allowed",
        figures={"cpu": 0.99, "lag_p99_ms": 812.0},
    )
    not_run = Verdict(outcome=Outcome.NOT_RUN, because="The deployment names no bus.")
    return _card(
        verdict=Outcome.INVALID,
        exit_code=4,
        sentence="The run cannot be believed: load-shop.0 could not keep its schedule.",
        targets=(
            target("failover", "failover", "Region loss, error window", verdict, stretch="lose-b"),
            target("event-propagation", "event-propagation", "Event propagation", not_run),
        ),
        drills=drills,
        instruments=(ill, *INSTRUMENTS[1:]),
        series=(series_of(drills, 462),),
    )


def never_answered() -> Scorecard:
    """Nothing ever came back: every value that does not exist is None."""
    verdict = Verdict(
        outcome=Outcome.INVALID, because="global never answered.", limit=FOUR_NINES, unit="share"
    )
    n = 60
    series = Series(
        stream="shop",
        kind="load",
        start=0.0,
        step=1.0,
        sent=[150] * n,
        bad=[150] * n,
        p50=[None] * n,
        p99=[None] * n,
        by_region={},
        p99_by_region={},
    )
    return _card(
        verdict=Outcome.INVALID,
        exit_code=4,
        sentence="global never answered: is the address right?",
        targets=(target("availability", "availability", "Availability", verdict),),
        phases=(),
        series=(series,),
        restored=None,
    )


def not_restored() -> Scorecard:
    drills = tuple(
        replace(d, verified=None, because="the restored region does not answer")
        for d in drills_of(0.5)
    )
    return replace(
        failing(),
        drills=drills,
        restored=False,
        exit_code=6,
        ended="aborted: error_ratio above 80 %",
    )


def hostile() -> Scorecard:
    """Every string that a person or a system under test can choose is an attack."""
    drills = tuple(
        replace(d, where={"region": HOSTILE}, touched=HOSTILE, because=HOSTILE, fault=HOSTILE)
        for d in drills_of(4.1)
    )
    plain = series_of(drills_of(4.1), 462)
    series = replace(
        plain,
        stream=HOSTILE,
        by_region={HOSTILE: plain.by_region["a"], "b": plain.by_region["b"]},
        p99_by_region={HOSTILE: plain.p99_by_region["a"], "b": plain.p99_by_region["b"]},
    )
    return replace(
        failing(),
        scenario=HOSTILE,
        description=HOSTILE,
        deployment=HOSTILE,
        build=HOSTILE,
        sentence=HOSTILE,
        targets=hostile_targets(),
        drills=drills,
        series=(series,),
        instruments=(
            Instrument(name=HOSTILE, healthy=False, because=HOSTILE, figures={HOSTILE: 1.0}),
        ),
        architecture=(Claim(topic=HOSTILE, claim=HOSTILE, state=HOSTILE, by=(HOSTILE,)),),
        files=(
            Evidence(path=HOSTILE, size=1, sha256=HOSTILE),
            Evidence(path="javascript:alert(1)", size=2, sha256=""),
        ),
        findings=({"id": HOSTILE, "title": HOSTILE, HOSTILE: {"deep": [HOSTILE]}},),
        notes=(HOSTILE,),
        versions={HOSTILE: HOSTILE},
        command=HOSTILE,
        ended=HOSTILE,
    )


def many(number: int = 500) -> Scorecard:
    failed = replace(
        available(Outcome.FAIL, 900),
        because="900 of 95,000 requests failed; one outage of 6.0 s from 02:41.",
    )
    rows = tuple(
        target(f"availability-{n}", "availability", f"Availability of service {n}", failed)
        for n in range(number)
    )
    return replace(
        failing(), targets=rows, drills=(), series=(), sentence=f"All {number} services are down."
    )


def nothing() -> Scorecard:
    """A run that ended before anything happened."""
    return _card(
        verdict=Outcome.NOT_RUN,
        exit_code=5,
        sentence="The run was stopped before anything was judged.",
        targets=(),
        phases=(),
        series=(),
        files=(),
        instruments=(),
        architecture=(),
        versions={},
        command="",
        build=None,
        seconds=0.0,
        ended="aborted: stop file",
        restored=None,
    )


RUNS = {
    "pass": passing,
    "fail": failing,
    "inconclusive": inconclusive,
    "invalid": invalid,
    "never-answered": never_answered,
    "not-restored": not_restored,
    "hostile": hostile,
    "many": many,
    "nothing": nothing,
}


def sample(name: str) -> dict[str, Any]:
    """The `run.json` of one invented run."""
    return RUNS[name]().to_json()
