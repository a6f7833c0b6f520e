"""What whoever watches a run is shown, as pieces of styled text; how it is painted is not here.

The figures are those of the health lines, a second each. They are for watching: the verdict comes
from the records alone.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from nfrcheck.model.units import show_count, show_duration

SPARKS = "▁▂▃▄▅▆▇█"
REMEMBERED_S = 60
STALE_S = 3
"""A child whose line has not changed for so long has nothing to say; one repeat may be jitter."""
LATE_MS = 50.0
NAME_WIDTH = 16
_STATES = {
    "armed": ("undo on disk", "yellow"),
    "commanded": ("fault commanded", "yellow"),
    "confirmed": ("fault in place", "bold red"),
    "unconfirmed": ("fault without effect", "bold red"),
    "failed": ("the control failed", "bold red"),
    "healing": ("putting back", "yellow"),
    "healed": ("put back, looking whether all is well", "yellow"),
    "verified": ("put back and seen well", "green"),
    "unverified": ("NOT CONFIRMED AS PUT BACK", "bold red"),
}


class Piece(NamedTuple):
    """Text and rich's name of its style."""

    text: str
    style: str = ""


Line = tuple[Piece, ...]


@dataclass(slots=True)
class Stream:
    """One load or probe, its children taken together."""

    name: str
    newest: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    repeats: dict[str, int] = field(default_factory=dict)
    rates: deque[float | None] = field(default_factory=lambda: deque(maxlen=REMEMBERED_S))
    failed: int = 0
    failed_now: int = 0

    def add(self, instrument: str, health: Mapping[str, Any]) -> None:
        again = self.newest.get(instrument) is health
        self.repeats[instrument] = self.repeats.get(instrument, 0) + 1 if again else 0
        if again and self.repeats[instrument] < STALE_S:
            return
        if not again:
            self.newest[instrument] = health
            self.failed += _number(health, "bad")
        if instrument == next(iter(self.newest)):
            self.rates.append(None if again else self.rate)
            self.failed_now = sum(_number(line, "bad") for line in self.newest.values())

    @property
    def rate(self) -> float:
        return sum(_number(line, "sent") for line in self.newest.values())

    @property
    def silent(self) -> bool:
        return any(count >= STALE_S for count in self.repeats.values())

    def worst(self, key: str) -> float | None:
        found = [line[key] for line in self.newest.values() if _is_number(line.get(key))]
        return max(found, default=None)


@dataclass(slots=True)
class Stage:
    """One phase that has begun; times in seconds of the watcher's clock."""

    name: str
    seconds: float
    until_decided: bool
    began: float
    drill: str = ""
    failed_before: int = 0
    slowest_ms: float | None = None

    def done(self, now: float) -> float:
        return min(1.0, (now - self.began) / self.seconds) if self.seconds > 0 else 1.0


