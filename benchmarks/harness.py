"""What all benchmarks share: options, rows of figures, the one table and the exit code."""

import argparse
import json
import statistics
import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.machine import CORES_MIN, OTHERS_MAX, Machine, Watch

MET, MISSED, BROKEN, NO_VERDICT = 0, 1, 2, 3
"""Exit codes. Broken: the benchmark itself failed. No verdict: too few cores, or too busy."""

SMOKE_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`smoke`: about a second in all, and no limits. `seconds` is one measurement of one tool."""

    smoke: bool = False
    repetitions: int = 5
    seconds: float = 3.0
    json: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table: a figure for each repetition, and the limit of their median.

    `skipped` says why there is no figure, for a peer that is not installed.
    """

    what: str
    unit: str = ""
    values: tuple[float, ...] = ()
    at_most: float | None = None
    at_least: float | None = None
    skipped: str = ""

    @property
    def median(self) -> float | None:
        return statistics.median(self.values) if self.values else None

    @property
    def limit(self) -> str:
        if self.at_most is not None:
            return f"<= {show(self.at_most)}"
        return "" if self.at_least is None else f">= {show(self.at_least)}"

    @property
    def missed(self) -> bool:
        """A limit without a figure is missed: nothing was shown."""
        if not self.limit:
            return False
        found = self.median
        if found is None:
            return True
        return (self.at_most is not None and found > self.at_most) or (
            self.at_least is not None and found < self.at_least
        )

    @property
    def cells(self) -> tuple[str, ...]:
        if self.skipped:
            return self.what, "skipped", self.skipped, "", "", ""
        word = ("missed" if self.missed else "met") if self.limit else ""
        spread = f"{show(min(self.values))}..{show(max(self.values))}" if self.values else "-"
        median = show(self.median) if self.median is not None else "-"
        return self.what, median, spread, self.unit, self.limit, word

    def to_json(self) -> dict[str, Any]:
        return {
            "what": self.what,
            "unit": self.unit,
            "values": list(self.values),
            "median": self.median,
            "at_most": self.at_most,
            "at_least": self.at_least,
            "missed": self.missed,
            "skipped": self.skipped or None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """`notes` say how it is measured; `libraries` are the distributions whose versions matter."""

    name: str
    title: str
    measure: Callable[[Options], Sequence[Row]]
    notes: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    defaults: Options = field(default_factory=Options)

    def main(self, argv: Sequence[str] | None = None) -> int:
        """Measures, prints and writes; the exit code."""
        options = self._options(argv)
        machine = Machine.here(self.libraries)
        watch = Watch()
        try:
            rows = self.measure(options)
        except Exception:  # noqa: BLE001  # 1 would say that a limit was missed
            traceback.print_exc()
            return BROKEN
        watch.stop()
        code = exit_code(rows, smoke=options.smoke, cores=machine.cores, others=watch.others)
        for line in self._lines(options, machine, watch, rows):
            sys.stdout.write(line + "\n")
        sys.stdout.write(_verdict(code, rows, options) + "\n")
        if options.json is not None:
            found = {
                "benchmark": self.name,
                "smoke": options.smoke,
                "repetitions": options.repetitions,
                "machine": machine.to_json(),
                "load": watch.to_json(),
                "rows": [row.to_json() for row in rows],
                "exit_code": code,
            }
            options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        return code

    def _options(self, argv: Sequence[str] | None) -> Options:
        parser = argparse.ArgumentParser(prog=f"benchmarks.{self.name}", description=self.title)
        parser.add_argument("--smoke", action="store_true", help="about a second, no limits")
        parser.add_argument("--json", type=Path, metavar="FILE", help="the table, for programs")
        parser.add_argument("--repetitions", type=int, default=self.defaults.repetitions)
        parser.add_argument("--seconds", type=float, default=self.defaults.seconds)
        given = vars(parser.parse_args(argv))
        if given["smoke"]:
            given |= {"repetitions": 1, "seconds": min(given["seconds"], SMOKE_S)}
        return Options(**given)

    def _lines(
        self, options: Options, machine: Machine, watch: Watch, rows: Sequence[Row]
    ) -> Iterable[str]:
        yield f"{self.name}: {self.title}"
        yield f"  machine   {machine.text}"
        yield f"  versions  {machine.versions_text}"
        yield f"  load      {watch.text}"
        how = "smoke, no limits" if options.smoke else "interleaved; the median meets the limit"
        yield f"  how       {options.repetitions} repetitions, {how}"
        for note in self.notes:
            yield f"            {note}"
        yield ""
        yield from table(rows, judged=not options.smoke)
        yield ""


def exit_code(rows: Sequence[Row], *, smoke: bool, cores: int, others: float) -> int:
    """Where the machine was not ours to measure on there is no verdict, neither good nor bad."""
    if smoke:
        return MET
    if cores < CORES_MIN or others > OTHERS_MAX:
        return NO_VERDICT
    return MISSED if any(row.missed for row in rows) else MET


def table(rows: Sequence[Row], *, judged: bool = True) -> Iterable[str]:
    head = ("what", "median", "min..max", "unit", "limit", "")
    lines = [head, *(row.cells if judged else (*row.cells[:-1], "") for row in rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(head))]
    for number, line in enumerate(lines):
        padded = [
            cell.rjust(width) if at in {1, 2} else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        yield "  ".join(padded).rstrip()
        if not number:
            yield "-" * (sum(widths) + 2 * (len(widths) - 1))


def show(number: float) -> str:
    """Three digits that matter, and no more than a reader needs."""
    size = abs(number)
    if size >= 100:
        return f"{number:,.0f}"
    return f"{number:.1f}" if size >= 10 else f"{number:.2f}" if size >= 0.1 else f"{number:.3g}"


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, ...]:
    """Repetition by repetition: what ran side by side is compared."""
    return tuple(mine / other for mine, other in zip(ours, theirs, strict=True))


def _verdict(code: int, rows: Sequence[Row], options: Options) -> str:
    if options.smoke:
        return "smoke: it runs; nothing was judged"
    limits = [row for row in rows if row.limit]
    missed = [row.what for row in limits if row.missed]
    words = f"missed: {'; '.join(missed)}" if missed else f"all {len(limits)} limits met"
    if code == NO_VERDICT:
        return f"NO VERDICT, the machine was too busy or too small ({words})"
    return words
