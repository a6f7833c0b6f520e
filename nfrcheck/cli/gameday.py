"""`nfrcheck gameday`: runs that begin by themselves, and what is printed for the people there."""

import click

from nfrcheck.cli.gameday_pages import ci_command, history_command, runbook_command
from nfrcheck.cli.gameday_run import notify_command, run_command
from nfrcheck.cli.gameday_when import check_command, next_command


@click.group(help="Game days: when they are due, whether they may start, and starting them.")
def command() -> None:
    pass


for each in (
    next_command,
    check_command,
    run_command,
    runbook_command,
    history_command,
    ci_command,
    notify_command,
):
    command.add_command(each)
