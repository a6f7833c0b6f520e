"""The requirements of the reference architecture: a scorecard leaves none out silently."""

from typing import NamedTuple


class Requirement(NamedTuple):
    topic: str
    claim: str
    checks: tuple[str, ...]
    """Checks whose verdict speaks for it."""


REQUIREMENTS = (
    Requirement(
        "Availability",
        "99.99 % of requests are answered",
        ("availability", "yearly-availability", "availability-everywhere"),
    ),
    Requirement(
        "Availability",
        "losing a region is not felt",
        ("failover", "traffic-share", "capacity-without-region", "recovery-point", "failback"),
    ),
    Requirement("Scalability", "APIs and services scale out", ("scale-out",)),
    Requirement("Scalability", "event streams are partitioned", ("partitioning",)),
    Requirement("Performance", "APIs answer in less than 200 ms", ("latency", "regional-latency")),
    Requirement(
        "Performance", "events reach the other region within a second", ("event-propagation",)
    ),
    Requirement("Resilience", "circuit breakers", ("circuit-breaker",)),
    Requirement("Resilience", "retries with backoff", ("retry",)),
    Requirement("Resilience", "bulkheads", ("bulkhead",)),
    Requirement("Resilience", "chaos is practised", ("chaos-practice",)),
    Requirement("Events", "no event is lost", ("event-delivery", "crash-delivery")),
    Requirement("Security", "no API breaks under fuzzing", ("api-contract", "threat-protection")),
    Requirement(
        "Security", "every scope is enforced", ("scope-matrix", "token-matrix", "object-level")
    ),
    Requirement("Compliance", "every action is audited", ("audit-trail",)),
    Requirement("Compliance", "data stays where it must", ("residency",)),
    Requirement("Compliance", "policy is code", ("policy",)),
)
