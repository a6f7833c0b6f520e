"""Colour and repainting follow the terminal, NO_COLOR, FORCE_COLOR, CI and TERM everywhere."""

import re
import subprocess
from collections.abc import Mapping

import pytest

from tests.cli.project import Project
from tests.cli.terminal import on_a_terminal

STYLE = re.compile(r"\x1b\[[0-9;]*m")
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-HJKSThl]")

# One of each way in which a command writes: tables, diagnostics, errors, plans.
SHOWN = [
    pytest.param(["list"], id="list"),
    pytest.param(["explain"], id="explain"),
    pytest.param(["doctor"], id="doctor"),
    pytest.param(["validate", "wrong.nfr.yaml"], id="diagnostics"),
    pytest.param(["plan", "scenarios/shop.nfr.yaml"], id="plan"),
    pytest.param(["report", "nowhere"], id="error"),
    pytest.param(["nonsense"], id="usage"),
]


@pytest.fixture
def shop(project: Project) -> Project:
    project.write("wrong.nfr.yaml", "nfrcheck: 1\ntargets: {availability: {at_last: 9 %}}\n")
    return project


@pytest.mark.sampled
@pytest.mark.parametrize("arguments", SHOWN)
def test_a_terminal_gets_colour_and_no_color_takes_it_away(
    arguments: list[str], shop: Project
) -> None:
    _, coloured = on_a_terminal(arguments, shop.folder, {})
    _, plain = on_a_terminal(arguments, shop.folder, {"NO_COLOR": "1"})

    assert STYLE.search(coloured)
    assert "\x1b" not in plain
    # What the machine is like changes from one call to the next.
    assert arguments == ["doctor"] or STYLE.sub("", coloured) == plain


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("environment", "coloured"),
    [
        pytest.param({"TERM": "dumb"}, False, id="dumb"),
        pytest.param({"CI": "true"}, True, id="CI"),
        pytest.param({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False, id="NO_COLOR-wins"),
        pytest.param({"NFRCHECK_COLOR": "never"}, False, id="variable"),
        pytest.param({"NO_COLOR": "1", "NFRCHECK_COLOR": "always"}, True, id="variable-wins"),
    ],
)
def test_the_environment_decides_on_a_terminal(
    environment: Mapping[str, str], *, coloured: bool, shop: Project
) -> None:
    _, shown = on_a_terminal(["validate", "wrong.nfr.yaml"], shop.folder, environment)

    assert bool(STYLE.search(shown)) is coloured


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("environment", "coloured"),
    [pytest.param({}, False, id="pipe"), pytest.param({"FORCE_COLOR": "1"}, True, id="forced")],
)
def test_a_pipe_gets_colour_only_if_it_is_forced(
    environment: dict[str, str], *, coloured: bool, shop: Project
) -> None:
    ended = shop.start("validate", "wrong.nfr.yaml", **environment)

    assert bool(STYLE.search(ended.stdout)) is coloured


def test_a_flag_counts_more_than_the_environment(shop: Project) -> None:
    _, shown = on_a_terminal(["--color", "never", "list"], shop.folder, {"FORCE_COLOR": "1"})

    assert "\x1b" not in shown


@pytest.fixture
def silent(empty: Project) -> Project:
    """A project whose service is not up: a run of it is over at once."""
    empty.write(
        "shop.nfr.yaml",
        "nfrcheck: 1\nload: {shop: {rate: 20/s, journey: {home: {get: /}}}}\n"
        "phases: [warm-up: 100 ms, steady: 1 s]\ntargets: {availability: {at_least: 50 %}}\n",
    )
    port = empty.port
    empty.server.close()
    empty.write(
        "shop.deployment.yaml",
        f'nfrcheck: 1\nentries: {{app: {{url: "http://127.0.0.1:{port}"}}}}\n',
    )
    return empty


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("environment", "arguments", "styled", "repainted"),
    [
        pytest.param({}, [], True, True, id="terminal"),
        pytest.param({"NO_COLOR": "1"}, [], False, True, id="NO_COLOR"),
        pytest.param({"CI": "true"}, [], True, False, id="CI"),
        pytest.param({"TERM": "dumb"}, [], False, False, id="dumb"),
        pytest.param({}, ["--quiet"], True, False, id="quiet"),
        pytest.param({"NO_COLOR": "1"}, ["-q"], False, False, id="quiet-without-colour"),
    ],
)
def test_a_run_repaints_only_what_can_be_repainted(
    environment: dict[str, str],
    arguments: list[str],
    *,
    styled: bool,
    repainted: bool,
    silent: Project,
) -> None:
    code, shown = on_a_terminal(["run", "shop.nfr.yaml", *arguments], silent.folder, environment)

    assert code == 4
    assert shown.endswith("exit 4 (invalid)\n")
    assert bool(STYLE.search(shown)) is styled
    assert bool(CONTROL.search(shown)) is repainted
    assert (" · seed " in shown) is (not arguments), "what is told while it runs"


def test_quiet_leaves_the_table_and_the_verdict_alone(silent: Project) -> None:
    ended: subprocess.CompletedProcess[str] = silent.run("run", "shop.nfr.yaml", "--quiet")

    assert ended.returncode == 4
    assert ended.stderr == ""
    assert "app never answered" in ended.stdout
    assert "≥ 50 %" in ended.stdout, "what was promised is said though nothing was judged"
