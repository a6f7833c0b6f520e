"""The stages one after another: read, plan, run, keep, judge, report. What the doors open onto."""

import asyncio
import datetime as dt
import importlib.metadata
import os
import re
import secrets
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nfrcheck import __version__
from nfrcheck.errors import NfrcheckError, NotRestored, Refused, UsageError
from nfrcheck.history.append import held, is_held
from nfrcheck.history.keep import (
    PLAN,
    RUN,
    evidence_files,
    new_folder,
    read_json,
    write_json,
)
from nfrcheck.history.read import read_history
from nfrcheck.history.recorded import INCOMPLETE, EvidenceLost, must_be_as_recorded
from nfrcheck.judge import Facts, judge
from nfrcheck.kinds import Target
from nfrcheck.model.scorecard import Scorecard
from nfrcheck.plan import Options, plan
from nfrcheck.plan.fingerprint import fingerprint
from nfrcheck.plan.keep import kept_targets, read_targets, streams_of
from nfrcheck.plan.secret_names import secrets_of
from nfrcheck.plan.show import step_seconds
from nfrcheck.plan.steps import Plan
from nfrcheck.remember import kept_known, read_known, record, remember
from nfrcheck.run.controller import Ended, run
from nfrcheck.run.in_place import refuse_what_is_in_place
from nfrcheck.run.lock import Place, hold
from nfrcheck.run.others import beside_notes, refuse_open_ledgers
from nfrcheck.run.step import name_secrets
from nfrcheck.run.ui import Ui
from nfrcheck.scenario.read import Pair
from nfrcheck.wire.answers import find, parse
from nfrcheck.wire.ask import ask

BUILD_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody asks a run for, besides the two files."""

    out: Path = Path("reports/runs")
    seed: int | None = None
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    max_time_s: float | None = None
    command: str = ""
    end_with_stdin: bool = False
    """The end of standard input ends the run as SIGTERM does: whoever began it is gone."""
    faults: bool = True
    """False: a plan that would inject anything is refused."""
    beside: tuple[str, ...] = ()
    """Runs whose faults are meant to be in place while this one measures."""
    locked: bool = False
    """Whoever asks holds the lock of the deployment already."""
    notes: tuple[str, ...] = ()
    """What a reader of the scorecard must know about how this run began."""
    freshness_s: float | None = None
    """After so many seconds a proof of an earlier run counts as stale."""
    digest: str | None = None
    """The hash that the plan must have (`plan.fingerprint`), or nothing is contacted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    scorecard: Scorecard
    folder: Path


def carry_out(pair: Pair, wish: Wish, ui: Ui) -> Result:
    """One whole run. Raises what must be put right before anything was contacted."""
    wish = replace(wish, notes=(*wish.notes, *beside_notes(wish.beside)))
    run_id = _run_id(pair.scenario.name)
    place = Place(name=pair.deployment.name, path=Path(pair.deployment.path))
    name_secrets(secrets_of(pair.scenario, pair.deployment))
    with nullcontext() if wish.locked else hold(place, f"run {run_id}", beside=wish.beside):
        refuse_open_ledgers(wish.beside, place)
        return _carry_out(pair, wish, ui, run_id)


def _carry_out(pair: Pair, wish: Wish, ui: Ui, run_id: str) -> Result:
    seed = secrets.randbelow(2**31) if wish.seed is None else wish.seed
    options = Options(
        seed=seed,
        run_id=run_id,
        contact=True,
        only=wish.only,
        skip=wish.skip,
        max_time_s=wish.max_time_s,
    )
    made = _plan(pair, options, wish.digest)
    made = replace(made, build=_build(pair, made), notes=(*made.notes, *wish.notes))
    _refuse(made, wish)
    unwell = refuse_what_is_in_place(pair.deployment, made, wish.beside)
    made = replace(made, notes=(*made.notes, *unwell))
    made, folder = begin(made, wish, run_id)
    ui.begin(run_id, folder, _about(made))
    ui.expect((step.label, step_seconds(step)) for step in made.steps)
    with held(folder / PLAN):
        stdin, beside = wish.end_with_stdin, wish.beside
        running = run(made, folder, run_id, ui, end_with_stdin=stdin, beside=beside)
        ended = asyncio.run(running)
    if ended.lost:
        raise _lost(folder, ended.lost, restored=ended.restored)
    try:
        return judge_folder(folder, ended=ended)
    except OSError as error:
        because = error.strerror or str(error)
        raise _lost(folder, because, restored=ended.restored) from error


def begin(made: Plan, wish: Wish, run_id: str) -> tuple[Plan, Path]:
    """Keeps the plan, with what earlier runs say, and says in the history that this run begins.

    All of it is on disk before anything is contacted. Raises EvidenceLost.
    """
    try:
        folder = new_folder(wish.out, run_id)
        with remember(wish.out) as memory:
            known = memory.known(made)
            made = memory.carry(made, known)
            kept = {
                **_plan_json(made, run_id, wish.command),
                "past": kept_known(known),
                "freshness_s": wish.freshness_s,
            }
            write_json(folder / PLAN, kept)
            memory.begin(made, run_id, known)
    except OSError as error:
        raise _lost(wish.out / run_id, error.strerror or str(error)) from error
    return made, folder


def _refuse(made: Plan, wish: Wish) -> None:
    """A plan of nothing, or of more than was wanted."""
    if not made.targets:
        raise UsageError("no target is left", "look at --only and --skip")
    if made.drills and not wish.faults:
        names = ", ".join(dict.fromkeys(drill.name for drill in made.drills))
        raise Refused(
            f"the plan injects faults ({names}), and this call allows none",
            "leave --no-faults out, or choose targets that need no drill with --only",
        )


