"""`nfrcheck doctor`: whether this machine can measure, and whether a run left something behind."""

import click

_MARKS = {
    "good": click.style("✓", fg="green"),
    "note": click.style("!", fg="yellow", bold=True),
    "bad": click.style("✗", fg="red", bold=True),
}
NOT_RESTORED = 6


@click.command(
    help="Check Python, extras, limits and clock of this machine, and look for faults that a run "
    "left behind (then it ends with 6). A run that is under way is named. Contacts nothing."
)
def command() -> int:
    from nfrcheck.cli.health import machine, open_runs

    for found in machine():
        _row(found.state, found.text, found.remedy)
    left = open_runs()
    for found in left:
        _row(found.state, found.text, found.remedy)
    if any(found.state == "bad" for found in left):
        click.echo("exit 6 (not restored)")
        return NOT_RESTORED
    return 0


def _row(state: str, text: str, remedy: str) -> None:
    import shutil

    click.echo(f" {_MARKS[state]} {text}", nl=not remedy)
    if remedy:
        room = shutil.get_terminal_size((100, 24)).columns - len(text) - 3
        click.echo(f"   {remedy}" if len(remedy) + 3 <= room else f"\n     {remedy}")
