"""`run.json` as the strings and positions of a page: templates only place them."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nfrcheck.model.scorecard import SCHEMA_VERSION
from nfrcheck.reports import trust, words
from nfrcheck.reports.clean import clean, one_line
from nfrcheck.reports.drills import Drill, drills
from nfrcheck.reports.headline import Headline, headline
from nfrcheck.reports.proven import Proof, proofs
from nfrcheck.reports.recovery import Recovery, recovery
from nfrcheck.reports.rows import Link, Row, link, rows
from nfrcheck.reports.spending import Spending, spendings
from nfrcheck.reports.tiles import Tile, tiles
from nfrcheck.reports.timeline import Timeline, timeline

_STATES = {"proven": "pass", "broken": "fail", "unproven": "inc"}


class UnknownSchemaError(ValueError):
    """A run.json that a newer version wrote: it may say what this version cannot show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    link: Link
    size: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    css: str
    state: str
    claim: str
    by: tuple[Link, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One heading of the reference architecture's list of requirements."""

    name: str
    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    id: str
    title: str
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """All that is shown of a run."""

    title: str
    scenario: str
    description: str
    sentence: str
    head: Headline
    facts: tuple[tuple[str, str], ...]
    trust_summary: str
    tiles: tuple[Tile, ...]
    rows: tuple[Row, ...]
    groups: tuple[tuple[str, tuple[Row, ...]], ...]
    compared: bool
    """There is something to say about what changed since the last run."""
    proofs: tuple[Proof, ...]
    timeline: Timeline | None
    recovery: Recovery | None
    drills: tuple[Drill, ...]
    spendings: tuple[Spending, ...]
    trust: tuple[trust.Point, ...]
    notes: tuple[str, ...]
    findings: tuple[Finding, ...]
    architecture: tuple[Topic, ...]
    architecture_summary: str
    files: tuple[File, ...]
    environment: tuple[tuple[str, str], ...]
    command: str
    version: str
    lasted: str
    scraped: str
    """JSON for machines that find only the page; no `<` in it, so it cannot end its element."""


def view(run: Mapping[str, Any]) -> Page:
    """Pure: the same run gives the same page. Refuses a newer major version of the contract."""
    if (run.get("schema_version") or SCHEMA_VERSION) > SCHEMA_VERSION:
        raise UnknownSchemaError(f"run.json has schema_version {run['schema_version']}")
    run = clean(run)
    made, head = rows(run), headline(run)
    found = trust.points(run, made)
    topics = _architecture(run, made)
    return Page(
        title=_title(run, head),
        scenario=run["scenario"],
        description=one_line(run.get("description") or ""),
        sentence=one_line(run.get("sentence") or ""),
        head=head,
        facts=_facts(run, head),
        trust_summary=trust.summary(found),
        tiles=tiles(run, made),
        rows=made,
        groups=_groups(made),
        compared=any(row.since_last != words.NOTHING for row in made),
        proofs=proofs(run, made),
        timeline=timeline(run),
        recovery=recovery(run),
        drills=drills(run),
        spendings=spendings(run, {row.id: f"#{row.anchor}" for row in made}),
        trust=found,
        notes=tuple(one_line(note) for note in run.get("notes") or ()),
        findings=tuple(_finding(entry, n) for n, entry in enumerate(run.get("findings") or (), 1)),
        architecture=topics,
        architecture_summary=_states(topics),
        files=_files(run),
        environment=_environment(run),
        command=run.get("command") or "",
        version=(run.get("versions") or {}).get("nfrcheck", ""),
        lasted=words.duration(run["seconds"]),
        scraped=_scraped(run),
    )


def _title(run: Mapping[str, Any], head: Headline) -> str:
    when = words.moment(run["started_at"])
    parts = [f"{head.word.upper()} {head.passed}", run["scenario"], run["deployment"]]
    return " · ".join([*parts, words.day(when) if when else run["started_at"]])


def _facts(run: Mapping[str, Any], head: Headline) -> tuple[tuple[str, str], ...]:
    build = run.get("build")
    return (
        ("Scenario", run["scenario"]),
        ("Deployment", " · ".join(text for text in (run["deployment"], build) if text)),
        ("When", words.span(run["started_at"], run["seconds"])),
        ("Put back", head.restored),
        ("Exit code", head.exit),
    )


def _groups(made: tuple[Row, ...]) -> tuple[tuple[str, tuple[Row, ...]], ...]:
    names = dict.fromkeys(row.group for row in made)
    return tuple((name, tuple(row for row in made if row.group == name)) for name in names)


def _architecture(run: Mapping[str, Any], made: tuple[Row, ...]) -> tuple[Topic, ...]:
    anchors = {row.id: f"#{row.anchor}" for row in made}
    entries = run.get("architecture") or ()
    return tuple(
        Topic(
            name=topic,
            claims=tuple(_claim(entry, anchors) for entry in entries if entry["topic"] == topic),
        )
        for topic in dict.fromkeys(entry["topic"] for entry in entries)
    )


def _claim(entry: Mapping[str, Any], anchors: Mapping[str, str]) -> Claim:
    by = entry.get("by") or ()
    return Claim(
        css=_STATES.get(entry["state"], "not"),
        state=entry["state"],
        claim=entry["claim"],
        by=tuple(Link(text=name, href=anchors.get(name, "")) for name in by),
    )


def _states(topics: tuple[Topic, ...]) -> str:
    found = [claim.state for topic in topics for claim in topic.claims]
    order = ["proven", "broken", "unproven", *sorted(set(found))]
    return ", ".join(f"{found.count(s)} {s}" for s in dict.fromkeys(order) if s in found)


def _finding(entry: Mapping[str, Any], number: int) -> Finding:
    """Any mapping: what names it comes first, everything else is listed as it is."""
    name = str(entry.get("id") or f"F-{number}")
    title = str(entry.get("title") or entry.get("summary") or entry.get("because") or name)
    rest = [key for key in entry if key not in {"id", "title", "summary"}]
    return Finding(
        id=name,
        title=one_line(title),
        facts=tuple((key.replace("_", " "), _text(entry[key])) for key in rest),
    )


def _text(thing: Any) -> str:
    if isinstance(thing, str):
        return thing
    return words.NOTHING if thing is None else json.dumps(thing, ensure_ascii=False, indent=1)


def _files(run: Mapping[str, Any]) -> tuple[File, ...]:
    entries = run.get("files") or ()
    paths = frozenset(entry["path"] for entry in entries)
    return tuple(
        File(link=link(e["path"], paths), size=words.size(e["size"]), sha256=e["sha256"])
        for e in entries
    )


def _environment(run: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    versions = " · ".join(f"{name} {v}" for name, v in (run.get("versions") or {}).items())
    return (
        ("Deployment", run["deployment"]),
        ("Build", run.get("build") or words.NOTHING),
        ("Started", run["started_at"]),
        ("Lasted", words.duration(run["seconds"])),
        ("Seed", str(run["seed"])),
        ("Versions", versions or words.NOTHING),
    )


def _scraped(run: Mapping[str, Any]) -> str:
    keys = ("schema_version", "scenario", "deployment", "build", "started_at", "seconds", "seed")
    document = {key: run.get(key) for key in (*keys, "verdict", "exit_code", "restored")}
    document["targets"] = {target["id"]: target["verdict"] for target in run["targets"]}
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return re.sub("[<>&]", lambda found: f"\\u{ord(found.group()):04x}", text)
