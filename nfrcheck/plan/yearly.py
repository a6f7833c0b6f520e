"""A yearly budget looks at two kinds of evidence: a steady state, and what watched its drills."""

from collections.abc import Sequence

from nfrcheck.checks.availability import Availability
from nfrcheck.checks.yearly_availability import YearlyAvailability
from nfrcheck.model.traffic import TrafficSpec
from nfrcheck.scenario.scenario import Scenario
from nfrcheck.scenario.targets import Target
from nfrcheck.scenario.yearly import STEADY_KEYS


def incidents(written: Target) -> tuple[str, ...]:
    """The drills that its incidents name; none where the check is another one."""
    rule = written.rule
    return tuple(rule.incidents) if isinstance(rule, YearlyAvailability) else ()


def as_steady(scenario: Scenario, written: Target) -> Target:
    """The target with the requests and the stretch of the availability target that it names."""
    if not isinstance(written.rule, YearlyAvailability):
        return written
    steady = _steady(scenario, written.rule)
    if steady is None:
        return written.model_copy(update={"probe": () if written.load else written.probe})
    keys = ("probe", *STEADY_KEYS)
    return written.model_copy(update={key: getattr(steady, key) for key in keys})


def client_errors(scenario: Scenario, written: Target) -> float:
    """How many the steady state may have: as many as its own target allows."""
    steady = None
    if isinstance(written.rule, YearlyAvailability):
        steady = _steady(scenario, written.rule)
    rule = steady.rule if steady else None
    return float(rule.client_errors if isinstance(rule, Availability) else 0.01)


def watched_by(written: Target, traffic: Sequence[TrafficSpec]) -> str | None:
    """What saw the drills: the probe that is named, the first one, or else the load itself."""
    if not isinstance(written.rule, YearlyAvailability):
        return None
    if written.probe:
        return written.probe[0]
    return next((spec.stream for spec in traffic if spec.kind == "probe"), None)


def _steady(scenario: Scenario, rule: YearlyAvailability) -> Target | None:
    there = {t.id: t for t in scenario.targets if t.check == "availability"}
    return there.get(rule.steady) if rule.steady else next(iter(there.values()), None)
