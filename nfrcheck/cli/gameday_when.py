"""`nfrcheck gameday next` and `check`: when it is due, and whether it may start."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click

from nfrcheck.cli.gameday_files import at_option, choose, gamedays_option, moment, read_days
from nfrcheck.cli.options import flag
from nfrcheck.model.outside import printable

REFUSED = 8
_NEEDS = {"plan": "needs an approval", "none": "needs no approval"}


@click.command("next", help="Show when game days are due. Contacts nothing.")
@click.argument("name", required=False)
@gamedays_option
@flag(
    "--count",
    type=click.IntRange(1, 366),
    default=3,
    show_default=True,
    help="How many dates of each game day.",
)
@at_option
def next_command(name: str | None, gamedays: Path, count: int, at: str | None) -> None:
    days = {name: choose(gamedays, name).day} if name else read_days(gamedays)
    if not days:
        click.echo(f"{gamedays} holds no game day")
    rows = [row for each, day in days.items() for row in _dates(each, day, count, at)]
    widths = [max((len(row[n]) for _, row in rows), default=0) for n in range(3)]
    for _, row in sorted(rows, key=lambda pair: pair[0]):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        click.echo(printable("   ".join([*cells, *row[3:]]).rstrip()))


def _dates(
    name: str, day: Any, count: int, at: str | None
) -> Iterator[tuple[datetime, tuple[str, ...]]]:
    from itertools import islice

    from nfrcheck.gameday.blackout import closed
    from nfrcheck.gameday.gate import in_words
    from nfrcheck.gameday.read import shown
    from nfrcheck.gameday.schedule import opening, upcoming

    window = f"window {shown(day.window.open)}\N{EN DASH}{shown(day.window.close)}"
    # What is due right now counts as still to come.
    after = moment(at, day) - timedelta(seconds=1)
    for due in islice(upcoming(day, after), count):
        when = f"{due:%a %Y-%m-%d %H:%M} {day.timezone}"
        stands = closed(day, due, due + timedelta(minutes=1))
        if stands:
            yield due, (when, name, "BLOCKED", in_words(stands[0]))
        elif opening(day, due).is_over(due):
            yield due, (when, name, "BLOCKED", "the clocks go forward over its window")
        else:
            yield due, (when, name, window, _NEEDS[day.approval.needed])


@click.command("check", help="Say whether a game day would start now, and why not (exit 8).")
@click.argument("name", required=False)
@gamedays_option
@at_option
def check_command(name: str | None, gamedays: Path, at: str | None) -> int:
    chosen = choose(gamedays, name)

    from nfrcheck.cli.gameday_facts import gather, locked_by, place_of
    from nfrcheck.cli.gameday_files import planned
    from nfrcheck.gameday.gate import decide, near, refusal

    now = moment(at, chosen.day)
    ready = planned(chosen)
    facts = gather(chosen, ready, now, locked=locked_by(place_of(ready)))
    local = now.astimezone(chosen.day.zone)
    due = f"due {near(facts.due, local)} {chosen.day.timezone}"
    click.echo(f"{chosen.name}   {due}   now {local:%a %Y-%m-%d %H:%M}")
    reasons = decide(chosen.day, facts)
    for reason in reasons:
        mark, colour = ("✓", "green") if reason.good else ("✗", "red")
        click.echo(f" {click.style(mark, fg=colour)} {printable(reason.text)}")
    against = refusal(reasons)
    click.echo(f"would {'not ' if against else ''}start \N{MIDDLE DOT} nothing was contacted")
    return REFUSED if against else 0
