"""What `nfrcheck run` does with its flags: files or a kept plan, the run, its end."""

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from nfrcheck.cli.events import Events
from nfrcheck.cli.files import Files, read_files
from nfrcheck.cli.finish import Shown, finish
from nfrcheck.cli.kept_plan import is_plan, kept_plan
from nfrcheck.cli.live import ui_for
from nfrcheck.cli.planned import show_plan
from nfrcheck.cli.reporting import Wanted, ready_for
from nfrcheck.pipeline import Wish, carry_out
from nfrcheck.plan import Options
from nfrcheck.run.others import beside_notes
from nfrcheck.scenario.diagnostics import as_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One command line, its flags as they are called there."""

    scenario: Path
    deployment: str | None
    out: Path | None
    profile: str | None
    seed: int | None
    only: tuple[str, ...]
    skip: tuple[str, ...]
    max_time: float | None
    inconclusive: str
    dry_run: bool
    formats: tuple[str, ...]
    assets: str
    junit: Path | None
    every: bool
    end_with_stdin: bool
    no_faults: bool
    beside: tuple[str, ...]
    quiet: bool


def carry(ctx: click.Context, asked: Asked, events: Events | None) -> int:
    """The exit code of the run, or of the plan with `--dry-run`."""
    files, how = _meant(ctx, asked)
    if events:
        events.found(as_json(files.pair.diagnostics))
    if asked.dry_run:
        beside_notes(asked.beside)  # refuses what the run would refuse
        return _plan(files, how, events)
    return _run(ctx, asked, files, how, events)


def _meant(ctx: click.Context, asked: Asked) -> tuple[Files, dict[str, Any]]:
    """The files, and those fields of `Wish` that make the plan: a kept one's, or this call's."""
    if is_plan(asked.scenario):
        kept = kept_plan(ctx, asked.scenario)
        return kept.files, dict(kept.wish)
    files = read_files(asked.scenario, asked.deployment, profile=asked.profile, colour=ctx.color)
    how = {"seed": asked.seed, "only": asked.only, "skip": asked.skip}
    return files, {**how, "max_time_s": asked.max_time}


def _plan(files: Files, how: dict[str, Any], events: Events | None) -> int:
    fields = {name: how[name] for name in ("only", "skip", "max_time_s")}
    made = show_plan(files.pair, Options(seed=how["seed"] or 0, **fields))
    click.echo("nothing was contacted")
    if events:
        targets = [target.id for target in made.targets]
        events.tell("plan", seconds=made.seconds, targets=targets, touched=list(made.touched))
        events.end(0, "only planned; nothing was contacted")
    return 0


def _run(
    ctx: click.Context, asked: Asked, files: Files, how: dict[str, Any], events: Events | None
) -> int:
    wish = Wish(
        out=asked.out or files.out,
        command=shlex.join(["nfrcheck", *_words(sys.argv[1:])]),
        end_with_stdin=asked.end_with_stdin,
        faults=not asked.no_faults,
        beside=asked.beside,
        **how,
    )
    shown = Shown(
        reports=Wanted(formats=asked.formats, split=asked.assets == "split"),
        junit=ready_for(asked.junit) if asked.junit else None,
        every=asked.every,
        events=events,
    )
    with ui_for(colour=ctx.color, quiet=asked.quiet) as ui:
        result = carry_out(files.pair, wish, events.with_(ui) if events else ui)
    return finish(result, colour=ctx.color, lenient=asked.inconclusive == "warn", shown=shown)


def _words(arguments: list[str]) -> list[str]:
    """The command as typed; a path below the working folder is shown from there."""
    here = f"{Path.cwd()}/"
    return [argument.removeprefix(here) for argument in arguments]
