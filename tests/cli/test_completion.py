"""A real bash completes commands, flags, words and files after it has sourced what is printed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nfrcheck.scenario.codes import CODES
from tests.cli.project import Project

ASKS = """
source <("$NFRCHECK" completion bash)
COMP_WORDS=({words}) COMP_CWORD={at}
COMP_LINE="${{COMP_WORDS[*]}}" COMP_POINT=${{#COMP_LINE}}
_nfrcheck_completion nfrcheck "{last}" >/dev/null
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def completed(project: Project, *words: str) -> set[str]:
    """What bash offers for the last word."""
    bash = shutil.which("bash")
    assert bash
    quoted = " ".join(f"'{word}'" for word in ("nfrcheck", *words))
    program = ASKS.format(words=quoted, at=len(words), last=words[-1])
    bin_folder = Path(sys.executable).parent
    ended = subprocess.run(
        [bash, "--norc", "-c", program],
        cwd=project.folder,
        env={
            **os.environ,
            "PATH": f"{bin_folder}:{os.environ['PATH']}",
            "NFRCHECK": str(bin_folder / "nfrcheck"),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    # `compopt` outside of a completion complains; whatever else is said is wrong.
    said = [line for line in ended.stderr.splitlines() if "compopt" not in line]
    assert not said, ended.stderr
    return set(ended.stdout.split())


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        pytest.param(["re"], {"report", "restore"}, id="command"),
        pytest.param(["run", "--max"], {"--max-time"}, id="flag"),
        pytest.param(["run", "--profile", ""], {"ci", "gameday", "soak"}, id="word"),
        pytest.param(["run", "-d", "st"], {"staging"}, id="deployment"),
        pytest.param(["report", "@"], {"@last"}, id="last-run"),
        pytest.param(["judge", "2026"], {"2026-11-22T020000Z-shop-1a2b"}, id="run"),
        pytest.param(["explain", "nfr02"], {c for c in CODES if c[:5] == "NFR02"}, id="code"),
        pytest.param(["completion", ""], {"bash", "zsh", "fish"}, id="shell"),
    ],
)
def test_bash_offers_what_fits(words: list[str], offered: set[str], project: Project) -> None:
    project.deployment("staging")
    project.write("reports/runs/2026-11-22T020000Z-shop-1a2b/plan.json", "{}")

    assert completed(project, *words) == offered


def test_after_the_program_itself_all_commands_are_offered(project: Project) -> None:
    assert {"run", "plan", "gameday", "completion"} <= completed(project, "")


def test_a_broken_repository_file_does_not_show_while_completing(project: Project) -> None:
    project.write("pyproject.toml", "[tool.nfrcheck]\nprofil = 3\n")

    assert completed(project, "run", "--prof") == {"--profile"}


@pytest.mark.parametrize(
    ("shell", "words"),
    [
        pytest.param("bash", "complete -o nosort -F _nfrcheck_completion nfrcheck", id="bash"),
        pytest.param("zsh", "#compdef nfrcheck", id="zsh"),
        pytest.param("fish", "complete --no-files --command nfrcheck", id="fish"),
    ],
)
def test_each_shell_has_its_script(shell: str, words: str, project: Project) -> None:
    ended = project.run("completion", shell)

    assert ended.returncode == 0
    assert words in ended.stdout
    assert ended.stderr == ""


def test_another_shell_is_a_wrong_call(project: Project) -> None:
    ended = project.run("completion", "csh")

    assert ended.returncode == 2
    assert "'csh' is not one of 'bash', 'zsh', 'fish'" in ended.stderr
