"""The command line lists every command, and every way to end has its own exit code."""

import builtins
import os
import pkgutil
import subprocess
import sys
from collections.abc import Callable
from types import ModuleType
from typing import NoReturn

import click
import pytest

from nfrcheck import cli, errors

Behaviour = Callable[[], object]


@pytest.fixture
def list_does(monkeypatch: pytest.MonkeyPatch) -> Callable[[Behaviour], None]:
    """Put a command that does what the test says in the place of `list`."""

    def put(behaviour: Behaviour) -> None:
        module = ModuleType("stand_in")
        vars(module)["command"] = click.Command("list", callback=behaviour)
        monkeypatch.setitem(sys.modules, "stand_in", module)
        monkeypatch.setitem(cli.COMMANDS, "list", cli.Door("stand_in", "command", "Stands in."))

    return put


def raising(error: BaseException) -> Behaviour:
    def behaviour() -> NoReturn:
        raise error

    return behaviour


def refusing(code: int) -> Behaviour:
    return lambda: click.get_current_context().exit(code)


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        pytest.param(lambda: None, 0, id="nothing-returned"),
        pytest.param(lambda: 3, 3, id="code-returned"),
        pytest.param(refusing(4), 4, id="exit-called"),
        pytest.param(raising(errors.ScenarioError("no such link")), 2, id="author"),
        pytest.param(raising(errors.Aborted("error rate above 80 %")), 5, id="guard"),
        pytest.param(raising(errors.NotRestored("region b is down")), 6, id="not-restored"),
        pytest.param(raising(errors.Refused("outside the window")), 8, id="refused"),
        pytest.param(raising(ZeroDivisionError()), 7, id="bug"),
        pytest.param(raising(click.FileError("plan.json")), 2, id="click-would-say-1"),
        pytest.param(raising(KeyboardInterrupt()), 130, id="ctrl-c"),
    ],
)
def test_each_way_to_end_has_its_code(
    list_does: Callable[[Behaviour], None], behaviour: Behaviour, code: int
) -> None:
    list_does(behaviour)

    assert cli.exit_code(["list"]) == code


def test_an_error_says_what_is_wrong_and_what_to_do(
    list_does: Callable[[Behaviour], None], capsys: pytest.CaptureFixture[str]
) -> None:
    list_does(raising(errors.DeploymentError("region b has no entry", "name one under entries")))

    cli.exit_code(["list"])

    shown = capsys.readouterr()
    assert shown.err == "error: region b has no entry\nhelp: name one under entries\n"
    assert not shown.out


def test_a_bug_keeps_its_traceback_and_is_no_verdict(
    list_does: Callable[[Behaviour], None], capsys: pytest.CaptureFixture[str]
) -> None:
    list_does(raising(ZeroDivisionError("rate")))

    cli.exit_code(["list"])

    shown = capsys.readouterr().err
    assert "ZeroDivisionError: rate" in shown
    assert "no verdict about your system" in shown


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(["rnu"], "no command is called 'rnu'; did you mean 'run'?", id="misspelt"),
        pytest.param(["--colour"], "No such option", id="unknown-flag"),
        pytest.param(["--color", "blue"], "'blue' is not one of", id="unknown-colour"),
        pytest.param([], "Commands:", id="nothing"),
    ],
)
def test_a_wrong_command_line_is_code_2_and_says_why(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.exit_code(arguments) == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("choice", "environment", "wanted"),
    [
        pytest.param("auto", {}, None, id="left-to-the-terminal"),
        pytest.param("auto", {"NO_COLOR": "1"}, False, id="NO_COLOR"),
        pytest.param("auto", {"FORCE_COLOR": "1"}, True, id="FORCE_COLOR"),
        pytest.param("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False, id="NO_COLOR-wins"),
        pytest.param("auto", {"NO_COLOR": ""}, None, id="empty-is-unset"),
        pytest.param("auto", {"TERM": "dumb"}, False, id="dumb-terminal"),
        pytest.param("always", {"NO_COLOR": "1"}, True, id="flag-beats-NO_COLOR"),
        pytest.param("never", {"FORCE_COLOR": "1"}, False, id="flag-beats-FORCE_COLOR"),
    ],
)
def test_colour_follows_the_flag_then_the_environment(
    choice: str, environment: dict[str, str], wanted: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert cli.colour(choice) is wanted


def test_an_error_is_red_when_colour_is_asked_for(
    list_does: Callable[[Behaviour], None], capsys: pytest.CaptureFixture[str]
) -> None:
    list_does(raising(errors.UsageError("no such run")))

    cli.exit_code(["--color", "always", "list"])

    assert "\x1b[31m" in capsys.readouterr().err


def test_a_reader_that_goes_away_is_no_failed_target() -> None:
    # `list` writes more than a pipe holds to a pipe whose reader has closed it.
    program = (
        "import sys, types, click; from nfrcheck import cli;"
        "sys.modules['stand_in'] = types.SimpleNamespace("
        "command=click.Command('list', callback=lambda: print('x' * 1_000_000)));"
        "cli.COMMANDS['list'] = cli.Door('stand_in', 'command', ''); sys.argv[1:] = ['list'];"
        "cli.main()"
    )
    reader, writer = os.pipe()
    os.close(reader)
    try:
        ended = subprocess.run(
            [sys.executable, "-c", program],
            stdout=writer,
            stderr=subprocess.PIPE,
            check=False,
            timeout=30,
        )
    finally:
        os.close(writer)

    assert ended.returncode == cli.READER_GONE
    assert ended.stderr == b""


def test_help_lists_every_command_with_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.exit_code(["--help"]) == 0

    shown = capsys.readouterr().out
    for name, door in cli.COMMANDS.items():
        assert f"  {name} " in shown
        assert door.help in shown


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_each_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.exit_code([name, "--help"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"Usage: nfrcheck {name}")
    assert lines[2].strip(), "the command has no help"


def test_no_command_module_hides_a_builtin() -> None:
    # Importing `nfrcheck.cli.list` would set `list` on the package, over the builtin.
    modules = {found.name for found in pkgutil.iter_modules(cli.__path__)}

    assert not modules & set(dir(builtins))
