"""A flag beats its variable, that the repository's file, and the file the default."""

import click
import pytest

from nfrcheck.cli.run import command
from nfrcheck.cli.settings import SETTINGS, setting
from nfrcheck.errors import UsageError
from tests.cli.project import Project

FILE = "scenarios/shop.nfr.yaml"
KEYS = {
    # key: what the file says, what the variable says, what the flag says
    "profile": ("gameday", "soak", "ci"),
    "max-time": ("1 min", "2 min", "3 min"),
    "inconclusive": ("warn", "fail", "warn"),
    "format": ("md", "junit", "html"),
    "assets": ("split", "inline", "split"),
    "junit": ("a.xml", "b.xml", "c.xml"),
}
SWITCHES = ("quiet", "all")


def parsed(key: str, *words: str) -> object:
    ctx = command.make_context("run", [FILE, *words])
    [option] = [
        one for one in command.params if isinstance(one, click.Option) and f"--{key}" in one.opts
    ]
    assert option.name
    value: object = ctx.params[option.name]
    return value


@pytest.fixture
def inside(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.chdir(project.folder)
    return project


@pytest.mark.parametrize("key", KEYS)
def test_each_beats_the_next(key: str, inside: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    in_file, in_variable, typed = KEYS[key]
    default = parsed(key)
    expected = [parsed(key, f"--{key}", word) for word in (in_file, in_variable, typed)]
    inside.write("pyproject.toml", f'[tool.nfrcheck]\n{key} = "{in_file}"\n')

    found = [parsed(key)]
    name = {"format": "REPORT_FORMAT"}.get(key, key.replace("-", "_").upper())
    monkeypatch.setenv(f"NFRCHECK_{name}", in_variable)
    found += [parsed(key), parsed(key, f"--{key}", typed)]

    assert found == expected
    assert default != expected[0]


@pytest.mark.parametrize("key", SWITCHES)
def test_a_switch_of_the_file_can_be_taken_back(
    key: str, inside: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside.write("pyproject.toml", f"[tool.nfrcheck]\n{key} = true\n")

    assert parsed(key) is True
    monkeypatch.setenv(f"NFRCHECK_{key.upper()}", "0")
    assert parsed(key) is False
    assert parsed(key, f"--{key}") is True


def test_every_key_is_tried_here_or_where_files_are_found() -> None:
    assert {*KEYS, *SWITCHES, "deployment", "out", "strict"} == set(SETTINGS)


def test_the_command_reads_the_file(project: Project) -> None:
    target = "availability: {at_least: 99.99 %}"
    path = project.folder / FILE
    path.write_text(path.read_text("utf-8").replace("at_most: 12 min", "at_most: 10 s"), "utf-8")
    assert target in path.read_text("utf-8")

    lenient = project.run("validate")
    project.write("pyproject.toml", "[tool.nfrcheck]\nstrict = true\n")
    strict = project.run("validate")
    again = project.run("validate", NFRCHECK_STRICT="0")

    assert (lenient.returncode, strict.returncode, again.returncode) == (0, 2, 0)


def test_a_word_that_the_flag_does_not_take_is_refused(project: Project) -> None:
    project.write("pyproject.toml", '[tool.nfrcheck]\nprofile = "smoke"\n')

    ended = project.run("run", FILE)

    assert ended.returncode == 2
    assert "'smoke' is not one of 'ci', 'gameday', 'soak'" in ended.stderr
    assert not project.contacted


@pytest.mark.parametrize("name", ["restore", "doctor"])
def test_what_helps_in_trouble_needs_no_file_that_is_right(name: str, project: Project) -> None:
    project.write("pyproject.toml", "[tool.nfrcheck]\nprofil = 3\n")

    assert project.run(name).returncode == 0


@pytest.mark.usefixtures("inside")
def test_what_nobody_declared_is_none() -> None:
    assert setting("profile")[0] is None


def test_a_file_above_the_working_folder_counts(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write("pyproject.toml", '[tool.nfrcheck]\nprofile = "soak"\n')
    below = project.folder / "scenarios"
    monkeypatch.chdir(below)

    assert setting("profile") == ("soak", project.folder)
    project.write("pyproject.toml", '[tool.nfrcheck]\njunit = "out/junit.xml"\n')
    assert parsed("junit") == project.folder / "out" / "junit.xml"


def test_a_switch_is_no_text(inside: Project) -> None:
    inside.write("pyproject.toml", '[tool.nfrcheck]\nquiet = "yes"\n')

    with pytest.raises(UsageError, match=r"`quiet` in .* is true or false"):
        setting("quiet")
