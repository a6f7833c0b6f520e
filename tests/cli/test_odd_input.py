"""Whatever somebody writes is answered as theirs: exit code 2, the place, and no traceback."""

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from nfrcheck import cli
from tests.reports.sample_runs import sample

Say = Callable[..., tuple[int, str]]
NOTHING: Mapping[str, str] = {}
LONG = "x" * 300
SCENARIO = """\
nfrcheck: 1
load: {users: {rate: 50/s, journey: {home: {get: /}}}}
targets: {availability: {at_least: 99 %}}
"""
DEPLOYMENT = 'nfrcheck: 1\nentries: {app: {url: "http://127.0.0.1:8000"}}\n'
PAIR = {"a.nfr.yaml": SCENARIO, "a.deployment.yaml": DEPLOYMENT}
RUN = "runs/2026-11-22T020014Z-shop"


def including(name: str) -> dict[str, str]:
    return {"a.nfr.yaml": f"{SCENARIO}include: {name}\n", "a.deployment.yaml": DEPLOYMENT}


def called(**keys: str) -> dict[str, str]:
    """A component of Chaos Toolkit, on line 3."""
    call = {"module": "chaosk8s.node", "func": "drain", **keys}
    control = f"kind: chaostoolkit, kill: {{module: {call['module']}, func: {call['func']}}}"
    part = f"components: {{node: {{{control}}}}}\n"
    return {"a.nfr.yaml": SCENARIO, "a.deployment.yaml": DEPLOYMENT + part}


def gameday(scenario: str = "a.nfr.yaml", deployment: str = "a.deployment.yaml") -> dict[str, str]:
    text = (
        "gamedays:\n  weekly:\n"
        f"    scenario: {scenario}\n    deployment: {deployment}\n"
        '    schedule: "17 2 * * SUN"\n    timezone: UTC\n'
        '    window: {open: "02:00", close: "05:00"}\n    approval: {needed: none}\n'
    )
    return {"a.nfr.yaml": SCENARIO, "a.deployment.yaml": DEPLOYMENT, "gamedays.yaml": text}


def kept(run: object, plan: object) -> dict[str, str]:
    return {f"{RUN}/run.json": json.dumps(run), f"{RUN}/plan.json": json.dumps(plan)}


VALIDATE = ("validate", "a.nfr.yaml")
CASES = {
    "an include that is too long": (VALIDATE, including(LONG), "a.nfr.yaml:4:10"),
    "an include with a NUL": (VALIDATE, including(r'"a\0b"'), "a.nfr.yaml:4:10"),
    "an include that leads to itself": (VALIDATE, including("loop"), "a.nfr.yaml:4:10"),
    "a module that is a list": (VALIDATE, called(module="[a]"), "`module` takes a text"),
    "a module that is a mapping": (VALIDATE, called(module="{a: b}"), "a.deployment.yaml:3:"),
    "a function that is a list": (VALIDATE, called(func="[a]"), "`func` takes a text"),
    "a function that is a mapping": (VALIDATE, called(func="{a: b}"), "a.deployment.yaml:3:"),
    "a name that no file could have": (
        VALIDATE, {**PAIR, "a.nfr.yaml": SCENARIO.replace("users", "u" * 65)}, "a.nfr.yaml:2:8"),
    "a name of a whole file": (VALIDATE, {**PAIR, "a.nfr.yaml": f"{SCENARIO}name: {LONG}"}, ":4:7"),
    "a name that is not UTF-8": (("plan", os.fsdecode(b"a\xff.nfr.yaml")), PAIR, "is not UTF-8"),
    "a scenario that is too long": (("validate", LONG), {}, f"{LONG} is not there"),
    "a deployment that is too long": ((*VALIDATE, "-d", LONG), including("b"), "no deployment"),
    "a plan that is too long": (("run", f"{LONG}.json"), {}, "is not there"),
    "an address without its end": (("init", "http://[::1"), {}, "is not a URL"),
    "an address in brackets": (("init", "http://[1.2.3.4]/"), {}, "is not a URL"),
    "a name of a game day's scenario": (
        ("gameday", "check"), gameday(scenario=LONG), "gamedays.yaml:3:15"),
    "a name of a game day's deployment": (
        ("gameday", "check"), gameday(deployment=LONG), "gamedays.yaml: game day weekly: there is"),
    "a file of a game day's deployment": (
        ("gameday", "check"), gameday(deployment=f"{LONG}.yaml"), "gamedays.yaml: game day weekly"),
    "settings that are a number": (
        VALIDATE, {**including("b"), "pyproject.toml": "[tool]\nnfrcheck = 1\n"},
        "pyproject.toml: `nfrcheck` in [tool] is a table"),
    "tools that are a number": (
        VALIDATE, {**including("b"), "pyproject.toml": "tool = 1\n"},
        "pyproject.toml: `tool` is a table"),
    "a kept run of nothing, reported": (
        ("report", RUN), kept({}, {}), f"{RUN}/run.json is damaged: it has no `scenario`"),
    "a kept run of nothing, compared": (
        ("compare", RUN), kept({}, {}), f"{RUN}/run.json is damaged: it has no `scenario`"),
    "a kept run whose targets have no verdict": (
        ("report", RUN), kept({**sample("pass"), "targets": [{"id": "a"}]}, {}),
        f"{RUN}/run.json is damaged: it has no `verdict` of a target"),
    "a kept run that is not there": (
        ("report", "runs"), kept({}, {}), "runs/run.json cannot be read: No such file or d"),
    "a plan that is not there": (
        ("compare", RUN, "@previous"), {f"{RUN}/run.json": "{}"}, f"{RUN}/plan.json is not there"),
    "a kept plan of nothing": (
        ("compare", RUN), kept(sample("pass"), {}), f"{RUN}/plan.json is damaged: it has no `run`"),
    "a kept plan of nothing, and the run before it": (
        ("compare", RUN, "@previous"), kept(sample("pass"), {}), f"{RUN}/plan.json"),
    "a name of a run that is too long": (("report", LONG), {}, f"there is no run {LONG}"),
    "a folder of runs that is too long": (("report", "--out", LONG), {}, "there is no run in"),
}  # fmt: skip


