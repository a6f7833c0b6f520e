"""What happened when, who measured it, and what was kept.

INVENTED, for the tests of the reports: no system behaved like this, nothing was measured.
"""

import random

from nfrcheck.model.scorecard import (
    BudgetSpent,
    Claim,
    DrillResult,
    Evidence,
    Instrument,
    Phase,
    Series,
)

ARCHITECTURE = (
    Claim(topic="Availability", claim="99.99 % target", state="proven", by=("availability",)),
    Claim(topic="Availability", claim="Multi-region redundancy", state="broken", by=("failover",)),
    Claim(
        topic="Scalability", claim="Horizontal scaling for APIs and services", state="not examined"
    ),
    Claim(topic="Scalability", claim="Partitioned event streams", state="not examined"),
    Claim(topic="Performance", claim="< 200 ms API latency", state="proven", by=("latency",)),
    Claim(topic="Performance", claim="Sub-second event propagation", state="not examined"),
    Claim(topic="Resilience", claim="Circuit breakers", state="not examined"),
    Claim(topic="Resilience", claim="Retries with backoff", state="not examined"),
    Claim(topic="Resilience", claim="Bulkheads", state="not examined"),
    Claim(topic="Resilience", claim="Chaos testing", state="unproven", by=("slow-legacy",)),
    Claim(topic="Compliance", claim="Audit logging", state="not examined"),
    Claim(topic="Compliance", claim="Data residency controls", state="not examined"),
    Claim(topic="Compliance", claim="Policy-as-code", state="not examined"),
)

FILES = (
    Evidence(path="plan.json", size=18_204, sha256="5ac0" + "1" * 60),
    Evidence(path="events.ndjson", size=412_880, sha256="9b1e" + "2" * 60),
    Evidence(path="load-shop.0.0.rec", size=1_540_096, sha256="40fd" + "3" * 60),
    Evidence(path="failures-shop.0.ndjson", size=22_801, sha256="77aa" + "4" * 60),
    Evidence(path="writes-orders.ndjson", size=90_112, sha256="c0de" + "5" * 60),
)


def phases() -> tuple[Phase, ...]:
    made = [
        Phase(name="warm-up", part=None, run=None, kind="warm-up", start=0, end=10),
        Phase(name="steady", part=None, run=None, kind="quiet", start=10, end=310),
    ]
    t = 310.0
    for drill, runs, hold in (("slow-legacy", 1, 10.0), ("lose-b", 3, 12.0)):
        for run in range(1, runs + 1):
            for part, length in (
                ("baseline", 5.0),
                ("fault", 0.5),
                ("hold", hold),
                ("heal", 1.5),
                ("settle", 16.0),
            ):
                made.append(
                    Phase(name=drill, part=part, run=run, kind="drill", start=t, end=t + length)
                )
                t += length
    return tuple(made)


def drills_of(outage: float) -> tuple[DrillResult, ...]:
    made = []
    for phase in phases():
        if phase.part != "fault":
            continue
        kill = phase.name == "lose-b"
        assert phase.run is not None
        heal = phase.end + (12 if kill else 10)
        worst = outage + 0.1 * phase.run
        made.append(
            DrillResult(
                drill=phase.name,
                run=phase.run,
                fault="region-kill" if kill else "link-latency",
                where={"region": "b"} if kill else {"link": "system-to-legacy"},
                touched="9 processes" if kill else "1 proxy, +300 ms",
                varied="" if kill else "300 ms",
                witnesses=("region-b",) if kill else ("system-to-legacy",),
                commanded=phase.start,
                confirmed=phase.start + 0.21,
                healing=heal,
                healed=heal + 0.9,
                verified=heal + 1.4,
                windows={"fresh": (0.9, 1.0), "pooled": (worst - 0.02, worst + 0.03)}
                if kill
                else {},
                failed=int(75 * worst) if kill else 0,
                began={"fresh": 0.05, "pooled": 0.07} if kill else {},
                dark={"fresh": (0.1, 0.2), "pooled": (0.1, 0.2)} if kill else {},
                after_healing={"sent": 1750, "failed": 0} if kill else None,
            )
        )
    return tuple(made)


def budgets_of(drills: tuple[DrillResult, ...]) -> tuple[BudgetSpent, ...]:
    by_drill = {f"{drill.drill}/{drill.run}": drill.failed or 0 for drill in drills}
    spent = BudgetSpent(
        target="availability",
        stream="shop",
        allowed=6.93,
        failed=sum(by_drill.values()) + 3,
        by_drill=by_drill,
    )
    return (spent,)


def series_of(drills: tuple[DrillResult, ...], seconds: int) -> Series:
    """Load of 150/s; while b is lost its share fails until the outage ends, then a serves all."""
    dice = random.Random(7)
    sent, bad, p50, p99 = [], [], [], []
    good: dict[str, list[int]] = {"a": [], "b": []}
    slow: dict[str, list[float | None]] = {"a": [], "b": []}
    for t in range(seconds):
        number = 150 + dice.randint(-9, 9)
        dead = next((d for d in drills if d.fault == "region-kill" and _during(d, t)), None)
        late = any(d.fault == "link-latency" and _during(d, t) for d in drills)
        half = number // 2
        lost = round(half * _share(dead, t)) if dead else 0
        good["a"].append(number - lost if dead else number - half)
        good["b"].append(0 if dead else half)
        base = 0.155 + dice.random() * 0.015 + (0.2 if late else 0.0)
        slow["a"].append(base + (0.28 if lost else 0.02 if dead else 0.0))
        slow["b"].append(None if dead else base + dice.random() * 0.008)
        sent.append(number)
        bad.append(lost)
        p50.append(base / 3)
        p99.append(max(value for value in (slow["a"][-1], slow["b"][-1]) if value is not None))
    return Series(
        stream="shop",
        kind="load",
        start=0.0,
        step=1.0,
        sent=sent,
        bad=bad,
        p50=p50,
        p99=p99,
        by_region=good,
        p99_by_region=slow,
    )


def _share(drill: DrillResult, t: float) -> float:
    """How much of the second from `t` lies inside the longest outage of the drill."""
    end = (drill.commanded or 0) + max((high for _, high in drill.windows.values()), default=0.0)
    return min(1.0, max(0.0, end - t))


def _during(drill: DrillResult, t: float) -> bool:
    return (drill.commanded or 0) <= t < (drill.healed or 0)


INSTRUMENTS = (
    Instrument(
        name="load-shop.0",
        healthy=True,
        because="kept its schedule",
        figures={"cpu": 0.41, "lag_p99_ms": 3.2, "late_share": 0.0002, "sent": 95_000},
    ),
    Instrument(
        name="probe-edge.0",
        healthy=True,
        because="saw every fault",
        figures={"cpu": 0.12, "lag_p99_ms": 1.1},
    ),
    Instrument(
        name="writes-orders.0",
        healthy=True,
        because="read back all entries",
        figures={"sent": 3000},
    ),
)
