"""A run that took place as it was planned, in which nothing ever failed."""

from dataclasses import replace

from nfrcheck.model.history import History, Span
from nfrcheck.model.records import Cell
from nfrcheck.plan.steps import Plan, Quiet
from tests.checks.histories import drill, history, stream

REGIONS = tuple(Cell("edge", "home", region, "pooled") for region in ("a", "b"))


def perfect(made: Plan) -> History:
    """All requests of the load `shop`, at 100/s; regions take turns to answer them."""
    at, took, faults = 0.0, [], []
    for step in made.steps:
        if isinstance(step, Quiet):
            took.append(Span(name=step.name, start=at, end=at + step.seconds, kind=step.kind))
            at = took[-1].end
            continue
        lengths = {"baseline": step.baseline_s, "hold": step.hold_s, "settle": step.settle_s}
        faults.append(drill(step.name, step.run, at=at + step.baseline_s, where={})[1])
        for part, seconds in lengths.items():
            place = Span(name=step.name, start=at, end=at + seconds, part=part, run=step.run)
            took.append(replace(place, kind="drill"))
            at = place.end
    shop = stream(seconds=at, cells=REGIONS)
    return history(shop, spans=took, faults=tuple(faults), answered={"edge": True})


def until(whole: History, moment: float) -> History:
    """What was seen of it so far."""
    spans = [replace(one, end=min(one.end, moment)) for one in whole.spans if one.start < moment]
    shop = whole.streams["shop"]
    begun = tuple(one for one in whole.faults if (one.commanded or 0.0) < moment)
    return history(shop.where(shop.due < moment), spans=spans, faults=begun)
