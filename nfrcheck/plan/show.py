"""A plan as lines for a person: what is touched, when, how it is put back, what it can decide."""

import shlex
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from nfrcheck.evidence import wording
from nfrcheck.kinds import Target
from nfrcheck.model.traffic import TrafficSpec
from nfrcheck.model.units import show_count, show_duration, show_rate
from nfrcheck.plan.asked import guesses
from nfrcheck.plan.decidable import Sample, guarantees, samples
from nfrcheck.plan.lengths import cut_short, show_length
from nfrcheck.plan.steps import Drill, Guard, Plan, Quiet, Step

WIDTH = 100
LABEL = 13
"""Columns of the label; everything else hangs behind it."""
_MOST_STEPS = 4


def show(plan: Plan, width: int = WIDTH) -> list[str]:
    """Contacts nothing and reads nothing; the same plan gives the same lines."""
    width = max(60, width)
    parts = (_touched(plan), _phases(plan), _back(plan), _stops(plan), _decides(plan), _rest(plan))
    rows = [row for part in parts for row in part]
    return [line for label, text in rows for line in _wrap(label, text, width)]


Labelled = tuple[str, str]


def _wrap(label: str, text: str, width: int) -> list[str]:
    """A text that is too long goes on below its beginning."""
    head = f"{label:<{LABEL}}"
    if len(head) + len(text) <= width:
        return [f"{head}{text}".rstrip()]
    indent = LABEL + len(text) - len(text.lstrip()) + 2
    return textwrap.wrap(
        text,
        width,
        initial_indent=head,
        subsequent_indent=" " * indent,
        break_on_hyphens=False,
        break_long_words=False,
    )


def _columns(rows: Sequence[tuple[str, ...]]) -> Iterator[Labelled]:
    """Rows of a label and cells; each column but the last is as wide as its widest cell."""
    count = max((len(row) for row in rows), default=0)
    widths = [max(len(row[n]) for row in rows if n < len(row)) for n in range(count)]
    for label, *cells in rows:
        padded = [f"{cell:<{widths[n]}}" for n, cell in enumerate(cells, start=1)]
        yield label, "  ".join(padded).rstrip()


def _touched(plan: Plan) -> Iterator[Labelled]:
    hosts = dict.fromkeys(endpoint.address for endpoint in plan.entries.values())
    parts = [
        plan.deployment,
        _number(len(plan.regions), "region"),
        _number(len(plan.entries), "entry", "entries"),
        f"addresses {', '.join(hosts)}",
    ]
    yield "will touch", " · ".join(part for part in parts if not part.startswith("0 "))
    rows: list[tuple[str, ...]] = []
    for drill, runs in _grouped(plan.drills):
        times = f"{runs}x " if runs > 1 else ""
        for armed in drill.armed:
            verb, _, what = armed.touched.partition(" ")
            rows.append((f"   {verb}", what, f"{times}for {show_length(drill.hold_s)}", drill.name))
    rows += [row for spec in _streams(plan.traffic) for row in _stream(plan, spec)]
    yield from _columns(rows)


_VERBS = {"load": "load", "probe": "probe", "writes": "write"}


def _stream(plan: Plan, spec: TrafficSpec) -> Iterator[tuple[str, ...]]:
    clients = len(spec.clients) if spec.kind == "probe" else 1
    rate = spec.whole_rate
    entries = ", ".join(name for name, _ in spec.entries)
    how = " and ".join(spec.clients) if clients > 1 else spec.arrivals
    total = f"at most {show_count(rate * plan.seconds)} requests"
    label = f"   {_VERBS[spec.kind]}"
    yield label, spec.stream, f"{show_rate(rate)} {how}", f"to {entries}", total
    for route in spec.routes:
        if route.method not in {"GET", "HEAD", "OPTIONS"}:
            yield "", "", "writes", f"{route.method} {route.path}"


