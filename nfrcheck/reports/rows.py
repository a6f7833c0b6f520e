"""The rows of the targets table, as strings: one view for page, terminal, Markdown and JUnit."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from nfrcheck.model.verdict import Outcome
from nfrcheck.reports import changes, words
from nfrcheck.reports.bars import Bar, bar
from nfrcheck.reports.clean import one_line
from nfrcheck.reports.qualities import ORDER, quality
from nfrcheck.reports.remarks import interval_of, odds_text, remark

ATTENTION = "Needs attention"
WAIVED = "Waived"
MOST_PARTS = 100

CSS = {
    Outcome.FAIL: "fail",
    Outcome.INVALID: "inv",
    Outcome.INCONCLUSIVE: "inc",
    Outcome.NOT_RUN: "not",
    Outcome.WAIVED: "wai",
    Outcome.PASS: "pass",
}
WORDS = {outcome: outcome.value.replace("-", " ") for outcome in Outcome}
RANK = {outcome: rank for rank, outcome in enumerate(CSS)}

_ODDS = {
    Outcome.PASS: " for the target",
    Outcome.FAIL: " against the target",
    Outcome.INCONCLUSIVE: "",
}

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_PATH = re.compile(r"[A-Za-z0-9_@+-][A-Za-z0-9_.@+-]*(/[A-Za-z0-9_@+-][A-Za-z0-9_.@+-]*)*")
_WEB = re.compile(r"https?://[A-Za-z0-9._~:/?#\[\]@!$&()*+,;=%-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """`href` is empty where the text may not become a link."""

    text: str
    href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What stands in the number columns of a row or of one of its parts."""

    outcome: Outcome
    css: str
    word: str
    name: str
    limit: str
    measured: str
    interval: str
    samples: str
    failures: str
    because: str
    place: str
    bar: Bar | None
    bar_label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One target."""

    id: str
    anchor: str
    title: str
    check: str
    group: str
    source: str
    """`file:line` as the plan knows it."""
    place: str
    """The same without folders."""
    requirement: Link | None
    advisory: bool
    stretch: str
    drill: str
    """The drill that the target is about; may be empty."""
    figures: Figures
    next_step: str
    supports: str
    remark: str
    """Why a pass and its interval do not contradict each other; else empty."""
    waiver: str
    evidence: tuple[Link, ...]
    parts: tuple[Figures, ...]
    parts_summary: str
    parts_cut: str
    since_last: str
    """How the number changed since the last run; a dash where nothing is known."""
    since_word: str
    """`worse` or `better` where the change is more than noise."""
    compared: str
    """Why that is said."""

    @property
    def outcome(self) -> Outcome:
        return self.figures.outcome

    @property
    def since_css(self) -> str:
        return changes.CSS.get(self.since_word, "")

    @property
    def said(self) -> bool:
        """Whether the reason of the verdict says itself what the remark does."""
        return "with the evidence of" in self.figures.because

    @property
    def attention(self) -> bool:
        return self.group == ATTENTION


def rows(run: Mapping[str, Any]) -> tuple[Row, ...]:
    """In the order in which they should be read: what needs attention first, then by quality."""
    paths = frozenset(entry["path"] for entry in run.get("files") or ())
    runs = Counter(drill["drill"] for drill in run.get("drills") or ())
    made = [_row(target, number, paths, runs) for number, target in enumerate(run["targets"])]
    order = {group: place for place, group in enumerate((ATTENTION, *ORDER, WAIVED))}

    def place(row: Row) -> tuple[int, int, bool]:
        rank = RANK[row.outcome] if row.attention else 0
        return order[row.group], rank, row.advisory

    return tuple(sorted(made, key=place))


def counts(run: Mapping[str, Any]) -> dict[Outcome, int]:
    """How many targets have which outcome, the most worrying first."""
    found = [outcome_of(target) for target in run["targets"]]
    return {outcome: found.count(outcome) for outcome in CSS}


def outcome_of(thing: Mapping[str, Any]) -> Outcome:
    """A word that this version does not know is no pass."""
    try:
        return Outcome(thing["verdict"])
    except ValueError:
        return Outcome.INVALID


def _row(
    target: Mapping[str, Any], number: int, paths: frozenset[str], runs: Mapping[str, int]
) -> Row:
    outcome, drill = outcome_of(target), drill_of(target, runs)
    parts = sorted(target.get("parts") or (), key=lambda part: RANK[outcome_of(part)])
    name = target["id"]
    return Row(
        id=name,
        anchor=f"t-{name}" if _NAME.fullmatch(name) else f"t-{number}",
        title=target.get("title") or name,
        check=target["check"],
        group=_group(outcome, target["check"]),
        source=target.get("source") or "",
        place=(target.get("source") or "").rpartition("/")[2],
        requirement=_requirement(target.get("requirement") or ""),
        advisory=target.get("class") == "advisory",
        stretch=target.get("stretch") or "",
        drill=drill,
        figures=figures(target, runs.get(drill, 0)),
        next_step=_next_step(outcome, target.get("needed")),
        supports=_supports(outcome, target),
        remark=remark(outcome, target),
        waiver=_waiver(target) if outcome is Outcome.WAIVED else "",
        evidence=tuple(link(text, paths) for text in target.get("evidence") or ()),
        parts=tuple(figures(part) for part in parts[:MOST_PARTS]) if len(parts) > 1 else (),
        parts_summary=_parts_summary(parts) if len(parts) > 1 else "",
        parts_cut=_parts_cut(len(parts)),
        since_last=changes.since_last(target),
        since_word=changes.beyond_noise(target),
        compared=one_line(changes.sentence(target["compared"])) if target.get("compared") else "",
    )


def _group(outcome: Outcome, check: str) -> str:
    if outcome is Outcome.PASS:
        return quality(check)
    return WAIVED if outcome is Outcome.WAIVED else ATTENTION


def drill_of(target: Mapping[str, Any], drills: Collection[str]) -> str:
    """The drill that a target's place or stretch names ("drill lose-b", "lose-b/2/hold")."""
    place = str((target.get("where") or {}).get("drill") or "")
    named = [place, *re.split(r"[\s/,]+", target.get("stretch") or "")]
    return next((name for name in named if name in drills), "")


