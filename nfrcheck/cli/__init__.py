"""The command `nfrcheck`: lists its commands without importing them, and turns errors into codes.

A command module exposes `command`; what the command returns (an int, or None for 0) is the exit
code of the process. No code of click's own gets out: its 1 would read as "a target failed".
"""

import difflib
import gc
import importlib
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import click

from nfrcheck import __version__
from nfrcheck.errors import NfrcheckError

USAGE, INTERNAL, INTERRUPTED, READER_GONE = 2, 7, 130, 141


class Door(NamedTuple):
    module: str
    attribute: str
    help: str


COMMANDS = {
    "init": Door("nfrcheck.cli.init", "command", "Write a first scenario and deployment."),
    "validate": Door("nfrcheck.cli.validate", "command", "Check the files; contact nothing."),
    "plan": Door("nfrcheck.cli.plan", "command", "Show what a run will touch and can decide."),
    "run": Door("nfrcheck.cli.run", "command", "Run a scenario against a deployment."),
    "judge": Door("nfrcheck.cli.judge", "command", "Judge a kept run again."),
    "report": Door("nfrcheck.cli.report", "command", "Write the reports of a kept run again."),
    "compare": Door("nfrcheck.cli.compare", "command", "Compare a run with those before it."),
    "history": Door("nfrcheck.cli.history", "command", "Show which target was proven when."),
    "hold": Door("nfrcheck.cli.hold", "command", "Hold one fault until it is let go."),
    "export": Door("nfrcheck.cli.export", "command", "Write drills as files of Chaos Toolkit."),
    "describe": Door("nfrcheck.cli.describe", "command", "Print what a file holds, as JSON."),
    "demo": Door("nfrcheck.cli.demo", "command", "Lose a region on this machine and judge it."),
    "doctor": Door(
        "nfrcheck.cli.doctor", "command", "Check this machine and look for left faults."
    ),
    "gameday": Door("nfrcheck.cli.gameday", "command", "Start a run by itself, on its day."),
    "restore": Door("nfrcheck.cli.restore", "command", "Put back what a run left behind."),
    "schema": Door("nfrcheck.cli.schema", "command", "Print the JSON Schema for editors."),
    "explain": Door("nfrcheck.cli.explain", "command", "Explain the code of an error."),
    "completion": Door("nfrcheck.cli.completion", "command", "Print what completes in a shell."),
    # Not `cli.list`: importing it would put a module over the builtin `list` of this file.
    "list": Door("nfrcheck.cli.listing", "command", "List the checks, faults, controls, reports."),
}


class Doors(click.Group):
    """A group that knows its commands by table and imports one only to run it."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        door = COMMANDS.get(cmd_name)
        if door is None:
            return None
        with _nothing_to_collect():
            command: click.Command = getattr(importlib.import_module(door.module), door.attribute)
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args and not ctx.resilient_parsing:
            click.echo(self.get_help(ctx), err=True)
            ctx.exit(USAGE)
        for word in args if not ctx.resilient_parsing else ():
            if not word.isascii() and word != word.encode("utf-8", "replace").decode():
                ctx.fail(f"'{word}' is not UTF-8, and the files of a run are")
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not ctx.resilient_parsing:
            near = difflib.get_close_matches(args[0], COMMANDS, n=1)
            meant = f"; did you mean '{near[0]}'?" if near else ""
            ctx.fail(f"no command is called '{args[0]}'{meant}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        with formatter.section("Commands"):
            formatter.write_dl([(name, door.help) for name, door in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except NfrcheckError as error:
            show(str(error), error.remedy, ctx.color)
            ctx.exit(error.exit_code)
        except BrokenPipeError:
            # `nfrcheck list | head` is no error; the last flush at exit must not make it one.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(READER_GONE)


@contextmanager
def _nothing_to_collect() -> Iterator[None]:
    """What is imported stays: to look through it again and again costs a tenth of a start."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def show(message: str, remedy: str | None, color: bool | None = None) -> None:
    """The two lines of an error that a person can put right, on stderr."""
    from nfrcheck.model.outside import printable

    error, help_ = click.style("error:", fg="red", bold=True), click.style("help:", fg="cyan")
    click.echo(f"{error} {printable(message)}", err=True, color=color)
    if remedy:
        click.echo(f"{help_} {printable(remedy)}", err=True, color=color)


def colour(choice: str) -> bool | None:
    """Colour for `--color`; None leaves it to whether the stream is a terminal."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return False if os.environ.get("TERM") == "dumb" else None


def _choose_colour(ctx: click.Context, _option: click.Parameter, choice: str) -> None:
    ctx.color = colour(choice)


@click.group(
    cls=Doors,
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 pass, 1 fail, 2 usage, 3 inconclusive, 4 invalid, 5 aborted, "
    "6 not restored, 7 internal, 8 refused, 130 Ctrl-C.",
)
@click.version_option(__version__, message="%(prog)s %(version)s")
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    envvar="NFRCHECK_COLOR",
    show_envvar=True,
    is_eager=True,
    expose_value=False,
    callback=_choose_colour,
    help="When to colour. NO_COLOR and FORCE_COLOR count for auto.",
)
def root() -> None:
    """Find out, on the running system, whether the promised numbers hold."""


def exit_code(arguments: Sequence[str] | None = None) -> int:
    """Run one command line (default: the process's) and say how the process should end."""
    try:
        given = list(arguments) if arguments is not None else None
        ended = root.main(given, prog_name="nfrcheck", standalone_mode=False)
    except click.Abort:
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except click.UsageError as error:
        path, color = (error.ctx.command_path, error.ctx.color) if error.ctx else ("nfrcheck", None)
        # Click breaks lines where a terminal has room, as where it lists what to choose from.
        message = " ".join(error.format_message().split())
        show(message, f"{path} --help lists what it takes", color)
        return USAGE
    except click.ClickException as error:
        show(error.format_message(), None)
        return USAGE
    except Exception:  # noqa: BLE001 - the last door: whatever it is, it is our bug and no verdict
        traceback.print_exc()
        click.echo("error: this is a bug in nfrcheck, and no verdict about your system", err=True)
        return INTERNAL
    return ended if isinstance(ended, int) else 0


def main() -> None:
    sys.exit(exit_code())
