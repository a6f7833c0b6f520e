"""What only looks wrong in the box, and must raise no alarm."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Healthy:
    name: str
    what: str
    checks: tuple[str, ...]


HEALTHY = (
    Healthy(
        name="client-errors",
        what="Every 20th sku is discontinued: 404 when browsed, 409 when ordered; it is asked for.",
        checks=("availability",),
    ),
    Healthy(
        name="in-flight-lost",
        what="When a region dies each connection may lose the one request that was under way.",
        checks=("failover", "availability"),
    ),
    Healthy(
        name="slow-failover",
        what="The global router leaves a dead region after 1.6 s, within a budget of 2 s.",
        checks=("failover", "ejection", "yearly-availability"),
    ),
    Healthy(
        name="slow-return",
        what="A region that comes back gets its share of the requests step by step, within 3 s.",
        checks=("failback", "ejection"),
    ),
    Healthy(
        name="panic-routing",
        what="Region a is out of rotation for its maintenance: b is kept also when it goes bad.",
        checks=("grey-region",),
    ),
    Healthy(
        name="gc-pause",
        what="Each application replica stands still for 100 ms every 20 s.",
        checks=("latency",),
    ),
    Healthy(
        name="slow-scale-out",
        what="A region that gets more than its share refuses some of it for 3 s, then scales out.",
        checks=("capacity-without-region",),
    ),
    Healthy(
        name="writes-need-both",
        what="While the other region cannot be reached orders are refused; reading goes on.",
        checks=("static-stability",),
    ),
    Healthy(
        name="batched-replication",
        what="What changes goes to the other region in batches of 0.5 s; nobody waits for them.",
        checks=("latency-degradation",),
    ),
    Healthy(
        name="single-writer",
        what="Each order has one region that writes it; the other region forwards to it.",
        checks=("traffic-share",),
    ),
    Healthy(
        name="slow-start",
        what="A new replica needs 2 s before it answers, and gets no request until then.",
        checks=("deploy-without-downtime",),
    ),
    Healthy(
        name="orderly-return",
        what="The clients of a store that returns are let in one by one, 20 in a second.",
        checks=("recovery-surge",),
    ),
)
