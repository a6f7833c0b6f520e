"""Is the tester itself well? Decided from its own figures only, never from the answers."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from nfrcheck.model.history import Health, History, Span, Stream
from nfrcheck.model.records import LOCAL_ERROR, NOT_SENT, RETRIED, STOPPED
from nfrcheck.model.units import show_duration

WINDOW_S = 10.0
SILENT_S = 3.0
BEAT_S = 1.0
CPU_MAX = 0.85
PRESSED_MAX = 0.5
"""Share of the time in which some task on this machine waited for a core (decision 0001)."""
STEAL_MAX = 0.1
"""Share of all cores that the host of this virtual machine gave to others."""
BUSY_MAX = 0.95
"""Of all cores; asked only where the kernel does not tell who waited for one."""
BEAT_MAX_MS = 20.0
LATE_LINE_S = 1.5
LATE_MAX = 0.01
REMOVED_MAX = 0.05
UNSENT_MAX = 0.001

HOST = "host"

Stretch = tuple[float, float]


@dataclass(frozen=True, slots=True)
class TesterHealth:
    """When the tester cannot be believed: stretches of seconds that do not touch, with reasons."""

    bad: tuple[Stretch, ...]
    reasons: tuple[str, ...]
    total_s: float
    starved: tuple[Stretch, ...] = ()
    """When a deployment on this machine was short of cores: no failure of that time is its own."""
    starved_because: str = ""

    @property
    def disturbed(self) -> tuple[Stretch, ...]:
        """When nothing bad that was seen can be held against the target."""
        return _union([*self.bad, *self.starved])

    @property
    def bad_s(self) -> float:
        return sum(end - start for start, end in self.bad)

    @property
    def invalid(self) -> str | None:
        """Why nothing can be judged, or None."""
        if self.bad_s <= REMOVED_MAX * self.total_s:
            return None
        return (
            f"the tester was unwell in {self.bad_s:.0f} of {self.total_s:.0f} s "
            f"({self.told}): its own stalls cannot be told from the target's"
        )

    @property
    def told(self) -> str:
        return "; ".join(self.reasons)

    @property
    def all_told(self) -> str:
        """What disturbed the tester, or the machine that it shares with the target."""
        return "; ".join(filter(None, (self.told, self.starved_because)))

    @property
    def left_out(self) -> str:
        """The end of a sentence about what was seen; empty where all was seen."""
        if not self.bad:
            return ""
        return (
            f"; {show_duration(self.bad_s)} left out in which the tester was unwell ({self.told})"
        )


@dataclass(frozen=True, slots=True)
class _Sign:
    """One kind of illness in one window; `words` has a place for the value."""

    words: str
    value: float
    stretches: tuple[Stretch, ...]


def tester_health(
    history: History, stream: Stream, spans: Sequence[Span], lag_limit_s: float
) -> TesterHealth:
    """Judges the stream's own children over each 10 s of the spans."""
    mine = [line for line in history.health if line.instrument.startswith(_prefix(stream))]
    signs = [
        sign
        for window in windows(spans)
        for sign in (*_lag(stream, window, lag_limit_s), *figures_over(mine, window))
    ]
    signs += _silences(mine)
    # A deployment on this machine is slowed down by whatever else happens on it.
    host = [line for line in history.health if stream.local and line.instrument == HOST]
    starved = [sign for window in windows(spans) for sign in figures_over(host, window)]
    if stream.local:
        starved += _unwatched(host, spans)
    return TesterHealth(
        bad=_inside(signs, spans),
        reasons=_told(signs),
        total_s=sum(span.seconds for span in spans),
        starved=_inside(starved, spans),
        starved_because="; ".join(_told(starved)),
    )


def _told(signs: Sequence[_Sign]) -> tuple[str, ...]:
    worst: dict[str, float] = {}
    for sign in signs:
        worst[sign.words] = max(sign.value, worst.get(sign.words, 0.0))
    return tuple(words.format(value) for words, value in worst.items())


def _prefix(stream: Stream) -> str:
    return f"{stream.kind}-{stream.name}."


def windows(spans: Sequence[Span]) -> Iterator[Stretch]:
    for span in spans:
        start = span.start
        while start < span.end:
            yield start, min(start + WINDOW_S, span.end)
            start += WINDOW_S


def _inside(signs: Sequence[_Sign], spans: Sequence[Span]) -> tuple[Stretch, ...]:
    """What of their stretches lies inside the spans."""
    return _union(
        [
            (max(start, span.start), min(end, span.end))
            for start, end in {stretch for sign in signs for stretch in sign.stretches}
            for span in spans
        ]
    )


def _union(stretches: Sequence[Stretch]) -> tuple[Stretch, ...]:
    """In order, overlapping ones as one, empty ones left out."""
    joined: list[Stretch] = []
    for start, end in sorted(stretches):
        if start >= end:
            continue
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)


def due_in(stream: Stream, start: float, end: float) -> slice:
    """Where the requests of `[start, end)` stand: a stream is sorted by due time."""
    low, high = np.searchsorted(stream.due, [start, end])
    return slice(int(low), int(high))


def _lag(stream: Stream, window: Stretch, limit_s: float) -> Iterator[_Sign]:
    """The seconds with late sends, when more than 1 % of the window's sends were late."""
    inside = due_in(stream, *window)
    lag = stream.sent[inside] - stream.due[inside]
    late = lag > limit_s
    if not len(lag) or late.mean() <= LATE_MAX:
        return
    seconds = np.unique(np.floor(stream.due[inside][late])).tolist()
    words = f"requests left up to {{:.0f}} ms late, {limit_s * 1e3:.0f} ms are allowed"
    yield _Sign(words, float(lag.max()) * 1e3, tuple((second, second + 1) for second in seconds))


