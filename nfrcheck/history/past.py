"""What earlier runs came to: read from `history.jsonl`, whose lines `history.lines` describes."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from nfrcheck.history.lines import HISTORY, Begun, Line, parse
from nfrcheck.model.comparison import Known, Last, Proven
from nfrcheck.model.question import Earlier, Piece

PASS, INVALID, NOT_RUN, FAIL = "pass", "invalid", "not-run", "fail"
MOST_COMPARED = 20


@dataclass(frozen=True)
class Past:
    """All runs of one folder in the order in which they began."""

    begun: tuple[Begun, ...] = ()
    lines: tuple[Line, ...] = ()
    """The first line of each target and run: what was judged again is no new evidence."""

    @cached_property
    def _by_key(self) -> Mapping[tuple[str, str], Line]:
        return {(line.run, line.target): line for line in self.lines}

    def line(self, run: str, target: str) -> Line | None:
        return self._by_key.get((run, target))

    def of(self, name: str, deployment: str | None = None) -> tuple[Line, ...]:
        """The lines of a target, or of all targets of a requirement, oldest first."""
        return tuple(
            line
            for line in self.lines
            if name in {line.target, line.requirement} and deployment in {None, line.deployment}
        )

    def last(self, name: str, deployment: str | None = None) -> Line | None:
        """The newest line of a target or requirement that a run could judge."""
        found = [line for line in self.of(name, deployment) if line.judged != NOT_RUN]
        return found[-1] if found else None

    def last_proven(self, name: str, deployment: str | None = None) -> Proven | None:
        """When a target or a requirement (all of it: every target that names it) passed last."""
        lines = self.of(name, deployment)
        proven = [
            next(
                (line for line in reversed(lines) if line.target == t and line.judged == PASS), None
            )
            for t in dict.fromkeys(line.target for line in lines)
        ]
        oldest = min((p for p in proven if p), key=lambda line: line.at, default=None)
        if oldest is None or None in proven:
            return None
        return Proven(run=oldest.run, at=oldest.at, build=oldest.build)

    def without(self, run: str) -> "Past":
        """What was known before this run began."""
        names = [begun.run for begun in self.begun]
        earlier = set(names[: names.index(run)]) if run in names else set(names)
        return Past(
            tuple(begun for begun in self.begun if begun.run in earlier),
            tuple(line for line in self.lines if line.run in earlier),
        )

    def known(self, target: str, *, alike: str, key: str, deployment: str) -> Known:
        """What a new run of this target can be compared with."""
        mine = [line for line in self.lines if line.target == target and line.alike == alike]
        judged = [line for line in mine if line.judged != NOT_RUN]
        accepted = [line for line in mine if is_accepted(line)][-MOST_COMPARED:]
        names = dict.fromkeys(name for line in accepted for name in line.measures)
        return Known(
            key=key,
            alike=alike,
            last=last_of(judged[-1]) if judged else None,
            proven=self.last_proven(target, deployment),
            runs={
                name: tuple(line.measures[name] for line in accepted if name in line.measures)
                for name in names
            },
        )

    def earlier(self, target: str, key: str, build: str | None, *, folder: Path) -> Earlier:
        """The evidence that a new run of this target starts with, or why it starts with none."""
        if build is None:
            return Earlier(refused="nothing is carried over: nobody says which build runs")
        runs = [begun for begun in self.begun if _key(begun, target) == key]
        lines = [self.line(begun.run, target) for begun in runs]
        for begun, line in zip(runs, lines, strict=True):
            if line is None:
                return Earlier(refused=_unjudged(begun, folder))
            if line.evidence is None:
                lost = f"nothing is carried over: run {line.run} left no evidence that counts"
                return Earlier(refused=f"{lost} (its check crashed); a new build begins anew")
        if not runs:
            return Earlier(build=build)
        return Earlier(
            pieces=tuple(_added([line.evidence or () for line in lines if line])),
            runs=len(runs),
            since=runs[0].at[:10],
            build=build,
        )


def read_past(folder: Path) -> Past:
    """All that `history.jsonl` in this `--out` folder holds; nothing if there is none.

    Raises UsageError for lines of a newer version, OSError where it cannot be read.
    """
    path = folder / HISTORY
    if not path.is_file():
        return Past()
    return past_of(path.read_bytes().decode("utf-8", errors="replace").split("\n"))


def past_of(texts: Iterable[str]) -> Past:
    begun: dict[str, Begun] = {}
    lines: dict[tuple[str, str], Line] = {}
    for text in texts:
        match parse(text):
            case Begun() as found:
                begun.setdefault(found.run, found)
            case Line() as found:
                lines.setdefault((found.run, found.target), found)
            case _:
                continue
    order = {run: place for place, run in enumerate(begun)}
    # Runs that were side by side end in another order than they began.
    by_start = sorted(lines.values(), key=lambda line: order.get(line.run, len(order)))
    return Past(tuple(begun.values()), tuple(by_start))


def last_of(line: Line) -> Last:
    return Last(
        run=line.run,
        at=line.at,
        verdict=line.verdict,
        measured=line.measured,
        measures=line.measures,
        build=line.build,
    )


def is_accepted(line: Line) -> bool:
    """A run that failed, or whose instruments were ill, does not say what is usual."""
    return line.judged not in {FAIL, INVALID, NOT_RUN} and line.ended == "complete"


def _key(begun: Begun, target: str) -> str | None:
    found = begun.targets.get(target)
    return found.key if found else None


def _unjudged(begun: Begun, folder: Path) -> str:
    return (
        f"nothing is carried over: run {begun.run} began and has no result, and a run that may "
        f"have gone badly must not be dropped; `nfrcheck judge {folder / begun.run}` writes it"
    )


def _added(runs: Sequence[Sequence[Piece]]) -> Iterator[Piece]:
    """The pieces of all runs, oldest first, added up per limit, stretch and stratum."""
    same: dict[tuple[str, str, str], list[Piece]] = {}
    for piece in (piece for pieces in runs for piece in pieces):
        same.setdefault((piece.limit, piece.stretch, piece.stratum), []).append(piece)
    return map(added_up, same.values())


def added_up(pieces: Sequence[Piece]) -> Piece:
    """One limit in one stratum over all runs, oldest first.

    Log odds add up; against the target so do those of the newest runs alone.
    """
    counted = [_trusted(piece) for piece in pieces]
    return replace(
        counted[0],
        n=sum(p.n for p in counted),
        k=sum(p.k for p in counted),
        seconds=sum(p.seconds for p in counted),
        bad_seconds=sum(p.bad_seconds for p in counted),
        deff=max(p.deff for p in counted),
        log_odds_pass=math.fsum(p.log_odds_pass for p in counted),
        log_odds_fail=_against([p.log_odds_fail for p in counted]),
        valid=True,
    )


def _trusted(piece: Piece) -> Piece:
    """Where the tester was to blame, nothing counts for the target, and nothing makes a FAIL."""
    if piece.valid:
        return piece
    return Piece(
        limit=piece.limit,
        stretch=piece.stretch,
        stratum=piece.stratum,
        log_odds_pass=min(0.0, piece.log_odds_pass),
        log_odds_fail=min(0.0, piece.log_odds_fail),
    )


def _against(log_odds: Sequence[float]) -> float:
    """The best case against the target that begins with one of the runs, or with the next one.

    The sum of all runs is a betting test from the first one on. That of the newest i runs is one of
    many, and pays i (i + 1) for it, so that all of them together are wrong no more often than one.
    Without them, a hundred good nights would hide ten bad ones.
    """
    best, total = 0.0, 0.0
    for i, one in enumerate(reversed(log_odds), 1):
        total += one
        best = max(best, total - math.log(i * (i + 1)))
    return max(best, total)
