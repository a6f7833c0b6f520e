"""The stretches of a run as they are planned, by the same rule as those that took place."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from nfrcheck.kinds import Target
from nfrcheck.model.history import Span, quiet_of, stretch_of
from nfrcheck.plan.steps import Quiet, Step
from nfrcheck.scenario.taken import judges_stretches


def planned_s(during: Sequence[str], after_s: float, steps: Sequence[Step]) -> Mapping[str, float]:
    """Seconds of each stretch without what `after` leaves out of each of its pieces.

    Without a name it is all quiet phases together.
    """
    spans = tuple(_spans(steps))
    stretches = {name: stretch_of(spans, name) for name in during} or {"": quiet_of(spans)}
    return {
        name: sum(max(0.0, span.seconds - after_s) for span in pieces)
        for name, pieces in stretches.items()
    }


def _spans(steps: Sequence[Step]) -> Iterator[Span]:
    """Each as if it began at 0: of a plan only the lengths are known.

    How long a fault takes to be proven and to be put back, nobody plans.
    """
    for step in steps:
        if isinstance(step, Quiet):
            yield Span(name=step.name, start=0.0, end=step.seconds, kind=step.kind)
            continue
        lengths = {
            "baseline": step.baseline_s,
            "fault": 0.0,
            "hold": step.hold_s,
            "heal": 0.0,
            "settle": step.settle_s,
        }
        for part, seconds in lengths.items():
            yield Span(
                name=step.name, start=0.0, end=seconds, kind="drill", part=part, run=step.run
            )


def numbered(steps: Sequence[Step]) -> Iterator[tuple[Step, int]]:
    """Each with which part of its stretch it is: the same quiet phase may come more than once."""
    met: Counter[str] = Counter()
    for step in steps:
        met[step.name] += 1
        yield step, met[step.name]


def waits_for(target: Target, phase: Quiet, number: int) -> bool:
    """Whether the phase, the `number`th of its name, can add to the evidence of the target."""
    if target.judge is None or not judges_stretches(target.check) or phase.kind != "quiet":
        return False
    during = target.question.during
    return not during or bool({"run", phase.name, f"{phase.name}/{number}"} & {*during})