def _phases(plan: Plan) -> Iterator[Labelled]:
    undecided = any(isinstance(step, Quiet) and step.until_decided for step in plan.steps)
    total = f"{'at most ' if undecided else ''}{show_length(plan.seconds)}"
    faults = ", and the time that faults take to show and to be put back" if plan.drills else ""
    yield "phases", f"{total}{faults}"
    start, rows = 0.0, []
    for step in plan.steps:
        if step_seconds(step) > 0:
            rows.append((f"   {_clock(start)}", *_phase(step)))
        start += step_seconds(step)
    yield from _columns(rows)


def _phase(step: Step) -> tuple[str, str]:
    if isinstance(step, Quiet):
        length = show_length(step.seconds)
        until = f"until its targets are decided, at most {length}" if step.until_decided else length
        unjudged = ", not judged" if step.kind == "warm-up" else ""
        return step.name, f"{until}{unjudged}"
    parts = (
        ("baseline", step.baseline_s),
        ("hold", step.hold_s),
        ("settle", step.settle_s),
    )
    lengths = " · ".join(f"{name} {show_length(seconds)}" for name, seconds in parts)
    varied = f" ({step.varied})" if step.varied else ""
    return f"{step.label}{varied}", lengths


def step_seconds(step: Step) -> float:
    """How long a step is planned to take, at most."""
    if isinstance(step, Quiet):
        return step.seconds
    return step.baseline_s + step.hold_s + step.settle_s


def _back(plan: Plan) -> Iterator[Labelled]:
    """How each fault is undone; its recipe is on disk before it is injected."""
    label = "put back"
    for drill, _ in _grouped(plan.drills):
        for armed in drill.armed:
            yield label, f"{armed.note}, within {show_length(armed.deadline_s)}"
            label = ""
            yield from _recipe("by", list(reversed(armed.undo)))
            yield from _recipe("seen well by", armed.verify)
        seen = ", ".join(drill.witnesses) or "nothing independent: the drill will be INVALID"
        yield "", f"  its effect must be seen through {seen}"
    for _, sentence in guesses(plan):
        yield "   !", f"{sentence}, and `health: /path` of the entry is none"


def _recipe(word: str, steps: Sequence[Mapping[str, Any]]) -> Iterator[Labelled]:
    for step in steps[:_MOST_STEPS]:
        yield "", f"  {word} {in_words(step)}"
    if len(steps) > _MOST_STEPS:
        yield "", f"  and {len(steps) - _MOST_STEPS} more such steps"


def in_words(step: Mapping[str, Any]) -> str:
    """A step of a recipe without its headers: `POST http://...`, `scripts/node.sh start 2`."""
    match step["kind"]:
        case "http":
            times = f", {step['times']} good answers in a row" if step.get("times") else ""
            return f"{step.get('method', 'GET')} {step['url']}{times}"
        case "link":
            # Without contact only the proxy itself could tell where it listens.
            where = f" at {step['address']}:{step['port']}" if step["port"] else ""
            return (
                f"GET {step['url']} through the link{where}, {step['times']} good answers in a row"
            )
        case "nothing":
            return "nothing: its `undo` is `none`"
        case "signal":
            return f"signal {step['signal']} to process {step['pid']}"
        case "tcp":
            return f"a connection to {step['host']}:{step['port']}"
        case _:
            return shlex.join(str(word) for word in step["argv"])


def _stops(plan: Plan) -> Iterator[Labelled]:
    always = [guard_in_words(guard) for guard in plan.guards]
    if plan.max_time_s is not None:
        always.append(f"it takes longer than {show_length(plan.max_time_s)}")
    own = [
        f"{guard_in_words(guard)} in {drill.name}"
        for drill, _ in _grouped(plan.drills)
        for guard in drill.guards
    ]
    if always or own:
        yield "stops itself", "if " + " · ".join([*always, *own])
        if sentence := cut_short(plan):
            yield "   !", sentence
    elif plan.drills:
        yield "stops itself", "never: no `abort_if` and no `max_time`; Ctrl-C puts everything back"