def figures(verdict: Mapping[str, Any], runs: int = 0) -> Figures:
    """`runs` of its drill: a target with as many samples was judged by its runs."""
    limit, measured = verdict.get("limit"), verdict.get("measured")
    interval = interval_of(verdict)
    value = limit.get("value") if limit else None
    chosen = words.scale(verdict.get("unit") or "", measured, value, interval or ())
    outcome = outcome_of(verdict)
    limit_shown = words.limit_text(limit["text"]) if limit else words.NOTHING
    shown = words.NOTHING if measured is None else chosen.with_unit(chosen.number(measured))
    spread = words.interval_text(chosen, interval)
    failures, samples = verdict.get("failures"), verdict.get("samples") or 0
    return Figures(
        outcome=outcome,
        css=CSS[outcome],
        word=WORDS[outcome],
        name=_name(verdict),
        limit=limit_shown,
        measured=shown,
        interval=spread,
        samples=words.count(samples, "run") if runs and samples == runs else words.count(samples),
        failures="" if failures is None else f"{words.count(failures)} failed",
        because=one_line(verdict.get("because") or ""),
        place=words.where(verdict.get("where") or {}),
        bar=bar(limit, measured, interval),
        bar_label=f"measured {shown}, interval {spread or words.NOTHING}, target {limit_shown}",
    )


def _name(verdict: Mapping[str, Any]) -> str:
    name, place = verdict.get("name") or "", words.where(verdict.get("where") or {})
    return " · ".join(dict.fromkeys(text for text in (name, place) if text)) or "all"


def _next_step(outcome: Outcome, needed: Mapping[str, Any] | None) -> str:
    """More evidence helps only where evidence is what is missing."""
    if outcome is not Outcome.INCONCLUSIVE or not needed:
        return ""
    missing = []
    if needed.get("requests"):
        missing.append(words.count(needed["requests"], "more request"))
    if needed.get("seconds"):
        missing.append(f"{words.duration(needed['seconds'])} longer")
    if needed.get("drills"):
        missing.append(words.count(needed["drills"], "more drill run"))
    return f"To decide: {' or '.join(missing)}." if missing else ""


def _supports(outcome: Outcome, target: Mapping[str, Any]) -> str:
    """What the evidence is worth; nothing where it cannot be believed."""
    if outcome not in _ODDS:
        return ""
    odds, side = target.get("odds"), _ODDS[outcome]
    said = [one_line(target.get("supports") or "")]
    if odds is not None:
        said.append(f"odds {odds_text(odds)}{side}")
    return " · ".join(text for text in said if text)


def _waiver(target: Mapping[str, Any]) -> str:
    """Who accepted it until when; empty where the reason of the verdict says so itself."""
    waived = target.get("waived") or {}
    owner, until = waived.get("owner") or "nobody", waived.get("until") or "no end date"
    if owner in target["because"] and until in target["because"]:
        return ""
    because = one_line(waived.get("because") or "no reason given")
    return f"Accepted by {owner} until {until}: {because}"


def _requirement(text: str) -> Link | None:
    if not text:
        return None
    return Link(text=text, href=text if _WEB.fullmatch(text) else "")


def link(text: str, paths: Iterable[str]) -> Link:
    """A link only to a file of this run that lies beside the page."""
    path = re.sub(r"(:[0-9]+)+$", "", text)
    safe = path in paths and _PATH.fullmatch(path) is not None
    return Link(text=text, href=path if safe else "")


def _parts_summary(parts: list[Mapping[str, Any]]) -> str:
    found = [outcome_of(part) for part in parts]
    said = [f"{found.count(outcome)} {WORDS[outcome]}" for outcome in CSS if outcome in found]
    return f"{len(parts)} parts: {', '.join(said)}"


def _parts_cut(number: int) -> str:
    if number <= MOST_PARTS:
        return ""
    return f"Showing {MOST_PARTS} of {number}, the worst first; the rest is in run.json."
