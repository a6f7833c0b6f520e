"""`nfrcheck gameday run` and `notify`: starts what may start, and tells the people."""

import shlex
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from nfrcheck.cli.gameday_files import (
    Chosen,
    Planned,
    at_option,
    choose,
    gamedays_option,
    moment,
    needs,
    planned,
)
from nfrcheck.cli.options import flag, out_option
from nfrcheck.errors import NfrcheckError
from nfrcheck.model.outside import printable

REFUSED = 8
ABORTED = (5, 6, 7, 130)
DAY = timedelta(days=1)
SLACK = timedelta(hours=1)
"""Schedulers are late: a message that was due `before` is still sent within this time."""


@click.command("run", help="Start a game day if nothing stands against it (else exit 8).")
@click.argument("name", required=False)
@gamedays_option
@out_option
@flag(
    "--override-blackout",
    metavar="REASON",
    help="Start in a blackout all the same; the reason is kept with the run.",
)
@click.pass_context
def run_command(
    ctx: click.Context,
    name: str | None,
    gamedays: Path,
    out: Path | None,
    override_blackout: str | None,
) -> int:
    chosen = choose(gamedays, name)

    from nfrcheck.cli.gameday_facts import gather, place_of, still_open
    from nfrcheck.gameday.gate import decide, refusal
    from nfrcheck.run.lock import Held, hold

    ready = planned(chosen)
    with ExitStack() as stack:
        locked = None
        try:
            stack.enter_context(hold(place_of(ready), f"game day {chosen.name}"))
        except Held as held:
            locked = str(held)
        # The clock of what really starts is the real one: `check --at` asks about another time.
        facts = gather(
            *(chosen, ready, datetime.now(UTC)),
            locked=locked or still_open(place_of(ready)),
            override=override_blackout,
        )
        reasons = decide(chosen.day, facts)
        if against := refusal(reasons):
            return _refuse(chosen, against)
        notes = [f"game day {chosen.name}: {reason.text}" for reason in reasons if reason.kept]
        return _carry_out(ctx, chosen, ready, facts, (out or ready.files.out, notes))


def _refuse(chosen: Chosen, against: str) -> int:
    """Said to the people too: whoever waits for a game day must not wait in vain."""
    refused = click.style("refused:", fg="red", bold=True)
    click.echo(f"{refused} {printable(against)} \N{MIDDLE DOT} nothing was contacted", err=True)
    tell(chosen.day, f"Game day {chosen.name} did not start", against)
    click.echo(f"exit {REFUSED} (refused)", err=True)
    return REFUSED


def _carry_out(
    ctx: click.Context,
    chosen: Chosen,
    ready: Planned,
    facts: Any,
    kept: tuple[Path, Sequence[str]],
) -> int:
    """Tells that it starts, runs it, fills in the runbook, tells how it ended."""
    from nfrcheck.cli.finish import finish
    from nfrcheck.cli.gameday_pages import keep_runbook
    from nfrcheck.cli.live import ui_for
    from nfrcheck.pipeline import Wish, carry_out

    (out, notes), due = kept, facts.due
    title = f"Game day {chosen.name}"
    about = f"{ready.files.pair.scenario.name} on {ready.files.pair.deployment.name}"
    untold = tell(chosen.day, f"{title} starts", f"{about}, due {due:%a %Y-%m-%d %H:%M %Z}")
    assert ready.plan is not None, "what has no plan was refused"
    wish = Wish(
        out=out,
        # What was approved is what is done: the hash covers the seed, and the files may have
        # changed since it was looked at.
        seed=ready.plan.seed,
        digest=facts.digest,
        command=shlex.join(["nfrcheck", *sys.argv[1:]]),
        notes=(*notes, *untold),
        freshness_s=chosen.day.freshness,
        locked=True,
    )
    try:
        with ui_for(colour=ctx.color) as ui:
            result = carry_out(ready.files.pair, wish, ui)
    except (NfrcheckError, KeyboardInterrupt) as stopped:
        tell(chosen.day, f"{title} was stopped", f"{about}: {str(stopped) or 'interrupted'}")
        raise
    code = finish(result, colour=ctx.color)
    untold = _tell_the_end(chosen, result, f"{about}, exit {code}")
    page = keep_runbook(chosen, ready, result.folder, due, [*wish.notes, *untold])
    click.echo(f" runbook    {printable(str(page))}")
    return code


def _tell_the_end(chosen: Chosen, result: Any, about: str) -> list[str]:
    card = result.scorecard
    how = "ABORTED" if card.exit_code in ABORTED else "ended"
    return tell(
        chosen.day,
        f"Game day {chosen.name} {how}: {card.verdict.value}",
        f"{card.sentence}\n{about}\n{result.folder / 'scorecard.html'}",
    )


def tell(day: Any, title: str, text: str) -> list[str]:
    """What could not be delivered, in sentences; they are said on stderr too."""
    if day.notify is None:
        return []
    untold = _deliver(day.notify.urls, title, text)
    for sentence in untold:
        click.secho(f"note: {printable(sentence)}", err=True, fg="yellow")
    return untold


def _deliver(urls: Sequence[Any], title: str, text: str) -> list[str]:
    try:
        told: list[str] = needs("notify", _teller)(urls, title, text)
    except NfrcheckError as error:
        return [f"nobody was told: {error.message}"]
    return told


def _teller() -> Any:
    from nfrcheck.gameday.notify import tell as told

    return told


@click.command("notify", help="Tell that a game day is near; silent while it is not.")
@click.argument("name", required=False)
@gamedays_option
@at_option
def notify_command(name: str | None, gamedays: Path, at: str | None) -> None:
    chosen = choose(gamedays, name)

    from nfrcheck.gameday.blackout import closed
    from nfrcheck.gameday.gate import in_words
    from nfrcheck.gameday.schedule import upcoming

    day = chosen.day
    now = moment(at, day)
    due = next(upcoming(day, now))
    before = timedelta(seconds=day.notify.before or 0.0) if day.notify else timedelta()
    left = due.astimezone(UTC) - now.astimezone(UTC)
    if not before or not before - DAY < left <= before + SLACK:
        click.echo(f"{chosen.name} is due {due:%a %Y-%m-%d %H:%M}: nobody is told yet")
        return
    stands = closed(day, due, due + timedelta(minutes=1))
    what = f"BLOCKED by {in_words(stands[0])}" if stands else f"{day.scenario} on {day.deployment}"
    untold = tell(day, f"Game day {chosen.name}: {due:%a %Y-%m-%d %H:%M} {day.timezone}", what)
    told = f"{len(day.notify.urls) - len(untold)} of {len(day.notify.urls)} told"
    click.echo(f"{chosen.name} is due {due:%a %Y-%m-%d %H:%M}: {told}")
