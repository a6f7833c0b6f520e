"""`nfrcheck completion`: what a shell sources so that it completes commands, flags and files."""

import click
from click.shell_completion import get_completion_class

PROGRAM, VARIABLE = "nfrcheck", "_NFRCHECK_COMPLETE"
SHELLS = ("bash", "zsh", "fish")


@click.command(
    help="Print the completion script of a shell. In bash or zsh: "
    'eval "$(nfrcheck completion bash)"; in fish: nfrcheck completion fish | source.'
)
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    kind = get_completion_class(shell)
    assert kind, "click has the three"
    click.echo(kind(ctx.find_root().command, {}, PROGRAM, VARIABLE).source())
