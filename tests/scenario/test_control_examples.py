"""The deployments for containers are read whole, and plans of them can be made; none is run."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.cli import started
from tests.cli.project import WITHIN_S

CONTROLS = Path(__file__).resolve().parents[2] / "examples/controls"
PAIRS = {
    "compose/shop.deployment.yaml": "shop.nfr.yaml",
    "kubernetes/shop.deployment.yaml": "shop.nfr.yaml",
    "kubernetes/chaostoolkit.deployment.yaml": "kubernetes/chaostoolkit.nfr.yaml",
}


def nfrcheck(command: str, deployment: str) -> str:
    """What it said; with the words of a user, and without contact."""
    files = [CONTROLS / PAIRS[deployment], "-d", CONTROLS / deployment]
    done = started.run([command, *map(str, files)], CONTROLS, os.environ, WITHIN_S)
    assert done.returncode == 0, done.stdout + done.stderr
    return " ".join(done.stdout.split())


@pytest.mark.parametrize("deployment", PAIRS)
def test_it_is_valid_and_nothing_of_it_is_of_a_later_version(deployment: str) -> None:
    said = nfrcheck("validate", deployment)

    assert "no errors" in said
    assert "NOT RUN" not in said


@pytest.mark.parametrize("deployment", PAIRS)
def test_every_fault_of_it_can_be_put_back_and_seen(deployment: str) -> None:
    said = nfrcheck("plan", deployment)

    assert "nothing independent" not in said
    assert "NOT RUN" not in said


@pytest.mark.parametrize("deployment", PAIRS)
def test_it_says_at_its_top_that_it_is_not_run_here(deployment: str) -> None:
    first = (CONTROLS / deployment).read_text("utf-8").partition("nfrcheck: 1")[0]

    assert "NOT RUN IN OUR CI" in first
    assert "**None of this is run in our CI**" in (CONTROLS / "README.md").read_text("utf-8")


@pytest.mark.parametrize("deployment", PAIRS)
def test_every_script_that_it_names_is_there_and_can_be_run(deployment: str) -> None:
    home = (CONTROLS / deployment).parent
    named = set(re.findall(r"\./([a-z-]+\.sh)", (CONTROLS / deployment).read_text("utf-8")))

    assert named == {path.name for path in home.glob("*.sh")} or "chaostoolkit" in deployment
    for name in named:
        assert os.access(home / name, os.X_OK)
        assert subprocess.run(["sh", "-n", home / name], check=False).returncode == 0
