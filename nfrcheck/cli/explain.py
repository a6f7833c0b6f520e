"""`nfrcheck explain`: the cause and the remedy of a code."""

import click
from click.shell_completion import CompletionItem

EXIT_CODES = "exit-codes"


def _codes(_ctx: click.Context, _param: click.Parameter, begun: str) -> list[CompletionItem]:
    from nfrcheck.scenario.codes import CODES

    names = (*CODES, EXIT_CODES)
    return [CompletionItem(name) for name in names if name.lower().startswith(begun.lower())]


@click.command(
    help="Explain the code of an error or warning, such as NFR021; without one, list all. "
    f"{EXIT_CODES} explains how a command can end."
)
@click.argument("code", required=False, shell_complete=_codes)
def command(code: str | None) -> None:
    import difflib
    import textwrap

    from nfrcheck.errors import UsageError
    from nfrcheck.scenario.codes import CODES

    if code is None:
        for name, each in CODES.items():
            click.echo(f"{click.style(name, bold=True)}  {each.title}")
        click.echo(f"{click.style(EXIT_CODES, bold=True)}  how a command can end")
        return
    if code == EXIT_CODES:
        _exit_codes()
        return
    wanted = code.upper()
    number = wanted.removeprefix("NFR")
    wanted = f"NFR{int(number):03d}" if number.isascii() and number.isdigit() else wanted
    if wanted not in CODES:
        near = difflib.get_close_matches(wanted, (*CODES, EXIT_CODES.upper()), n=1, cutoff=0.5)
        shown = near and (near[0] if near[0] in CODES else EXIT_CODES)
        meant = f"did you mean {shown}? " if shown else ""
        raise UsageError(f"there is no code {code}", f"{meant}nfrcheck explain lists them all")
    found = CODES[wanted]
    click.echo(f"{click.style(wanted, bold=True)}  {click.style(found.title, bold=True)}\n")
    click.echo(textwrap.fill(found.cause, 80))
    click.echo()
    click.echo(textwrap.fill(f"What to do: {found.remedy}", 80))


def _exit_codes() -> None:
    """One row a code; the first of those that apply is the one that a run ends with."""
    import textwrap

    from nfrcheck.model.endings import ENDINGS, PRECEDENCE

    for ending in ENDINGS:
        head = f"{ending.code:>3}  {ending.name:<13} "
        click.echo(textwrap.fill(ending.when, 96, initial_indent=head, subsequent_indent=" " * 19))
    order = ", ".join(map(str, PRECEDENCE))
    click.echo(f"\nOf several that apply to a run, the first of {order} is taken.")
