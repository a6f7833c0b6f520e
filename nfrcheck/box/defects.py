"""What can be wrong with the box on purpose, what only looks wrong, and how it is switched."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from nfrcheck.box.layout import BY_NAME, REGIONS
from nfrcheck.box.look_alikes import HEALTHY
from nfrcheck.box.routes import NAMES

Strength = Literal["demo", "full"]
ANY = "any"


class UnknownSwitchError(ValueError):
    """A defect, variant or setting that the box does not have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """`kinds`: which parts carry it. `drawn`: whether it sits in one region, drawn if not given."""

    name: str
    what: str
    checks: tuple[str, ...]
    kinds: tuple[str, ...]
    drawn: bool = False
    demo: Mapping[str, Any] = field(default_factory=dict)
    full: Mapping[str, Any] = field(default_factory=dict)


DEFECTS = (
    Defect(
        name="avail-9997",
        what="The gateway of one region answers 503 to a small random share of requests.",
        checks=("availability", "availability-everywhere"),
        kinds=("gateway",),
        drawn=True,
        demo={"region": "b", "rate": 0.02},
        full={"rate": 0.0003},
    ),
    Defect(
        name="route-hole",
        what="One rare route fails with 500 far more often than the rest, which hides it.",
        checks=("availability", "availability-everywhere"),
        kinds=("app",),
        demo={"route": "mobile-product", "rate": 0.05},
        full={"route": "mobile-product", "rate": 0.008},
    ),
    Defect(
        name="router-dead-region",
        what="The global router ignores health and keeps a dead region in rotation.",
        checks=("failover", "ejection", "availability"),
        kinds=("edge",),
    ),
    Defect(
        name="shallow-health",
        what="Readiness of a region stays 200 while its data path is dead; the router trusts it.",
        checks=("grey-region", "failover", "availability", "capabilities"),
        kinds=("gateway", "edge"),
        drawn=True,
        demo={"region": "b"},
    ),
    Defect(
        name="slow-eject",
        what="The global router looks every 10 s and needs 3 failures to leave a dead region.",
        checks=("failover", "ejection", "grey-region", "yearly-availability", "availability"),
        kinds=("edge",),
    ),
    Defect(
        name="hair-trigger",
        what="The global router leaves a region after one health answer that took over 50 ms.",
        checks=("ejection",),
        kinds=("edge",),
    ),
    Defect(
        name="early-return",
        what="A region that comes back says that it is ready 2 s before it is, and is believed.",
        checks=("failback", "availability"),
        kinds=("gateway", "edge"),
        drawn=True,
        demo={"region": "b"},
    ),
    Defect(
        name="fake-active-active",
        what="The gateway of one region sends everything to the other and forges the region.",
        checks=("traffic-share", "static-stability", "failover", "availability"),
        kinds=("gateway",),
        drawn=True,
        demo={"region": "b"},
    ),
    Defect(
        name="tail-999",
        what="A small random share of answers comes 0.8 to 3 seconds late.",
        checks=("latency",),
        kinds=("app",),
        demo={"rate": 0.004},
        full={"rate": 0.004},
    ),
    Defect(
        name="lost-ack",
        what="The store of one region acknowledges from memory; its death loses up to 2 s of it.",
        checks=("recovery-point",),
        kinds=("store",),
        drawn=True,
        demo={"region": "b"},
    ),
    Defect(
        name="sync-coupling",
        what="An order is answered only once the other region has taken over what it changed.",
        checks=("latency-degradation", "event-decoupling", "event-chain"),
        kinds=("store",),
        demo={"route": "web-order"},
        full={"route": "web-order"},
    ),
    Defect(
        name="no-n1-capacity",
        what="A region carries 60 % of what both are declared to carry, and refuses the rest.",
        checks=("capacity-without-region", "failover"),
        kinds=("gateway",),
        drawn=True,
        demo={"region": "b", "rate": 0.6},
        full={"rate": 0.8},
    ),
    Defect(
        name="hidden-dependency",
        what="One region looks its prices up in the store of the other.",
        checks=("static-stability", "traffic-share", "failover", "availability"),
        kinds=("app",),
        drawn=True,
        demo={"region": "b"},
    ),
    Defect(
        name="serial-fan-out",
        what="What a product is made of is fetched piece by piece, one call after another.",
        checks=("latency-degradation",),
        kinds=("app",),
        demo={"route": "web-product"},
        full={"route": "web-product"},
    ),
    Defect(
        name="hard-deploy",
        what="A roll-out in one region kills all replicas at once, none of them drained.",
        checks=("deploy-without-downtime", "availability"),
        kinds=("app",),
        drawn=True,
        demo={"region": "b"},
    ),
    Defect(
        name="herd",
        what="Clients of a lost store all come back after the same second.",
        checks=("recovery-surge", "failback"),
        kinds=("app",),
    ),
)
DEFECT = {defect.name: defect for defect in DEFECTS}
VARIANT = {variant.name: variant for variant in HEALTHY}


