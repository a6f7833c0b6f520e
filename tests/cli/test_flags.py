"""Every flag of every command is also a variable with one meaning, and is explained."""

import importlib
import re
from collections.abc import Iterator
from typing import NamedTuple

import click
import pytest
from click.core import ParameterSource

from nfrcheck import cli
from nfrcheck.cli.options import PROFILES, Flag
from nfrcheck.cli.settings import SETTINGS
from nfrcheck.scenario.phases import PROFILES as DECLARED
from tests.cli.project import Project

NOT_FLAGS = {"--help", "--version"}
# What a type that is ours takes; every other one is tried with a word.
WORDS = {
    "integer": "7",
    "float": "7",
    "boolean": "1",
    "duration": "3 s",
    "names": "md",
    "integer range": "7",
}
MOMENT = "2026-11-22T02:17"


class Given(NamedTuple):
    """One flag of one command."""

    words: tuple[str, ...]
    command: click.Command
    option: click.Option

    @property
    def long(self) -> str:
        return next(name for name in self.option.opts if name.startswith("--"))

    @property
    def id(self) -> str:
        return " ".join((*self.words, self.long))


def walk(command: click.Command, words: tuple[str, ...] = ()) -> Iterator[Given]:
    for option in command.params:
        if isinstance(option, click.Option) and not NOT_FLAGS & set(option.opts):
            yield Given(words, command, option)
    if isinstance(command, click.Group):
        ctx = click.Context(command)
        for name in command.list_commands(ctx):
            below = command.get_command(ctx, name)
            assert below is not None
            yield from walk(below, (*words, name))


def flags() -> list[Given]:
    found = [*walk(cli.root)]
    assert len(found) > 40
    return found


FLAGS = flags()
each = pytest.mark.parametrize("given", FLAGS, ids=lambda given: given.id)


@each
def test_it_is_a_variable_and_says_so(given: Given) -> None:
    variable = given.option.envvar
    name = given.long.removeprefix("--").replace("-", "_").upper()

    assert isinstance(variable, str)
    assert variable.startswith("NFRCHECK_")
    assert variable.endswith(name)
    assert given.option.show_envvar
    assert variable in given.command.get_help(click.Context(given.command, terminal_width=400))


@each
def test_it_is_explained(given: Given) -> None:
    assert given.option.help
    assert given.option.help[0].isupper() or ":" in given.option.help
    assert re.search(r"[.\])]$", given.option.help), "a help is a sentence"


def test_a_variable_means_the_same_in_every_command() -> None:
    kinds: dict[str, dict[str, str]] = {}
    for given in FLAGS:
        kind = given.option.type.to_info_dict()
        several = f"{kind.get('choices', kind['name'])} {given.option.multiple}"
        kinds.setdefault(str(given.option.envvar), {})[given.id] = several

    assert not {name: by for name, by in kinds.items() if len(set(by.values())) > 1}


def word_for(option: click.Option) -> str:
    if isinstance(option.type, click.Choice):
        return str(option.type.choices[-1])
    if isinstance(option.type, click.Path) and option.type.exists:
        return "."
    if option.opts[-1] == "--at":
        return MOMENT
    return WORDS.get(option.type.name, "x")


@each
def test_its_variable_counts_and_the_flag_counts_more(
    given: Given, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.folder)
    option, word = given.option, word_for(given.option)
    assert option.name
    monkeypatch.setenv(str(option.envvar), word)

    ctx = click.Context(given.command)
    by_variable, _ = option.handle_parse_result(ctx, {}, [])
    assert ctx.get_parameter_source(option.name) is ParameterSource.ENVIRONMENT
    ctx = click.Context(given.command)
    typed: object = True if option.is_flag else word
    by_flag, _ = option.handle_parse_result(
        ctx, {option.name: (typed,) if option.multiple else typed}, []
    )

    assert ctx.get_parameter_source(option.name) is ParameterSource.COMMANDLINE
    assert by_variable == by_flag


def test_what_may_stand_in_the_repository_is_a_flag_and_the_other_way_round() -> None:
    keys = {option.key for _, _, option in FLAGS if isinstance(option, Flag) and option.key}

    assert keys | {"deployment", "out"} == set(SETTINGS)
    assert {"deployment", "out"} <= {given.long.removeprefix("--") for given in FLAGS}


def test_the_profiles_are_those_of_the_language() -> None:
    assert set(PROFILES) == set(DECLARED)


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_each_command_is_named_after_what_it_does(name: str) -> None:
    door = cli.COMMANDS[name]

    assert isinstance(getattr(importlib.import_module(door.module), door.attribute), click.Command)