@pytest.fixture
def say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    """The exit code and all that a command prints, in a folder with these files and no others."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NFRCHECK_STATE", str(tmp_path / "state"))

    def said(words: Sequence[str], files: Mapping[str, str] = NOTHING) -> tuple[int, str]:
        for name, text in files.items():
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_text(text, "utf-8")
        code = cli.exit_code(words)
        shown = capsys.readouterr()
        return code, shown.out + shown.err

    return said


@pytest.mark.parametrize(("words", "files", "told"), CASES.values(), ids=CASES)
def test_it_is_answered(
    say: Say, words: tuple[str, ...], files: Mapping[str, str], told: str
) -> None:
    Path("loop").symlink_to("loop")

    code, said = say(words, files)

    assert code == 2, said
    assert told in said
    assert "Traceback" not in said


def test_a_url_may_be_longer_than_the_name_of_a_file(say: Say) -> None:
    assert say(("init", f"http://shop.example/{'x' * 5000}"))[0] == 0
    assert say(("validate", "scenarios/shop-example.nfr.yaml"))[0] == 0


HOSTILE = "b\n::error::pwn\x1b]0;"
"""Begins a line that GitHub obeys, and sets the title of a terminal."""


@pytest.mark.parametrize(
    "words",
    [
        ("validate", f"{HOSTILE}.nfr.yaml"),
        ("plan", f"{HOSTILE}.nfr.yaml", "-d", "a.deployment.yaml"),
        ("plan", f"{HOSTILE}.nfr.yaml", "-d", "a.deployment.yaml", "-o", f"{HOSTILE}.json"),
        ("run", f"{HOSTILE}.gone"),
        ("run", f"--{HOSTILE}"),
        ("report", HOSTILE),
        ("init", f"http://h/{HOSTILE}"),
        ("init", "http://h/", HOSTILE),
        ("validate", "a.nfr.yaml", "-d", f"{HOSTILE}.deployment.yaml"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("text", [SCENARIO, "nfrcheck: 2\n"], ids=["valid", "not-valid"])
def test_no_name_of_a_file_steers_the_terminal_or_the_log_of_a_pipeline(
    say: Say, words: tuple[str, ...], text: str
) -> None:
    files = {**PAIR, f"{HOSTILE}.nfr.yaml": text, f"{HOSTILE}.deployment.yaml": "nfrcheck: 2\n"}

    _, said = say(words, files)

    assert "pwn" in said
    assert "\x1b]" not in said
    assert not [line for line in said.splitlines() if line.startswith("::")]


def test_what_the_run_would_refuse_the_dry_run_refuses(say: Say) -> None:
    every = say(("run", "--dry-run", "a.nfr.yaml", "--skip", "availability"), PAIR)
    beside = say(("run", "--dry-run", "a.nfr.yaml", "--beside", "nobody"))

    assert every[0] == 2
    assert "error: --skip leaves no target\nhelp: targets: availability" in every[1]
    assert beside[0] == 8
    assert "no run nobody is under way" in beside[1]


def test_a_plan_is_kept_before_that_is_said(say: Say) -> None:
    code, said = say(("plan", "a.nfr.yaml", "-o", "gone/plan.json"), PAIR)

    assert code == 2
    assert "gone/plan.json cannot be written: No such file or directory" in said
    assert "kept" not in said


def test_a_secret_file_that_is_not_there_is_named_in_words(say: Say) -> None:
    files = {
        "a.nfr.yaml": SCENARIO.replace("rate: 50/s", "rate: 50/s, as: alice"),
        "a.deployment.yaml": f"{DEPLOYMENT}principals: {{alice: {{token: {{file: token}}}}}}\n",
    }

    code, said = say(("run", "a.nfr.yaml"), files)

    assert code == 2
    assert "/token cannot be read: No such file or directory\nhelp: " in said
    assert "Errno" not in said


def nested(depth: int) -> str:
    return "nfrcheck: 1\n" + "".join(f"{' ' * n}a:\n" for n in range(depth))


@pytest.mark.parametrize(
    "text",
    [nested(61), nested(340), "nfrcheck: 1\nload: " + "- " * 350, "nfrcheck: 1\n" + "- " * 5000],
    ids=["some-mappings", "mappings", "a-list-that-is-none", "lists"],
)
def test_what_is_nested_too_deeply_has_a_line(say: Say, text: str) -> None:
    code, said = say(("validate", "a.nfr.yaml"), {**PAIR, "a.nfr.yaml": text})

    assert code == 2, said
    assert "recursion" not in said
    assert re.search(r"--> a\.nfr\.yaml:\d+:\d+", said)