def figures_over(lines: Sequence[Health], window: Stretch) -> Iterator[_Sign]:
    """What the figures of the window's lines say; a line is about the time since the one before."""
    since = _since(lines)
    lines = [line for line in lines if window[0] <= line.t - BEAT_S < window[1]]
    for key, bound, words in (
        ("cpu", CPU_MAX, "the generator used {:.0f} % of a core"),
        ("pressed", PRESSED_MAX, "tasks on this machine waited for a core {:.0f} % of the time"),
        ("steal", STEAL_MAX, "other machines took {:.0f} % of the cores of this one"),
        ("unpressed", BUSY_MAX, "the cores of this machine were busy {:.0f} % of the time"),
    ):
        # Each child by itself: an idle one must not hide a busy one.
        for name in dict.fromkeys(line.instrument for line in lines):
            its = [line for line in lines if line.instrument == name and key in line.figures]
            value = sum(line.figures[key] for line in its) / max(1, len(its))
            if value > bound:
                yield _Sign(words, 100 * value, _about(its, since))
    stalled = [line for line in lines if line.figures.get("beat_p99_ms", 0.0) > BEAT_MAX_MS]
    if stalled:
        worst = max(line.figures["beat_p99_ms"] for line in stalled)
        yield _Sign("the generator stood still for up to {:.0f} ms", worst, _about(stalled, since))


def _since(lines: Sequence[Health]) -> dict[tuple[str, float], float]:
    """Instrument and time of a line -> when what it tells about began: a second before, as a rule.

    After a stall a line comes late, and tells about the stall too.
    """
    return {
        (name, end): start if LATE_LINE_S < end - start <= SILENT_S + BEAT_S else end - BEAT_S
        for name, times in _beats(lines).items()
        for start, end in pairwise([-math.inf, *sorted(times)])
    }


def _about(
    lines: Sequence[Health], since: Mapping[tuple[str, float], float]
) -> tuple[Stretch, ...]:
    return tuple((since[line.instrument, line.t], line.t) for line in lines)


def fatal(history: History, stream: Stream, spans: Sequence[Span]) -> str | None:
    """A reason for which the stream is no evidence at all: it failed, fell silent, sent too little.

    What failed after the last request of the spans was answered does not touch them.
    """
    end = max(span.end for span in spans) + stream.timeout_s
    for ill in history.ills:
        if ill.instrument.startswith(_prefix(stream)) and ill.t <= end:
            return f"{ill.instrument} failed at {ill.t:.1f} s: {ill.because}"
    return _silent(history, stream, spans) or _unsent(stream, spans)


def _beats(lines: Sequence[Health]) -> dict[str, list[float]]:
    """Per child, when it said something."""
    beats: dict[str, list[float]] = {}
    for line in lines:
        beats.setdefault(line.instrument, []).append(line.t)
    return beats


def _silences(lines: Sequence[Health]) -> Iterator[_Sign]:
    for times in _beats(lines).values():
        for start, end in longest_gaps(times):
            yield _Sign("it said nothing for {:.1f} s", end - start, ((start, end),))


def _unwatched(host: Sequence[Health], spans: Sequence[Span]) -> Iterator[_Sign]:
    """Nobody knows how this machine was while no line of it came."""
    words = "nobody watched this machine for {:.1f} s"
    if not host:
        for span in spans:
            yield _Sign(words, span.seconds, ((span.start, span.end),))
    for start, end in longest_gaps([line.t for line in host]):
        yield _Sign(words, end - start, ((start, end),))


def _silent(history: History, stream: Stream, spans: Sequence[Span]) -> str | None:
    mine = [line for line in history.health if line.instrument.startswith(_prefix(stream))]
    beats = _beats(mine)
    if not beats:
        return f"{stream.kind}-{stream.name} never said whether it was well"
    first, last = min(span.start for span in spans), max(span.end for span in spans)
    for name, times in sorted(beats.items()):
        for start, end in longest_gaps([first, *times, last]):
            # Silence between two spans is none of theirs.
            span = next((s for s in spans if s.start < end and start < s.end), None)
            if span:
                return f"{name} was silent for {end - start:.1f} s in {span.name}"
    return None


def longest_gaps(times: Sequence[float]) -> Iterator[Stretch]:
    """Where a child that reports each second said nothing for three."""
    ordered = sorted(times)
    for start, end in pairwise(ordered):
        if end - start > SILENT_S + BEAT_S:
            yield start, end


def _unsent(stream: Stream, spans: Sequence[Span]) -> str | None:
    planned = stream.rate * sum(span.seconds for span in spans)
    if planned <= 0:
        return None
    arrived = unsent = 0
    for span in spans:
        inside = due_in(stream, span.start, span.end)
        status = stream.status[inside]
        arrived += int(((stream.flags[inside] & RETRIED) == 0).sum())
        unsent += int(np.isin(status, (NOT_SENT, STOPPED, LOCAL_ERROR)).sum())
    # Each kind of client has a schedule of its own, and each may be one off at an edge. Arrivals of
    # a Poisson process vary by chance: five standard deviations are no chance.
    spare = (
        5 * planned**0.5 if stream.poisson else len(spans) * max(1, len(stream.values("client")))
    )
    missing = unsent + max(0.0, planned - arrived - spare)
    if missing <= UNSENT_MAX * planned:
        return None
    return f"{missing:,.0f} of {planned:,.0f} planned requests were not sent"
