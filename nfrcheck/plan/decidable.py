"""Whether the planned load can decide each target at all: known before anything is contacted."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial

from nfrcheck.checks.availability import Availability
from nfrcheck.checks.latency import Latency, quantile
from nfrcheck.checks.yearly_availability import YearlyAvailability
from nfrcheck.evidence import wording
from nfrcheck.evidence.power import Decidability, decidability, runs_needed
from nfrcheck.evidence.rules import Rules, default_burst
from nfrcheck.evidence.steady_power import left_for_outages_s, steady_decidability
from nfrcheck.kinds import Target
from nfrcheck.model.question import EvidenceRules, Question
from nfrcheck.model.traffic import Route, TrafficSpec
from nfrcheck.model.units import show_duration
from nfrcheck.plan.steps import Plan

ROUND_UP_S = 10.0
ANY_BURST_S = 1e-9
MOST_RUNS = 100
"""A target that takes more runs than this with all evidence carried over is not decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of one stream that is judged by itself, and how many requests a second it gets.

    `assumed`: the rate is a guess, because only the answer tells to which part a request belongs.
    """

    name: str
    rate: float
    assumed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One limit of one target with the thinnest part that must pass it alone."""

    target: str
    limit: str
    p0: Decimal
    part: Part
    rules: Rules
    decided: Decidability
    source: str
    stretch: str = ""
    """Of several stretches the one that decides least; empty: the target has one alone."""
    runs: float = 1.0
    """How many clean runs pass together where evidence is carried over; else 1."""
    left_s: float | None = None
    """Of a yearly budget: what is left a year for outages, which no plan can tell; else None."""
    decide: Callable[[Rules, float, float], Decidability] = decidability
    """By which the same plan would be compared with other rules."""

    @property
    def can_pass(self) -> bool:
        return self.decided.can_pass or 1 < self.runs <= MOST_RUNS

    @property
    def load(self) -> str:
        """`shop, route order: 30/s for 90 s = 2,700 requests; 29,956 are needed`."""
        planned, needed = self.decided.planned_requests, self.decided.clean.requests
        guess = " if spread evenly" if self.part.assumed else ""
        text = (
            f"{self._where}: {wording.significant(self.part.rate)}/s{guess} for "
            f"{wording.duration(self.decided.planned_seconds)} = {wording.count(planned)} requests"
        )
        if planned < needed:
            return f"{text}; {wording.count(needed)} are needed"
        return f"{text}; {wording.duration(self.rules.floor_s)} are needed, whatever the rate"

    @property
    def _where(self) -> str:
        return f"{self.part.name}, {self.stretch}" if self.stretch else self.part.name

    @property
    def remedies(self) -> tuple[str, ...]:
        """What would make it decidable: a longer stretch, more requests, a weaker promise."""
        needed, seconds = self.decided.clean, self.decided.planned_seconds
        found = []
        if self.part.rate > 0:
            longer = math.ceil(needed.seconds / ROUND_UP_S) * ROUND_UP_S
            length = show_duration(longer).removesuffix(" 00 s")
            found.append(f"run it for {length} at this rate")
        if seconds >= self.rules.floor_s > 0:
            rate = math.ceil(needed.requests / seconds)
            whole = wording.duration(seconds)
            found.append(f"send {wording.count(needed.requests)} requests in {whole} ({rate}/s)")
        if weaker := self._weaker():
            found.append(weaker)
        return tuple(found)

    def _weaker(self) -> str | None:
        """The strongest share that the plan as it is could confirm."""
        planned, seconds = self.decided.planned_requests, self.decided.planned_seconds
        if not planned or seconds <= 0:
            return None
        p0 = float(self.p0)
        lacking = max(self.decided.clean.requests / planned, self.rules.floor_s / seconds)
        # A hundredth more, so that the digits that are written down are surely enough.
        bad = 1.01 * p0 * lacking
        if not p0 < bad < 0.5:
            return None
        weaker = replace(self.rules, p0=bad)
        if not self.decide(weaker, self.part.rate, seconds).can_pass:
            return None
        if self.limit == "availability":
            share = wording.percent_supported(1 - bad).removesuffix(" %")
            return f"promise {share.rstrip('0').rstrip('.')} %"
        return f"promise p{math.floor(1e4 * (1 - bad)) / 100:g}"


def samples(plan: Plan) -> tuple[Sample, ...]:
    """One for each limit of each availability and latency target that can be judged.

    Of a yearly budget the steady state alone, as if no outage cost anything.
    """
    return tuple(sample for target in plan.targets for sample in _of_target(plan, target))


def undecidable(plan: Plan) -> tuple[Sample, ...]:
    """Those that no run by this plan can pass, however well the system does."""
    return tuple(sample for sample in samples(plan) if not sample.can_pass)


def guarantees(plan: Plan) -> tuple[Target, ...]:
    """Targets that allow nothing bad at all: no number of requests can confirm one."""
    return tuple(
        target
        for target in plan.targets
        if isinstance(target.judge, Availability | YearlyAvailability)
        and target.judge.at_least >= 1
    )


