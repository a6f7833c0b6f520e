"""From verdict to test outcome: what passes, what fails, and the text that says why."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from nfrcheck.testing.results import GOOD, UNDECIDED, Run, Target

PASS, FAIL, SKIP, WARN = "pass", "fail", "skip", "warn"
LETTERS = {
    "pass": (".", "PASSED"),
    "waived": (".", "WAIVED"),
    "fail": ("F", "FAILED"),
    "invalid": ("F", "INVALID"),
    "inconclusive": ("?", "INCONCLUSIVE"),
    "not-run": ("?", "NOT RUN"),
}
BROKEN = ("F", "BROKEN RUN")
LAST = "nfr_scorecard"
"""The property that ends what is told of one target."""


class Judged(NamedTuple):
    """What becomes of the test; `text` is empty for a plain pass."""

    outcome: str
    text: str = ""


def judge(run: Run, target: Target | None, name: str, inconclusive: str) -> Judged:
    """`inconclusive` (fail, skip, warn) spares only what leans to pass, as `nfrcheck run` does."""
    if run.broken:
        return Judged(FAIL, _broken(run, target, name))
    if target is None:
        return Judged(FAIL, f"{name}: the run has no such target; see {run.folder}")
    if target.verdict in GOOD:
        return Judged(PASS)
    if not target.critical:
        return Judged(SKIP, f"{_gist(target)}; advisory: {target.because}")
    if target.verdict in UNDECIDED and target.leans_to_pass and inconclusive != "fail":
        return Judged(inconclusive, f"{_gist(target)}; {target.because}")
    return Judged(FAIL, row(run, target))


def row(run: Run, target: Target) -> str:
    """One target with everything that a reader needs to doubt it; the gist stands in line 1."""
    words = target.words
    lines = {
        "required": words["required"],
        "measured": words["measured"],
        "interval": f"{words['interval']} (95 %)",
        "n": words["n"],
        "because": target.because,
        "to decide": words["next"].removeprefix("To decide: "),
        "target": target.source,
        "scorecard": shown(run.scorecard),
    }
    return "\n".join(
        [_gist(target), *(f"  {key:<9}  {value}" for key, value in lines.items() if value)]
    )


def _gist(target: Target) -> str:
    word = LETTERS.get(target.verdict, ("", target.verdict.upper()))[1]
    return f"{target.id} {word}: {target.words['measured']}, required {target.words['required']}"


def _broken(run: Run, target: Target | None, name: str) -> str:
    """No verdict of a run that was cut short counts, whatever it was until then."""
    until = ""
    if target is not None:
        until = f"\n  until then {target.verdict}: {target.because}"
    where = f"\n  scorecard  {shown(run.scorecard)}" if run.targets else ""
    return f"{name}: {run.broken}{until}{where}"


def shown(path: Path | None) -> str:
    """From the working folder on where it lies below it."""
    if path is None:
        return ""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def properties(run: Run, target: Target) -> Iterator[tuple[str, str]]:
    """For the JUnit file, and for the table: text survives the way from an xdist worker."""
    yield "nfr_target", target.id
    yield "nfr_verdict", target.verdict
    yield "nfr_required", target.words["required"]
    yield "nfr_measured", target.words["measured"]
    yield "nfr_interval", target.words["interval"]
    yield "nfr_n", target.words["n"]
    yield "nfr_because", target.because
    yield "nfr_source", target.source
    yield LAST, shown(run.scorecard)
