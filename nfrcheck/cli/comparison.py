"""Two runs, or a run and its history, target by target: what changed, in rows."""

import shutil
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nfrcheck.cli.reporting import read_run
from nfrcheck.comparing import against_history, of_two
from nfrcheck.errors import UsageError
from nfrcheck.history.keep import PLAN, read_json
from nfrcheck.history.past import Past, read_past
from nfrcheck.model.comparison import Compared, Known
from nfrcheck.model.outside import why
from nfrcheck.reports.changes import difference, sentence
from nfrcheck.reports.clean import cut
from nfrcheck.reports.markdown import plain
from nfrcheck.reports.rows import figures

FAIL = "fail"
WIDEST = 60
"""Letters of a target's name in the table."""
_COLOURS = {"worse": "red", "better": "green"}
_HEADS = ("TARGET", "BEFORE", "NOW", "CHANGE", "VERDICT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One target; what does not exist in one of the runs is a dash."""

    target: str
    compared: Compared
    before: str
    now: str
    change: str
    was: str
    """The verdict before; empty where there is none."""
    verdict: str

    @property
    def regressed(self) -> bool:
        return self.compared.word == "worse" or (
            self.verdict == FAIL and self.was not in {FAIL, ""}
        )

    @property
    def verdicts(self) -> str:
        same = not self.was or self.was == self.verdict
        return self.verdict if same else f"{self.was} → {self.verdict}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The result of one comparison."""

    title: str
    rows: tuple[Row, ...]

    @property
    def regressed(self) -> bool:
        return any(row.regressed for row in self.rows)

    @property
    def summary(self) -> str:
        counted = [(word, self._number(word)) for word in ("worse", "better", "same", "unknown")]
        said = [f"{number} {_WORDS.get(word, word)}" for word, number in counted if number]
        moved = sum(bool(row.was) and row.was != row.verdict for row in self.rows)
        if moved:
            said.append(f"{moved} with another verdict")
        return " · ".join(said) or "no target in common"

    def _number(self, word: str) -> int:
        return sum(row.compared.word == word for row in self.rows)


_WORDS = {"unknown": "not comparable"}
HEAD = "bold"
Lines = Iterator[tuple[str, str | None]]
"""A line and its colour, or `HEAD`."""


def against_past(folder: Path) -> Found:
    """One run and the comparable ones that began before it. Raises UsageError."""
    run, known = read_run(folder), _known(folder)
    rows = [_against(target, known.get(target["id"], Known())) for target in run["targets"]]
    return Found(title=f"{folder.name} and the runs before it", rows=tuple(rows))


def side_by_side(old: Path, new: Path) -> Found:
    """Two runs. Raises UsageError."""
    before, now = read_run(old), read_run(new)
    was = {target["id"]: target for target in before["targets"]}
    left, right = _known(old), _known(new)
    rows = []
    for target in now["targets"]:
        name = target["id"]
        earlier, mine = was.get(name), right.get(name, Known())
        if earlier is None:
            compared = Compared(word="unknown", because="the other run did not judge this target")
        else:
            alike = name in left and name in right and left[name].alike == mine.alike
            compared = of_two(earlier, target, mine, alike=alike)
        rows.append(_row(target, earlier["verdict"] if earlier else "", compared))
    return Found(title=f"{old.name} → {new.name}", rows=tuple(rows))


def _known(folder: Path) -> dict[str, Known]:
    """What the history says of the targets of a run, as far as it began before that run."""
    try:
        kept = read_json(folder / PLAN)
        run, deployment, known = kept["run"], kept["deployment"], dict(kept.get("past") or {})
    except KeyError as error:
        raise UsageError(f"{folder / PLAN} is damaged: it has no `{error.args[0]}`") from error
    except (OSError, ValueError, TypeError, AssertionError) as error:
        raise UsageError(f"{folder / PLAN} cannot be read: {why(error)}") from error
    past = read_past(folder.parent).without(run)
    return {name: _of_now(past, name, one, deployment) for name, one in known.items()}


def _of_now(past: Past, name: str, one: Mapping[str, Any], deployment: str) -> Known:
    return past.known(name, alike=one["alike"], key=one["key"], deployment=deployment)


def _against(target: Mapping[str, Any], known: Known) -> Row:
    compared = against_history(target, known)
    if compared is None:
        because = "no comparable run before it: noise unknown (0 of 5 runs)"
        compared = Compared(word="unknown", because=because)
    return _row(target, known.last.verdict if known.last else "", compared)


def _row(now: Mapping[str, Any], was: str, compared: Compared) -> Row:
    unit, before = str(now.get("unit") or ""), compared.before
    return Row(
        target=now["id"],
        compared=compared,
        before=figures({**now, "measured": before, "interval": None}).measured,
        now=figures(now).measured,
        change=difference(now.get("measured"), before, unit),
        was=was,
        verdict=str(now["verdict"]),
    )


def as_json(found: Found) -> dict[str, Any]:
    return {
        "format": 1,
        "title": found.title,
        "regressed": found.regressed,
        "targets": [
            {
                "id": row.target,
                "was": row.was or None,
                "verdict": row.verdict,
                "change": row.change,
                **asdict(row.compared),
            }
            for row in found.rows
        ],
    }


def as_text(found: Found) -> Lines:
    """A table, and below each row why it is said."""
    rows = ((cut(r.target, WIDEST), r.before, r.now, r.change, r.verdicts) for r in found.rows)
    cells = [_HEADS, *rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(_HEADS))]
    width = max(60, shutil.get_terminal_size((100, 24)).columns)
    yield found.title, HEAD
    for row, cell in zip((None, *found.rows), cells, strict=True):
        line = "  ".join(text.ljust(size) for text, size in zip(cell, widths, strict=True))
        word = row.compared.word if row else ""
        mark = {"worse": "✗", "better": "✓", "same": "=", "unknown": "?"}.get(word, " ")
        yield f" {mark} {line}".rstrip(), _COLOURS.get(word) if row else HEAD
        if row:
            yield from ((text, "bright_black") for text in _wrapped(_said(row), width))
    yield found.summary, None


def _said(row: Row) -> str:
    said = sentence(asdict(row.compared))
    return said if row.compared.word == "unknown" else f"{row.compared.word}: {said}"


def _wrapped(text: str, width: int) -> list[str]:
    indent = " " * 5
    return textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=indent)


def as_markdown(found: Found) -> Lines:
    yield f"## {plain(found.title)}", None
    yield "", None
    yield "| | target | before | now | change | verdict | |", None
    yield "|-|-|-|-|-|-|-|", None
    for row in found.rows:
        cells = (row.target, row.before, row.now, row.change, row.verdicts, _said(row))
        word = _WORDS.get(row.compared.word, row.compared.word)
        yield f"| {word} | {' | '.join(plain(cell) for cell in cells)} |", None
    yield "", None
    yield plain(found.summary), None