def resolve(
    name: str, given: Mapping[str, Any], *, strength: Strength, seed: int
) -> dict[str, Any]:
    """The settings of one defect, complete: region, node, rate, seed, route.

    A region of `any`, or none where the strength fixes none, is drawn from the seed.
    """
    if name not in DEFECT:
        raise UnknownSwitchError(f"unknown defect {name!r}; known: {', '.join(DEFECT)}")
    defect = DEFECT[name]
    chosen = {"region": None, "node": None, "rate": None, "route": None, "seed": seed}
    chosen |= defect.demo if strength == "demo" else defect.full
    if given.get("node") is not None:
        chosen["region"] = None  # the node says its region
    chosen |= {key: value for key, value in given.items() if value is not None}
    if unknown := chosen.keys() - {"region", "node", "rate", "route", "seed"}:
        raise UnknownSwitchError(f"{name} has no setting {min(unknown)!r}")
    _place(defect, chosen)
    _checked(chosen)
    return chosen


def _place(defect: Defect, chosen: dict[str, Any]) -> None:
    draw = random.Random(f"{defect.name}/{chosen['seed']}")  # noqa: S311  repeatable on purpose
    nodes = [part.name for part in BY_NAME.values() if part.kind in defect.kinds]
    if chosen["node"] == ANY:
        chosen["node"] = draw.choice(nodes)
    if chosen["node"] is not None:
        if chosen["node"] not in nodes:
            raise UnknownSwitchError(f"{defect.name} sits in one of {', '.join(nodes)}")
        chosen["region"] = chosen["region"] or BY_NAME[chosen["node"]].region
    if chosen["region"] == ANY or (defect.drawn and chosen["region"] is None):
        chosen["region"] = draw.choice(REGIONS)


def _checked(chosen: dict[str, Any]) -> None:
    if chosen["region"] not in {None, *REGIONS}:
        raise UnknownSwitchError(f"unknown region {chosen['region']!r}; known: a, b")
    if chosen["route"] not in {None, *NAMES}:
        raise UnknownSwitchError(f"unknown route {chosen['route']!r}; known: {', '.join(NAMES)}")
    try:
        chosen["seed"] = int(chosen["seed"])
        if chosen["rate"] is not None:
            chosen["rate"] = float(chosen["rate"])
    except (TypeError, ValueError):
        raise UnknownSwitchError("rate is a number from 0 to 1, seed an integer") from None
    if chosen["rate"] is not None and not 0 <= chosen["rate"] <= 1:
        raise UnknownSwitchError("rate is a number from 0 to 1")


def check_variant(name: str) -> str:
    if name not in VARIANT:
        raise UnknownSwitchError(f"unknown variant {name!r}; known: {', '.join(VARIANT)}")
    return name


def catalogue() -> list[dict[str, Any]]:
    """What `--list` prints."""
    listed: list[dict[str, Any]] = [
        {
            "name": defect.name,
            "kind": "defect",
            "what": defect.what,
            "expected": {
                "checks": list(defect.checks),
                "place": {
                    "part": defect.kinds[0],
                    "region": defect.demo.get("region"),
                    "route": defect.demo.get("route"),
                },
            },
            "demo": resolve(defect.name, {}, strength="demo", seed=1),
            "full": {**resolve(defect.name, {}, strength="full", seed=1), **_drawn(defect)},
        }
        for defect in DEFECTS
    ]
    listed += [
        {
            "name": variant.name,
            "kind": "healthy",
            "what": variant.what,
            "expected": {"checks": [], "place": None, "looks_like": list(variant.checks)},
            "demo": {},
            "full": {},
        }
        for variant in HEALTHY
    ]
    return listed


def _drawn(defect: Defect) -> dict[str, Any]:
    return {"region": ANY} if defect.drawn else {}
