"""`nfrcheck restore`: puts back what a run left behind; shows it first and asks."""

import sys
from collections.abc import Callable

import click

from nfrcheck.cli.options import deployment_option, flag

NOT_RESTORED = 6


@click.command(
    help="Put back what a run that died left injected, prove it, and close its ledger. Shows what "
    "it will do and asks. Safe to repeat. Ends with 6 while anything is left."
)
@flag("--yes", is_flag=True, help="Do not ask.")
@flag("--list", "only_list", is_flag=True, help="Show what it would do, and do nothing.")
@flag(
    "--scan",
    is_flag=True,
    help="Ask every part of the deployment whether all is well, and restore what is not; for when "
    "the ledger is lost. Contacts the deployment.",
)
@deployment_option
def command(yes: bool, only_list: bool, scan: bool, deployment: str | None) -> int:
    from nfrcheck.cli import leftovers

    if scan:
        return leftovers.scan(deployment, _asks(yes, only_list))
    ledgers, unread = leftovers.opened()
    if not ledgers:
        click.echo("nothing is left: every ledger is closed")
        return 0
    for line in leftovers.recipes(ledgers, unread):
        click.echo(line)
    if not _asks(yes, only_list)("Put it back?"):
        return NOT_RESTORED
    return leftovers.put_back(ledgers, unread)


def _asks(yes: bool, only_list: bool) -> Callable[[str], bool]:
    """What decides whether to act; without a terminal nobody can be asked."""
    from nfrcheck.errors import UsageError

    def ask(question: str) -> bool:
        if only_list:
            return False
        if yes:
            return True
        if not sys.stdin.isatty():
            raise UsageError(
                "there is nobody to ask: standard input is no terminal", "nfrcheck restore --yes"
            )
        return click.confirm(question, default=False)

    return ask