def _plan(pair: Pair, options: Options, digest: str | None) -> Plan:
    """The plan; raises Refused if it must have a hash that it has not, before any contact."""
    if digest is None:
        return plan(pair.scenario, pair.deployment, options)
    for contact in (False, True):  # the bodies of requests are read again for the second
        made = plan(pair.scenario, pair.deployment, replace(options, contact=contact))
        if (now := fingerprint(made)) != digest:
            raise Refused(
                f"the plan is another one than was asked for: its hash is {now}, not {digest}",
                "plan it again: nfrcheck plan FILE -o PLAN.JSON",
            )
    return made


def _about(made: Plan) -> str:
    """Such as `shop · 3 targets · staging · gameday · seed 7`."""
    targets = f"{len(made.targets)} target{'s' if len(made.targets) != 1 else ''}"
    profile = [made.profile] if made.profile != "ci" else []
    parts = [made.scenario, targets, made.deployment, *profile, f"seed {made.seed}"]
    return " \N{MIDDLE DOT} ".join(parts)


def _run_id(scenario: str) -> str:
    """Names the folder, the ledger and the faults: plain, whatever the file is called."""
    now = dt.datetime.now(dt.UTC)
    plain = re.sub(r"[^A-Za-z0-9._]+", "-", scenario)[:80]
    return f"{now:%Y-%m-%dT%H%M%SZ}-{plain}-{secrets.token_hex(2)}"


def _lost(folder: Path, because: str, *, restored: bool | None = None) -> NfrcheckError:
    """What is still injected is worse than evidence that is lost."""
    told = f"the run folder {folder} could not be written: {because}"
    if restored is False:
        return NotRestored(f"something may still be injected; and {told}", "nfrcheck restore")
    return EvidenceLost(told, "free space, or choose another folder with --out")


def judge_folder(
    folder: Path,
    *,
    targets: Sequence[Target] | None = None,
    limits: str = "",
    ended: Ended | None = None,
) -> Result:
    """Judges a kept run and writes `run.json`; the same folder gives the same bytes.

    `targets` replace those of the plan, and every report says that they are of `limits`. Raises
    UsageError where there is no run, EvidenceLost where files are not those that were recorded.
    """
    if not (folder / PLAN).is_file():
        raise UsageError(f"{folder} holds no run: there is no {PLAN}", "name a folder of --out")
    if ended is None:
        must_be_as_recorded(folder)
    kept = read_json(folder / PLAN)
    history = read_history(folder, streams=kept["streams"])
    facts = _facts(kept, history.events, ended)
    facts = replace(facts, files=evidence_files(folder), limits=limits)
    chosen = tuple(targets) if targets is not None else read_targets(kept)
    scorecard = judge(chosen, history, facts)
    document = scorecard.to_json()
    write_json(folder / RUN, document)
    # A run that still goes on would be recorded with a part of its evidence.
    if targets is None and (facts.ended != INCOMPLETE or not is_held(folder / PLAN)):
        record(folder, kept, document, chosen, history)
    return Result(scorecard=scorecard, folder=folder)


def _plan_json(made: Plan, run_id: str, command: str) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "run": run_id,
        "scenario": made.scenario,
        "description": made.description,
        "deployment": made.deployment,
        "build": made.build,
        "profile": made.profile,
        "seed": made.seed,
        "command": command,
        "streams": streams_of(made),
        "touched": list(made.touched),
        "notes": list(made.notes),
        "versions": _versions(),
        **kept_targets(made.targets),
    }


def _facts(
    kept: Mapping[str, Any], events: Sequence[Mapping[str, Any]], ended: Ended | None
) -> Facts:
    """From what is on disk alone, so that a kept run gives the same scorecard again."""
    started = next((e for e in events if e["event"] == "run" and e["state"] == "started"), None)
    last = next((e for e in events if e["event"] == "run" and e["state"] == "ended"), None)
    restored = last["restored"] if last else (ended.restored if ended else None)
    return Facts(
        scenario=kept["scenario"],
        description=kept["description"],
        deployment=kept["deployment"],
        build=kept["build"],
        started_at=started["wall"] if started else "1970-01-01T00:00:00+00:00",
        seed=kept["seed"],
        versions=dict(kept["versions"]),
        command=kept["command"],
        ended=last["reason"] if last else INCOMPLETE,
        ended_because=last["because"] if last else "the run has no end: its controller died",
        restored=restored,
        notes=tuple(kept["notes"]),
        run=kept["run"],
        known=read_known(kept.get("past") or {}),
        freshness_s=kept.get("freshness_s"),
    )


def _versions() -> dict[str, str]:
    versions = {"nfrcheck": __version__}
    for name in ("locust", "numpy", "pydantic"):
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


def _build(pair: Pair, made: Plan) -> str | None:
    """Which build runs, from a variable or from what an entry answers; None if nobody says."""
    build = pair.deployment.build
    if build is None:
        return None
    if build.env:
        return _named_build(os.environ.get(build.env))
    entry = build.entry or next(iter(made.entries), "")
    if entry not in made.entries:
        return None
    answer = ask(made.entries[entry], build.get or "/", timeout_s=BUILD_S)
    well = 200 <= answer.status < 300  # else a proxy speaks, or the service's trouble
    return _named_build(find(parse(answer.body), build.json_ or "")) if well else None


def _named_build(said: object) -> str | None:
    """Two runs of builds without a name are not runs of one build."""
    if isinstance(said, bool) or not isinstance(said, str | int | float):
        return None
    return str(said).strip() or None
