"""Reads and plans files without contact and gathers all that is to be said about them."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nfrcheck.cli.files import ENDING, SCENARIO_ENDING, SCENARIOS, existing, find_deployment
from nfrcheck.errors import Diagnostic, InvalidFiles, NfrcheckError, UsageError
from nfrcheck.plan import Options, plan
from nfrcheck.plan.asked import guesses
from nfrcheck.plan.decidable import Sample, guarantees, samples, undecidable
from nfrcheck.plan.lengths import cut_short
from nfrcheck.plan.steps import Plan
from nfrcheck.reports.workflow import command
from nfrcheck.scenario.read import Pair, read_deployment, read_pair, read_scenario

UNDECIDABLE, ALONE, UNPLANNED, REFUSED = "NFR021", "NFR023", "NFR024", "NFR025"
CUT_SHORT, GUESSED = "NFR026", "NFR028"
_GITHUB_MOST = 10
_GITHUB_LEVEL = {"error": "error", "warning": "warning", "later": "notice"}
_LIMIT_LINES = 40


@dataclass(slots=True)
class Checked:
    """All that was found, and one line for each pair that could be planned."""

    diagnostics: list[Diagnostic]
    decided: list[str]


def check_all(
    files: Sequence[Path], deployment: str | None, *, profile: str | None, strict: bool
) -> Checked:
    """Raises UsageError for a file that is not there."""
    checked = Checked([], [])
    for path in files or _all_scenarios():
        try:
            _check(path, deployment, profile, checked)
        except InvalidFiles as invalid:
            checked.diagnostics += invalid.diagnostics
    unique = list(dict.fromkeys(checked.diagnostics))
    if strict:
        unique = [
            replace(found, severity="error") if found.severity == "warning" else found
            for found in unique
        ]
    return Checked(unique, checked.decided)


def _all_scenarios() -> list[Path]:
    found = sorted(SCENARIOS.glob(f"*{SCENARIO_ENDING}"))
    if not found:
        raise UsageError(
            f"no file was named and there is no {SCENARIOS}/*{SCENARIO_ENDING}",
            "nfrcheck init URL writes a first one",
        )
    return found


def _check(path: Path, deployment: str | None, profile: str | None, checked: Checked) -> None:
    if path.name.endswith(ENDING):
        read_deployment(existing(path))
        return
    existing(path)
    try:
        place = find_deployment(path, deployment)
    except UsageError as error:
        if deployment:
            raise
        checked.diagnostics += _alone(path, error)
        return
    pair = read_pair(path, place, profile=profile)
    checked.diagnostics += pair.diagnostics
    made = _planned(pair, checked)
    if made is not None:
        if made.needs_approval:
            checked.diagnostics.append(_unapproved(made, pair))
        checked.diagnostics += _cut_short(made, pair)
        checked.diagnostics += _guessed(made, pair)
        checked.diagnostics += _undecidable(made)
        checked.decided.append(_decided(path, made))


def _alone(path: Path, error: UsageError) -> Iterator[Diagnostic]:
    read_scenario(path)
    yield Diagnostic(
        code=ALONE,
        severity="warning",
        message=f"checked alone, names and load were not compared: {error.message}",
        path=str(path),
        remedy=error.remedy,
    )


def _unapproved(made: Plan, pair: Pair) -> Diagnostic:
    """What is protected may still be valid."""
    return Diagnostic(
        code=REFUSED,
        severity="warning",
        message=f"{made.deployment} is protected: it may only be observed, by probes with GET and "
        "HEAD, unless this plan is approved",
        path=pair.deployment.path,
        remedy="nfrcheck plan FILE -o PLAN.JSON, and have its hash approved",
    )


def _cut_short(made: Plan, pair: Pair) -> Iterator[Diagnostic]:
    if sentence := cut_short(made):
        yield Diagnostic(
            code=CUT_SHORT,
            severity="warning",
            message=sentence,
            path=pair.deployment.path,
            remedy="shorten the phases, or let the deployment's owner raise `max_time`",
        )


def _guessed(made: Plan, pair: Pair) -> Iterator[Diagnostic]:
    for entry, sentence in guesses(made):
        yield Diagnostic(
            code=GUESSED,
            severity="warning",
            message=sentence,
            path=pair.deployment.path,
            remedy=f"such as `health: /health` in the entry {entry}; else the drill may be INVALID",
        )


def _planned(pair: Pair, checked: Checked) -> Plan | None:
    """What would be refused before a run is said now."""
    try:
        return plan(pair.scenario, pair.deployment, Options())
    except NfrcheckError as error:
        checked.diagnostics.append(
            Diagnostic(
                code=UNPLANNED,
                severity="error",
                message=error.message,
                path=pair.deployment.path,
                remedy=error.remedy,
            )
        )
        return None


def _undecidable(made: Plan) -> Iterator[Diagnostic]:
    for sample in undecidable(made):
        path, line = _source(sample.source)
        limit = "" if sample.limit == "availability" else f" {sample.limit}"
        yield _at_limit(
            Diagnostic(
                code=UNDECIDABLE,
                severity="warning",
                message=f"`{sample.target}`{limit} cannot be decided by this plan: {sample.load}",
                path=path,
                line=line,
                remedy=_either(sample),
            ),
            "at_least" if sample.limit == "availability" else sample.limit,
        )
    for target in guarantees(made):
        path, line = _source(target.source)
        yield _at_limit(
            Diagnostic(
                code=UNDECIDABLE,
                severity="warning",
                message=f"`{target.id}` allows no failure at all: no load can confirm that",
                path=path,
                line=line,
                remedy="promise a share below 100 %",
            ),
            "at_least",
        )


def _either(sample: Sample) -> str:
    return ", or ".join(sample.remedies)


def _source(source: str) -> tuple[str, int]:
    path, _, line = source.rpartition(":")
    return path, int(line)


def _at_limit(found: Diagnostic, key: str) -> Diagnostic:
    """The same at the limit itself, which may stand on a line below the target's name."""
    lines = Path(found.path).read_text("utf-8", errors="replace").splitlines()
    head = lines[found.line - 1] if found.line <= len(lines) else ""
    indent = len(head) - len(head.lstrip())
    for number, text in enumerate(lines[found.line - 1 :][:_LIMIT_LINES], start=found.line):
        below = number > found.line
        if below and text.strip() and len(text) - len(text.lstrip()) <= indent:
            break
        value = re.search(rf"(?<![\w.-]){re.escape(key)}:\s*([^,}}#]*[^,}}#\s])", text)
        if value:
            column, length = value.start(1) + 1, len(value[1])
            return replace(found, line=number, column=column, length=length, source=text)
    return replace(found, column=indent + 1, length=len(head.strip().split(":")[0]), source=head)


