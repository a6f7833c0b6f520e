"""The first line of a run: one word, what is counted, and what must be done now."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nfrcheck.model.scorecard import EXIT_NAMES
from nfrcheck.model.verdict import Outcome
from nfrcheck.reports import words
from nfrcheck.reports.bars import Segment, segments
from nfrcheck.reports.rows import CSS, counts, outcome_of

_WORDS = {
    Outcome.FAIL: "Failed",
    Outcome.INVALID: "Invalid run",
    Outcome.INCONCLUSIVE: "Inconclusive",
    Outcome.NOT_RUN: "Not run",
    Outcome.WAIVED: "Not run",
    Outcome.PASS: "Passed",
}
_COUNTED = {
    Outcome.FAIL: "failed",
    Outcome.INVALID: "invalid",
    Outcome.INCONCLUSIVE: "inconclusive",
    Outcome.NOT_RUN: "not run",
    Outcome.WAIVED: "waived",
    Outcome.PASS: "passed",
}
_ENDED = {
    5: ("Aborted", "inv"),
    6: ("Not put back", "fail"),
    7: ("Internal error", "fail"),
    8: ("Refused", "not"),
    130: ("Interrupted", "inv"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    css: str
    number: str
    word: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    word: str
    css: str
    counted: str
    """`2 of 14 targets missed, 1 inconclusive`."""
    passed: str
    """`11/14`."""
    exit: str
    """`1 (fail)`."""
    alarm: str
    """What must be done now because something is not put back; else empty."""
    ended: str
    """How the run ended when that was not as planned; else empty."""
    restored: str
    counts: tuple[Count, ...]
    segments: tuple[Segment, ...]

    @property
    def counts_text(self) -> str:
        return ", ".join(f"{count.number} {count.word}" for count in self.counts)


def headline(run: Mapping[str, Any]) -> Headline:
    found = counts(run)
    word, css = _word(run, found)
    code = run["exit_code"]
    return Headline(
        word=word,
        css=css,
        counted=_counted(found),
        passed=f"{found[Outcome.PASS]}/{len(run['targets'])}",
        exit=f"{code} ({EXIT_NAMES.get(code, 'unknown')})",
        alarm=_alarm(run),
        ended="" if run.get("ended") in {None, "complete"} else str(run["ended"]),
        restored=_restored(run.get("restored")),
        counts=tuple(
            Count(css=CSS[outcome], number=words.count(number), word=_COUNTED[outcome])
            for outcome, number in found.items()
        ),
        segments=segments([(CSS[outcome], number) for outcome, number in found.items()]),
    )


def _word(run: Mapping[str, Any], found: Mapping[Outcome, int]) -> tuple[str, str]:
    """Never a green word unless something passed, the exit code is 0 and all is put back."""
    code, outcome = run["exit_code"], outcome_of(run)
    if run.get("restored") is False:
        return _ENDED[6]
    if code in _ENDED and not (code == 5 and outcome is Outcome.FAIL):
        return _ENDED[code]
    if outcome is Outcome.PASS and (code != 0 or not found[Outcome.PASS]):
        outcome = Outcome.NOT_RUN
    return _WORDS[outcome], "not" if outcome is Outcome.WAIVED else CSS[outcome]


def _counted(found: Mapping[Outcome, int]) -> str:
    total = sum(found.values())
    if not total:
        return "no target was judged"
    lead = f"{found[Outcome.FAIL]} of {words.count(total, 'target')} missed"
    if not found[Outcome.FAIL]:
        lead = f"{found[Outcome.PASS]} of {words.count(total, 'target')} proven"
    others = (Outcome.INVALID, Outcome.INCONCLUSIVE, Outcome.NOT_RUN, Outcome.WAIVED)
    return ", ".join([lead, *(f"{found[o]} {_COUNTED[o]}" for o in others if found[o])])


def _alarm(run: Mapping[str, Any]) -> str:
    if run.get("restored") is not False and run["exit_code"] != 6:
        return ""
    return (
        "Something that this run injected could not be confirmed as put back. Now: nfrcheck restore"
    )


def _restored(restored: bool | None) -> str:
    if restored is None:
        return "nothing was injected"
    return "everything put back and verified" if restored else "NOT everything put back"
