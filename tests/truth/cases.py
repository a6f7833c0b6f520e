"""What is run on the box, and what must come out: defects, look-alikes, muted witnesses, noise."""

from collections.abc import Iterator
from dataclasses import dataclass

SEEDS = (1, 2, 3)

# Defect -> the scenario whose target must find it; the target's id is the check's name.
DEFECTS = {
    "avail-9997": "availability",
    "route-hole": "availability",
    "router-dead-region": "failover",
    "slow-eject": "failover",
    "shallow-health": "store-kill",
    "fake-active-active": "traffic-share",
    "tail-999": "latency",
    "lost-ack": "recovery-point",
    "early-return": "failback",
    "hair-trigger": "ejection",
    "sync-coupling": "latency-degradation",
    "serial-fan-out": "latency-per-hop",
    "no-n1-capacity": "capacity-without-region",
    "hidden-dependency": "static-stability",
    "hard-deploy": "deploy-without-downtime",
    "herd": "recovery-surge",
}
# The same defects, which other checks must find too.
DEFECTS_TOO = (
    ("fake-active-active", "static-stability"),
    ("fake-active-active", "traffic-share-skewed"),
    ("shallow-health", "grey-region"),
    ("slow-eject", "grey-region"),
    ("router-dead-region", "ejection"),
    ("slow-eject", "ejection"),
    ("slow-eject", "yearly-availability"),
)
# Full strength needs more requests than 40 s have; the rest is as strong in both.
LONGER = {"avail-9997": "availability-long", "route-hole": "availability-long"}
LOOK_ALIKES = {
    "client-errors": "availability",
    "in-flight-lost": "failover",
    "slow-failover": "failover",
    "gc-pause": "latency",
    "slow-return": "failback",
    "panic-routing": "grey-region",
    "batched-replication": "latency-degradation",
    "slow-scale-out": "capacity-without-region",
    "writes-need-both": "static-stability",
    "single-writer": "traffic-share-skewed",
    "slow-start": "deploy-without-downtime",
    "orderly-return": "recovery-surge",
}
LOOK_ALIKES_TOO = (
    ("slow-failover", "ejection"),
    ("slow-failover", "yearly-availability"),
)
SCENARIOS = tuple(dict.fromkeys((*DEFECTS.values(), *(where for _, where in DEFECTS_TOO))))
# The process whose death leaves the check without a witness.
WITNESSES = {
    "grey-region": "loads.child",
    "availability": "loads.child",
    "latency": "loads.child",
    "failover": "probes.child",
    "ejection": "probes.child",
    "failback": "probes.child",
    "yearly-availability": "probes.child",
    "store-kill": "probes.child",
    "recovery-point": "probes.child",
    "traffic-share": "loads.child",
    "traffic-share-skewed": "loads.child",
    "latency-degradation": "loads.child",
    "latency-per-hop": "loads.child",
    "capacity-without-region": "loads.child",
    "static-stability": "loads.child",
    "deploy-without-downtime": "loads.child",
    "recovery-surge": "probes.child",
}
NOISY = ("availability", "latency", "failover")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One run of the box and one scenario."""

    kind: str
    """defect, look-alike, healthy, muted or noise."""
    scenario: str
    seed: int
    switch: str | None = None
    strength: str = "demo"

    @property
    def name(self) -> str:
        return ".".join(filter(None, (self.kind, self.switch, self.scenario, str(self.seed))))

    @property
    def allowed(self) -> frozenset[str]:
        """Verdicts that are right; the harness also asks for the place of a FAIL."""
        return {
            "defect": frozenset({"fail"}),
            "look-alike": frozenset({"pass", "inconclusive"}),
            "healthy": frozenset({"pass", "inconclusive"}),
            "muted": frozenset({"invalid"}),
            "noise": frozenset({"pass", "inconclusive", "invalid"}),
        }[self.kind]


def cases(*, full: bool) -> Iterator[Case]:
    """Interleaved by seed, so that a stopped run has seen a bit of everything."""
    strength = "full" if full else "demo"
    for seed in SEEDS:
        for switch, scenario in (*DEFECTS.items(), *DEFECTS_TOO):
            chosen = LONGER.get(switch, scenario) if full else scenario
            yield Case(kind="defect", switch=switch, scenario=chosen, seed=seed, strength=strength)
        for switch, scenario in (*LOOK_ALIKES.items(), *LOOK_ALIKES_TOO):
            yield Case(kind="look-alike", switch=switch, scenario=scenario, seed=seed)
        for scenario in SCENARIOS:
            yield Case(kind="healthy", scenario=scenario, seed=seed)
    for scenario in SCENARIOS:
        yield Case(kind="muted", scenario=scenario, seed=SEEDS[0])
    for scenario in NOISY:
        yield Case(kind="noise", scenario=scenario, seed=SEEDS[0])
