"""What a check looks at: the requests of one stretch, sorted out, with the tester's own health."""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from nfrcheck.checks.counting import Sorted, sort_out
from nfrcheck.checks.grid import Grid
from nfrcheck.checks.health import TesterHealth, due_in, fatal, tester_health
from nfrcheck.checks.strata import ATTRIBUTES, Strata, in_cells
from nfrcheck.evidence.outage import Requests
from nfrcheck.model.history import Bools, Floats, History, Span, Stream
from nfrcheck.model.question import Question
from nfrcheck.model.verdict import Outcome, Verdict

INJECTED = ("fault", "hold", "heal")
NO_REGION = "the deployment does not say how an answer tells its region: declare `served_by`"
ONE_REGION = (
    "`only` leaves the answers of one region, which do not show which of several was asked: "
    "leave its `region` out"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """The evidence of one target; masks are as long as `stream`."""

    stream: Stream
    sorted: Sorted
    spans: tuple[Span, ...]
    strata: Strata
    health: TesterHealth
    grid: Grid
    silent: tuple[str, ...]
    """Entries that never answered anything, not even before the run."""
    doubt: str | None
    """Why this can prove nothing but a counter-example."""


def look(history: History, question: Question) -> Sight | Verdict:
    """The evidence, or the verdict that says why there is none."""
    whole = history.streams.get(question.stream or "")
    spans = stretch(history, question)
    if lacking := _lacking((*question.each, *question.only), whole):
        return verdict(Outcome.NOT_RUN, lacking)
    if reason := _nothing_answered(history, whole) or _not_there(history, question, spans):
        return invalid(reason)
    if whole is None:
        return invalid(f"{question.stream or 'no load'} recorded nothing")
    strata = strata_of(whole, question)
    stream = chosen(within(whole, spans), question)
    if not len(stream) or not strata.kept:
        return invalid(fatal(history, whole, spans) or _nothing_sent(whole, question))
    silent = tuple(_silent_entries(history, whole, strata))
    health = tester_health(history, stream, spans, question.lag_limit_s)
    return Sight(
        stream=stream,
        sorted=sort_out(stream, question.exclude),
        spans=spans,
        strata=strata,
        health=health,
        grid=Grid.of(stream, spans, health),
        silent=silent,
        doubt=_doubt(history, whole, spans, silent),
    )


def strata_of(stream: Stream, question: Question, **narrower: str) -> Strata:
    """The parts of what counts; `narrower`: of one entry, client and so on alone."""
    return Strata.of(stream.cells, {**question.only, **narrower}, question.exclude)


def unasked(history: History, stream: Stream, question: Question) -> Verdict | None:
    """Why nothing of a stream can show what `only` asks of a drill, or None."""
    if lacking := _lacking((*question.only,), stream):
        return verdict(Outcome.NOT_RUN, lacking)
    if strata_of(stream, question).whole.own:
        return None
    # Where one stream watches for another, a name in the target is not that of the watcher.
    others = () if question.watched_by else history.streams.values()
    hints = (
        f": write `{one.kind}: {one.name}`, which does"
        for one in others
        if one.kind in {"load", "probe"} and strata_of(one, question).whole.own
    )
    return invalid(f"{stream.name} sends {_requests_of(question)}{next(hints, '')}")


def one_region(history: History, stream: Stream, question: Question) -> Verdict | None:
    """The same where the answers of all regions are looked at."""
    if "region" in question.only:
        return verdict(Outcome.NOT_RUN, ONE_REGION)
    return unasked(history, stream, question)


def _lacking(named: Sequence[str], stream: Stream | None) -> str | None:
    """What the scenario or the deployment would have to say."""
    unknown = [name for name in named if name not in ATTRIBUTES]
    if unknown:
        return f"requests cannot be told apart by {unknown[0]}"
    if "region" in named and stream is not None and not stream.values("region"):
        return NO_REGION
    return None


def _nothing_sent(stream: Stream, question: Question) -> str:
    return f"{stream.name} sent {_requests_of(question)} in this stretch"


def _requests_of(question: Question) -> str:
    asked = " and ".join(f"{key} {value}" for key, value in question.only.items())
    counts = " that counts" if question.exclude else ""
    return f"no request{f' of {asked}' if asked else ''}{counts}"


def verdict(outcome: Outcome, because: str) -> Verdict:
    return Verdict(outcome=outcome, because=because)


def invalid(because: str) -> Verdict:
    return verdict(Outcome.INVALID, because)


def stretch(history: History, question: Question) -> tuple[Span, ...]:
    """The spans that the target is about, without their first `after` seconds."""
    spans: tuple[Span, ...] = history.quiet()
    if question.during:
        named = (span for name in question.during for span in history.stretch(name))
        spans = tuple(dict.fromkeys(named))
    shortened = (replace(span, start=span.start + question.after_s) for span in spans)
    left = (span for span in shortened if span.seconds > 0)
    return tuple(sorted(left, key=lambda span: span.start))


def _not_there(history: History, question: Question, spans: Sequence[Span]) -> str | None:
    """A stretch that did not take place as planned says nothing about the target."""
    for name in question.during:
        if reason := _unproven(history, name):
            return reason
        if not any(span.seconds > question.after_s for span in history.stretch(name)):
            return f"{name} never took place: the run ended before it"
    if not spans:
        return "a quiet phase never took place: the run ended before it"
    return None


def _unproven(history: History, during: str) -> str | None:
    """A state that must hold during a fault says nothing if the fault was not proven."""
    drill, *rest = during.split("/")
    if "baseline" in rest:
        return None
    run = int(rest[0]) if rest and rest[0].isdigit() else None
    for record in history.faults:
        meant = during == "run" or (record.drill == drill and run in {None, record.run})
        if meant and record.confirmed is None:
            because = record.because or "no probe saw it"
            return f"{record.drill}/{record.run}: the fault was not proven: {because}"
    return None


def within(stream: Stream, spans: Sequence[Span]) -> Stream:
    """Requests that were due inside one of the spans; without a copy where the spans are one."""
    joined: list[slice] = []
    for span in sorted(spans, key=lambda span: span.start):
        part = due_in(stream, span.start, span.end)
        if joined and part.start <= joined[-1].stop:
            joined[-1] = slice(joined[-1].start, max(part.stop, joined[-1].stop))
        else:
            joined.append(part)
    if len(joined) != 1:
        return stream.where(_mask(len(stream), joined))
    return cut(stream, joined[0])


def _mask(length: int, parts: Sequence[slice]) -> Bools:
    mask = np.zeros(length, dtype=np.bool_)
    for part in parts:
        mask[part] = True
    return mask


def cut(stream: Stream, part: slice) -> Stream:
    """A piece of a stream, as views of its columns."""
    return replace(
        stream,
        due=stream.due[part],
        sent=stream.sent[part],
        done=stream.done[part],
        status=stream.status[part],
        cell=stream.cell[part],
        flags=stream.flags[part],
    )


def chosen(stream: Stream, question: Question) -> Stream:
    """What `only` leaves: its requests, and those that may have been of its region."""
    if not question.only:
        return stream
    return stream.where(in_cells(stream, Strata.of(stream.cells, question.only).kept))


def _nothing_answered(history: History, stream: Stream | None) -> str | None:
    """A host that never answered, not even before the run, was never measured."""
    if stream is not None and (stream.status >= 100).any():
        return None
    sent = stream is not None and len(stream) > 0
    entries = set(stream.values("entry")) if stream and sent else set(history.answered)
    if not entries or any(history.answered.get(entry) for entry in entries):
        return None  # it did answer once, so its silence is the finding
    return f"{' and '.join(sorted(entries))} never answered: is the address right, is it up?"


def _silent_entries(history: History, stream: Stream, strata: Strata) -> Iterator[str]:
    answers = stream.status >= 100
    for entry in strata.values("entry"):
        if not history.answered.get(entry):
            mine = stream.of("entry", entry)
            if mine.any() and not (mine & answers).any():
                yield entry


def _doubt(
    history: History, stream: Stream, spans: Sequence[Span], silent: Sequence[str]
) -> str | None:
    if reason := fatal(history, stream, spans):
        return reason
    if silent:
        return f"{' and '.join(silent)} never answered: is the address right, is it up?"
    return None


def clear_pieces(sight: Sight) -> list[tuple[float, float]]:
    """Stretches of time in which nothing was injected and only the target can be to blame."""
    pieces: list[tuple[float, float]] = []
    for span in sight.spans:
        if span.kind == "drill" and span.part in INJECTED:
            continue
        for start, end in _fair(span, sight.health.disturbed):
            # One phase begins a moment after the end of another: an outage does not end there.
            if pieces and start - pieces[-1][1] <= 0.1:
                pieces[-1] = (pieces[-1][0], end)
            else:
                pieces.append((start, end))
    return pieces


def _fair(span: Span, bad: Sequence[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    start = span.start
    for bad_start, bad_end in bad:
        if bad_end <= start or bad_start >= span.end:
            continue
        if bad_start > start:
            yield start, bad_start
        start = bad_end
    if start < span.end:
        yield start, span.end


def requests(sent: Floats, done: Floats, good: Bools) -> Requests:
    """The columns that the evidence engine takes, in the order of sending."""
    order = np.argsort(sent, kind="stable")
    return Requests(
        array("d", sent[order].tobytes()),
        array("d", done[order].tobytes()),
        good[order].astype(np.uint8).tobytes(),
    )