def _of_target(plan: Plan, target: Target) -> Iterator[Sample]:
    spec = next((s for s in plan.traffic if s.stream == target.question.stream), None)
    if spec is None:
        return
    parts = list(_parts(spec, target, plan.regions))
    thinnest = min(parts, key=lambda part: part.rate)
    if isinstance(target.judge, YearlyAvailability):
        yield from _of_year(target, target.judge, parts[0])
    if target.question.drills:
        return
    shortest = _Shortest.of(target.question)
    seconds = shortest.seconds
    for limit, p0 in _limits(target):
        rules = _rules(shortest.rules, p0)
        yield Sample(
            target=target.id,
            limit=limit,
            p0=p0,
            part=thinnest,
            stretch=shortest.name,
            rules=rules,
            decided=decidability(rules, thinnest.rate, seconds),
            source=target.source,
            runs=runs_needed(rules, thinnest.rate, seconds) if target.question.carry_over else 1.0,
        )


@dataclass(frozen=True, slots=True)
class _Shortest:
    """Of several stretches the shortest: each must pass alone, by rules of its own."""

    name: str
    seconds: float
    rules: EvidenceRules

    @classmethod
    def of(cls, asked: Question) -> "_Shortest":
        if not asked.stretches_s:
            return cls("", asked.rules.planned_seconds, asked.rules)
        name, seconds = min(asked.stretches_s.items(), key=lambda one: one[1])
        planned = seconds
        if asked.carry_over:  # see `checks.evidence.one_by_one`
            planned = asked.rules.planned_seconds / len(asked.stretches_s)
        return cls(name, seconds, replace(asked.rules, planned_seconds=planned))


def _of_year(target: Target, year: YearlyAvailability, part: Part) -> Iterator[Sample]:
    p0, incidents = 1 - year.at_least, len(year.incidents)
    if p0 <= 0:
        return
    shortest = _Shortest.of(target.question)
    # The budget is judged by bounds, which ask for no stretch of their own.
    rules = replace(_rules(shortest.rules, p0), burst_s=ANY_BURST_S)
    decide = partial(steady_decidability, incidents=incidents)
    decided = decide(rules, part.rate, shortest.seconds)
    yield Sample(
        target=target.id,
        limit="availability",
        p0=p0,
        part=part,
        stretch=shortest.name,
        rules=rules,
        decided=decided,
        source=target.source,
        left_s=left_for_outages_s(rules, decided.planned_requests, incidents=incidents),
        decide=decide,
    )


def _limits(target: Target) -> Iterator[tuple[str, Decimal]]:
    """Each limit with the largest share of bad requests that it allows."""
    model = target.judge
    if isinstance(model, Availability) and model.at_least < 1:
        yield "availability", 1 - model.at_least
    elif isinstance(model, Latency):
        for name in model.limits:
            yield name, 1 - quantile(name)


def _rules(rules: EvidenceRules, p0: Decimal) -> Rules:
    """As the checks will judge, see `checks.share`."""
    return Rules(
        p0=p0,
        burst_s=rules.burst_s or default_burst(rules.planned_seconds, p0, rules.burst_floor_s),
        confidence=Decimal(str(rules.confidence)),
        margin=rules.margin,
        min_samples=rules.min_samples,
        odds_fail=rules.odds_fail,
    )


def _parts(spec: TrafficSpec, target: Target, regions: tuple[str, ...]) -> Iterable[Part]:
    """The whole stream, and with `each` every part that must pass alone."""
    clients = len(spec.clients) if spec.kind == "probe" else 1
    total = spec.rate * clients
    chosen = 1.0
    for attribute, value in target.question.only.items():
        chosen *= _shares(spec, attribute, regions).get(value, 0.0)
    yield Part(name=spec.stream, rate=total * chosen)
    for attribute in target.question.each:
        for value, share in _shares(spec, attribute, regions).items():
            rate = total * chosen * share
            route = next((route for route in spec.routes if route.name == value), None)
            if attribute == "route" and route and route.at_least_rate:
                rate = max(rate, route.at_least_rate)
            name = f"{spec.stream}, {attribute} {value}"
            yield Part(name=name, rate=rate, assumed=attribute == "region")


def _shares(spec: TrafficSpec, attribute: str, regions: tuple[str, ...]) -> Mapping[str, float]:
    """Value to its share of the requests; where only the answer tells, as if spread evenly."""
    weights: dict[str, float] = {}
    if attribute == "entry":
        weights = dict(spec.entries)
    elif attribute == "client":
        weights = dict.fromkeys(spec.clients, 1.0)
    elif attribute == "region":
        weights = dict.fromkeys(regions, 1.0)
    elif attribute in {"route", "principal"}:
        for route in spec.routes:
            value = _value(route, attribute)
            weights[value] = weights.get(value, 0.0) + route.weight
    total = sum(weights.values())
    return {value: weight / total for value, weight in weights.items()} if total > 0 else {}


def _value(route: Route, attribute: str) -> str:
    return route.name if attribute == "route" else route.principal or "nobody"