def guard_in_words(guard: Guard) -> str:
    if guard.metric in {"file", "url"}:
        return f"the {guard.metric} {guard.target} says stop"
    above = wording.percent_seen(guard.above)
    if guard.metric == "error_budget":
        budget = f"{show_count(guard.allowed)} failures of {guard.target}"
        return f"more than {above} of the error budget ({budget}) are spent"
    if guard.metric == "error_ratio":
        return f"errors are above {above} for {show_length(guard.for_s)}"
    return f"{guard.metric} is above {show_duration(guard.above)} for {show_length(guard.for_s)}"


def _decides(plan: Plan) -> Iterator[Labelled]:
    found = samples(plan)
    open_ = dict.fromkeys(sample.target for sample in found if not sample.can_pass)
    open_ |= dict.fromkeys(target.id for target in guarantees(plan))
    lacking = [target for target in plan.targets if target.judge is None]
    able = len(plan.targets) - len(lacking) - len(open_)
    yield "decides", f"{able} of {len(plan.targets)} targets"
    for sample in found:
        yield f"   {'✓' if sample.can_pass else '!'}", _sample(sample)
    for target in guarantees(plan):
        yield "   !", f"{target.id}  100 % cannot be confirmed by any number of requests"
    budgets = {sample.target for sample in found if sample.left_s is not None}
    for target in plan.targets:
        if target.judge and target.question.drills and target.id not in {*open_, *budgets}:
            yield "   ✓", f"{target.id}  each of {_runs(target)}"
    for sample in found:
        if sample.can_pass and sample.left_s is not None:
            target = next(target for target in plan.targets if target.id == sample.target)
            left = f"{wording.count(sample.left_s)} s a year are left for outages"
            yield "   ?", f"{target.id}  {left}, which {_runs(target)} will measure"
    for target in lacking:
        # What follows is only that the target will be NOT RUN.
        yield "   -", f"{target.id}  NOT RUN: {target.lacks.partition(': the ')[0]}"


def _runs(target: Target) -> str:
    runs = sum(target.question.expected_runs.values())
    return f"{_number(runs, 'run')} of {', '.join(target.question.drills)}"


def _sample(sample: Sample) -> str:
    name = sample.target if sample.limit == "availability" else f"{sample.target} {sample.limit}"
    if not sample.can_pass:
        return f"{name}  {sample.load}"
    planned, needed = sample.decided.planned_requests, sample.decided.clean.requests
    if sample.runs > 1:
        return (
            f"{name}  {sample.part.name}: {show_count(planned)} requests of {show_count(needed)} "
            f"needed, so {show_count(int(sample.runs))} clean runs of one build"
        )
    one = sample.decided.one_failure.requests
    spare = f"{show_count(one)} with one failure"
    if not sample.decided.can_pass_with_one:
        spare = "and not one failure to spare"
    return (
        f"{name}  {sample.part.name}: {show_count(planned)} requests of {show_count(needed)} "
        f"needed, {spare}"
    )


def _rest(plan: Plan) -> Iterator[Labelled]:
    if plan.needs_approval:
        yield "approval", f"needed: {plan.deployment} is protected, and this does more than look"
    label = "filled in"
    for text in plan.filled_in:
        yield label, text
        label = ""
    label = "changed"
    for note in plan.notes:
        yield label, note
        label = ""


def _streams(traffic: Iterable[TrafficSpec]) -> list[TrafficSpec]:
    """One spec a stream: its children share it."""
    return list({spec.stream: spec for spec in reversed(list(traffic))}.values())[::-1]


def _grouped(drills: Iterable[Drill]) -> list[tuple[Drill, int]]:
    """The runs of a drill that do the same, as one."""
    found: dict[tuple[str, str], tuple[Drill, int]] = {}
    for drill in drills:
        first, runs = found.get((drill.name, drill.varied), (drill, 0))
        found[drill.name, drill.varied] = (first, runs + 1)
    return list(found.values())


def _number(count: int, one: str, more: str | None = None) -> str:
    return f"{count} {one if count == 1 else more or f'{one}s'}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes:02d}:{rest:02d}"