@dataclass(slots=True)
class Watched:
    """All that was told so far."""

    streams: dict[str, Stream] = field(default_factory=dict)
    stage: Stage | None = None
    coming: list[tuple[str, float]] = field(default_factory=list)
    total_s: float = 0.0

    def expect(self, phases: Iterable[tuple[str, float]]) -> None:
        self.coming = list(phases)
        self.total_s = sum(seconds for _, seconds in self.coming)

    def begin(self, name: str, seconds: float, *, until_decided: bool, now: float) -> None:
        while self.coming and self.coming[0][0] != name:
            self.coming.pop(0)
        if self.coming:
            seconds = self.coming.pop(0)[1]
        self.stage = Stage(name, seconds, until_decided, now, failed_before=self.failed)

    def end(self, name: str, now: float) -> Line | None:
        """The line that stays on the screen; None if this phase is not the one that runs."""
        stage = self.stage
        if stage is None or stage.name != name:
            return None
        self.stage = None
        failed = self.failed - stage.failed_before
        # What matters most comes first: a narrow terminal cuts the end.
        told = [f"{show_count(failed)} failed"]
        if stage.slowest_ms is not None:
            told.append(f"p99 up to {show_duration(stage.slowest_ms / 1e3)}")
        told += [f"{stream.name} {show_count(stream.rate)}/s" for stream in self.streams.values()]
        return (
            Piece(" ! ", "yellow") if failed else Piece(" ✓ ", "green"),
            Piece(f"{_cut(stage.name, NAME_WIDTH):<{NAME_WIDTH}} "),
            Piece(f"{show_duration(now - stage.began):>11}  ", "dim"),
            Piece(" · ".join(told), "yellow" if failed else ""),
        )

    def tick(self, instrument: str, health: Mapping[str, Any]) -> None:
        name = instrument.rpartition(".")[0] or instrument
        name = name.removeprefix("load-").removeprefix("probe-")
        stream = self.streams.setdefault(name, Stream(name))
        stream.add(instrument, health)
        slow = stream.worst("p99_ms")
        if self.stage and slow is not None:
            self.stage.slowest_ms = max(slow, self.stage.slowest_ms or 0.0)

    def drill(self, name: str, state: str) -> None:
        if self.stage and self.stage.name == name:
            self.stage.drill = state

    @property
    def failed(self) -> int:
        return sum(stream.failed for stream in self.streams.values())

    def frame(self, now: float, width: int) -> list[Line]:
        """What is repainted: the phase that runs, each stream, what is to come, how to stop."""
        lines = [self._running(self.stage, now, width)] if self.stage else []
        if self.stage and self.stage.drill:
            words, style = _STATES.get(self.stage.drill, (self.stage.drill, ""))
            lines.append((Piece(" " * (NAME_WIDTH + 4)), Piece(words, style)))
        lines += [_stream_line(stream, width) for stream in self.streams.values()]
        if self.coming:
            names = " · ".join(f"○ {name}" for name, _ in self.coming)
            lines.append((Piece(f" {_cut(names, width - 2)}", "dim"),))
        return [*lines, (), (Piece(f" {self._left(now)}", "dim"),)]

    def _running(self, stage: Stage, now: float, width: int) -> Line:
        bar = max(10, min(32, width - 52))
        full = round(bar * stage.done(now))
        at_most = "at most " if stage.until_decided else ""
        spent, whole = show_duration(now - stage.began), show_duration(stage.seconds)
        return (
            Piece(" ● ", "bold red" if stage.drill == "confirmed" else "cyan"),
            Piece(f"{_cut(stage.name, NAME_WIDTH):<{NAME_WIDTH}} ", "bold"),
            Piece("█" * full, "red" if stage.drill == "confirmed" else "cyan"),
            Piece("░" * (bar - full), "dim"),
            Piece(f"  {spent} of {at_most}{whole}"),
        )

    def _left(self, now: float) -> str:
        stop = "Ctrl-C puts everything back, then stops"
        if not self.total_s:
            return stop
        stage = self.stage
        left = sum(seconds for _, seconds in self.coming)
        left += max(0.0, stage.seconds - (now - stage.began)) if stage else 0.0
        done = 100 * (1 - min(left, self.total_s) / self.total_s)
        return f"{done:.0f} % · at most {show_duration(left)} left · {stop}"

    def words(self) -> str:
        """One line without a terminal: each stream with its newest figures."""
        return " · ".join(
            f"{stream.name} {show_count(stream.rate)}/s, p99 {_ms(stream.worst('p99_ms'))}, "
            f"{show_count(stream.failed)} failed"
            for stream in self.streams.values()
        )


def _stream_line(stream: Stream, width: int) -> Line:
    failing = stream.failed_now > 0
    name, room = (12, 12) if width < 100 else (NAME_WIDTH, 32)
    spark = sparkline(list(stream.rates)[-room:])
    lag = stream.worst("lag_p99_ms")
    late = f"  {lag:.0f} ms late" if lag is not None and lag > LATE_MS else ""
    rate = f"{show_count(stream.rate)} req/s"
    silent = "  no news" if stream.silent else ""
    return (
        Piece(f"     {_cut(stream.name, name):<{name}} "),
        Piece(f"{rate:>11}  ", "bold"),
        Piece(f"{spark:<{room}}", "yellow" if failing else "green"),
        Piece(f"  p99 {_ms(stream.worst('p99_ms')):>7}"),
        Piece(f"  {show_count(stream.failed)} failed", "red" if stream.failed else "dim"),
        Piece(late + silent, "bold yellow"),
    )


def sparkline(rates: list[float | None]) -> str:
    """From nothing to the highest of them; a second without news is a gap, never a zero."""
    highest = max((rate for rate in rates if rate is not None), default=0.0)
    steps = len(SPARKS) - 1
    return "".join(
        " " if rate is None else SPARKS[round(steps * rate / highest) if highest else 0]
        for rate in rates
    )


def _ms(milliseconds: float | None) -> str:
    return show_duration(None if milliseconds is None else milliseconds / 1e3)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: max(1, width - 1)]}…"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(health: Mapping[str, Any], key: str) -> int:
    value = health.get(key)
    return int(value) if isinstance(value, int | float) else 0
