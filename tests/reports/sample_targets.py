"""Targets and their verdicts.

INVENTED, for the tests of the reports: no system behaved like this, nothing was measured.
"""

from dataclasses import replace
from typing import Any

from nfrcheck.model.scorecard import TargetResult
from nfrcheck.model.verdict import Bound, Needed, Outcome, Verdict, combine

FOUR_NINES = Bound(text="at least 99.99 %", value=0.9999, lower=True)
FAST = Bound(text="< 200 ms", value=0.2)
BRIEF = Bound(text="<= 2 s", value=2.0)
NONE_LOST = Bound(text="0 writes", value=0.0)

HOSTILE = "</script><script>alert(1)</script>\x1b[31m\x00 \"'&|`@all\u202e]]>\ud800"


def target(name: str, check: str, title: str, verdict: Verdict, **more: Any) -> TargetResult:
    known: dict[str, Any] = {
        "stretch": "steady",
        "source": f"region-failover.nfr.yaml:{20 + 3 * (len(name) % 9)}",
        "critical": True,
        "label": title,
    }
    return TargetResult(id=name, check=check, title=title, verdict=verdict, **(known | more))


def available(outcome: Outcome = Outcome.PASS, failures: int = 1) -> Verdict:
    return Verdict(
        outcome=outcome,
        because=f"{failures} of 95,000 requests failed; no outage longer than 1 s was seen.",
        limit=FOUR_NINES,
        measured=1 - failures / 95_000,
        interval=(1 - (failures + 4.6) / 95_000, 1 - max(0, failures - 0.97) / 95_000),
        unit="share",
        samples=95_000,
        failures=failures,
        odds=24.0,
        supports="99.99 % against error phases up to 90 ms; against 1-s outages 99.87 %",
        evidence=("load-shop.0.0.rec",),
    )


def quick(
    route: str, p99: float, outcome: Outcome = Outcome.PASS, samples: int = 47_500
) -> Verdict:
    return Verdict(
        outcome=outcome,
        because=f"p99 of {route} is {p99 * 1000:.0f} ms.",
        name="p99",
        where={"route": route},
        limit=FAST,
        measured=p99,
        interval=(p99 * 0.97, p99 * 1.04),
        unit="s",
        samples=samples,
        odds=31.0,
        supports="p99 < 200 ms in the tested conditions",
        evidence=("load-shop.0.0.rec",),
    )


def failed_over(outcome: Outcome, seconds: float) -> Verdict:
    parts = tuple(
        Verdict(
            outcome=outcome,
            because=f"run {run}: {client} clients were not served for {seconds + 0.1 * run:.1f} s.",
            name=f"lose-b/{run}",
            where={"client": client},
            limit=BRIEF,
            measured=seconds + 0.1 * run,
            interval=(seconds + 0.1 * run - 0.02, seconds + 0.1 * run + 0.03),
            unit="s",
            samples=1,
        )
        for run in (1, 2, 3)
        for client in ("fresh", "pooled")
    )
    if outcome is Outcome.FAIL:
        because = (
            f"Losing b was visible to pooled clients for {seconds + 0.3:.1f} s in the worst of "
            "3 runs; the limit is 2 s. All 3 runs missed it."
        )
    else:
        because = "In each of 3 runs the outage ended in time."
    return replace(
        combine(parts),
        because=because,
        name="",
        where={"drill": "lose-b", "client": "pooled"},
        measured=seconds + 0.3,
        interval=(seconds + 0.28, seconds + 0.33),
        samples=3,
        supports="each of 3; supports at least 37 % of such failures",
        evidence=("events.ndjson", "failures-shop.0.ndjson:1"),
    )


def targets_of(failover: Verdict) -> tuple[TargetResult, ...]:
    latency = combine((quick("browse", 0.163), quick("order", 0.171, samples=19_000)))
    lost = Verdict(
        outcome=Outcome.PASS,
        because="3,000 acknowledged writes were read back in both regions.",
        limit=NONE_LOST,
        measured=0,
        interval=(0, 1),
        unit="writes",
        samples=3000,
        supports="no acknowledged write lost in 3 drill runs",
        evidence=("writes-orders.ndjson",),
    )
    slow = Verdict(
        outcome=Outcome.INCONCLUSIVE,
        because="p99 is 371 ms, but the interval reaches past the limit.",
        where={"drill": "slow-legacy"},
        limit=Bound(text="< 400 ms", value=0.4),
        measured=0.371,
        interval=(0.352, 0.418),
        unit="s",
        samples=1500,
        needed=Needed(requests=4200, seconds=28.0),
        odds=3.1,
        evidence=("load-shop.0.0.rec",),
    )
    regional = Verdict(
        outcome=Outcome.WAIVED,
        because="p99 of region b is 231 ms.",
        where={"region": "b"},
        limit=FAST,
        measured=0.231,
        interval=(0.226, 0.239),
        unit="s",
        samples=15_000,
    )
    return (
        target(
            "availability",
            "availability",
            "Availability, steady",
            available(),
            requirement="NFR-AVAIL-1",
        ),
        target(
            "latency", "latency", "API latency p99", latency, requirement="https://adr.example/12"
        ),
        target("failover", "failover", "Region loss, error window", failover, stretch="lose-b"),
        target(
            "recovery-point", "recovery-point", "Region loss, writes lost", lost, stretch="lose-b"
        ),
        target(
            "slow-legacy",
            "latency",
            "Latency while legacy is slow",
            slow,
            stretch="slow-legacy",
            critical=False,
        ),
        target(
            "regional-latency",
            "regional-latency",
            "Latency in each region",
            regional,
            waived={"owner": "team-edge", "until": "2027-01-31", "because": "new link in January"},
        ),
    )


def hostile_targets() -> tuple[TargetResult, ...]:
    verdict = replace(
        available(Outcome.FAIL, 900),
        because=HOSTILE,
        name=HOSTILE,
        where={HOSTILE: HOSTILE},
        supports=HOSTILE,
        evidence=(HOSTILE, "javascript:alert(1)"),
        parts=(available(), replace(available(), name=HOSTILE, because=HOSTILE)),
    )
    row = TargetResult(
        id=HOSTILE,
        check=HOSTILE,
        title=HOSTILE,
        critical=True,
        verdict=verdict,
        stretch=HOSTILE,
        source=HOSTILE,
        requirement="javascript:alert(1)",
        label=HOSTILE,
    )
    waived = replace(
        row,
        verdict=replace(verdict, outcome=Outcome.WAIVED),
        waived={"owner": HOSTILE, "until": HOSTILE, "because": HOSTILE},
    )
    return row, waived