def _decided(path: Path, made: Plan) -> str:
    open_ = {sample.target for sample in undecidable(made)} | {t.id for t in guarantees(made)}
    lacking = [target for target in made.targets if target.judge is None]
    able = len(made.targets) - len(open_) - len(lacking)
    budgets = sum(one.left_s is not None and one.target not in open_ for one in samples(made))
    measured = f", {budgets} of them only with what its drills measure" if budgets else ""
    not_run = f" \N{MIDDLE DOT} {len(lacking)} will be NOT RUN" if lacking else ""
    count = f"{able} of {len(made.targets)} targets{measured}{not_run}"
    return f"{path} on {made.deployment}: can decide {count}"


def github(diagnostics: Iterable[Diagnostic]) -> list[str]:
    """Workflow commands; GitHub shows ten of a kind, so the last one counts the rest."""
    lines: list[str] = []
    for severity, level in _GITHUB_LEVEL.items():
        found = [one for one in diagnostics if one.severity == severity]
        room = found if len(found) <= _GITHUB_MOST else found[: _GITHUB_MOST - 1]
        lines += [_command(level, one) for one in room]
        if len(found) > len(room):
            lines.append(command(level, f"and {len(found) - len(room)} more; see the log"))
    return lines


def _command(level: str, found: Diagnostic) -> str:
    place: dict[str, str | int] = {"file": found.path}
    if found.line:
        column = max(1, found.column)
        place |= {"line": found.line, "col": column, "endColumn": column + found.length}
    text = found.message + (f" ({found.remedy})" if found.remedy else "")
    return command(level, text, **place, title=found.code)
