"""The built wheel in a new environment: each command of a first day, on terminals of two widths.

The system is the box, started from the same wheel. Nothing of the checkout is imported.
"""

import os
import re
import select
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.real.terminal import COLOUR, STYLE, Shown, show

pytestmark = pytest.mark.timeout(420)

ROOT = Path(__file__).resolve().parents[2]
SCENARIO = "scenarios/local.nfr.yaml"
DEPLOYMENT = "scenarios/deployments/local.deployment.yaml"
COLUMNS, LOOKS = (80, 120), ("colour", "plain")
LOOK = {
    "colour": {"TERM": "xterm-256color"},
    "plain": {"TERM": "xterm-256color", "NO_COLOR": "1"},
    "dumb": {"TERM": "dumb"},
}
SHORT = {
    "validate": ["validate", "--strict", SCENARIO],
    "plan": ["plan", SCENARIO],
    "compare": ["compare", "@last"],
    "report": ["report", "@last", "--format", "md,junit,html"],
    "split": ["report", "@last", "--assets", "split"],
}
SAYS = {
    "validate": ["can decide 2 of 2 targets", "nothing was contacted"],
    "plan": ["will touch   local", "decides      2 of 2 targets", "run it       nfrcheck run"],
    "compare": ["availability", "latency", "TARGET"],
    "report": ["scorecard.html", "junit.xml", "summary.md"],
    "split": ["scorecard.html", "junit.xml", "summary.md"],
}
RUNS = [(80, "colour"), (120, "plain"), (80, "dumb")]
ALL = [(name, columns, look) for name in SHORT for columns in COLUMNS for look in LOOKS]


@dataclass
class Installed:
    """An environment with the wheel and nothing else, and a project in an empty folder."""

    place: Path
    shown: dict[tuple[str, int, str], Shown] = field(default_factory=dict)

    @property
    def python(self) -> Path:
        return self.place / "venv" / "bin" / "python"

    @property
    def project(self) -> Path:
        return self.place / "project"

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in os.environ if name.startswith("PIP_")}
        path = f"{self.python.parent}:/usr/bin:/bin"
        state = str(self.place / "state")
        return {
            "PATH": path,
            "HOME": str(self.place),
            "LANG": "C.UTF-8",
            "NFRCHECK_STATE": state,
        } | kept

    def terminal(self, words: list[str], columns: int, look: str) -> Shown:
        command: list[str | Path] = [self.python.parent / "nfrcheck", *words]
        return show(command, columns, self.project, self.environment | LOOK[look])

    def keep(self, name: str, words: list[str], columns: int, look: str) -> None:
        self.shown[name, columns, look] = self.terminal(words, columns, look)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    place = tmp_path_factory.mktemp("installed")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", place],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=60,
    )
    [wheel] = place.glob("nfrcheck-*.whl")
    subprocess.run([sys.executable, "-m", "venv", place / "venv"], check=True, timeout=60)
    made = Installed(place)
    package = f"nfrcheck[box,load,report] @ {wheel.as_uri()}"
    subprocess.run(
        [made.python, "-m", "pip", "install", "--quiet", package],
        env=made.environment,
        check=True,
        timeout=240,
    )
    made.project.mkdir()
    return made


@pytest.fixture(scope="module")
def box(installed: Installed) -> Iterator[str]:
    """The address of a region in the box, which runs until its stdin ends."""
    folder = installed.place / "box"
    with subprocess.Popen(
        [installed.python, "-m", "nfrcheck.box", "--folder", folder],
        env=installed.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdin
        assert select.select([process.stdout], [], [], 20)[0], "the box did not start"
        assert '"ready": true' in process.stdout.readline()
        found = re.search(r"https://127[.\d]+:\d+", (folder / "box.deployment.yaml").read_text())
        assert found
        yield found[0]
        process.stdin.close()
        process.wait(20)


@pytest.fixture(scope="module")
def day(installed: Installed, box: str) -> Installed:
    """All commands once, on every terminal, in the order in which somebody types them."""
    url = f"{box}/web/v1/products/sku-1"
    for columns, look in ((80, "colour"), (120, "plain")):
        for path in (SCENARIO, DEPLOYMENT, ".github/workflows/nfrcheck.yml"):
            (installed.project / path).unlink(missing_ok=True)
        installed.keep("init", ["init", url, "--ci", "github"], columns, look)
    edit(installed.project / DEPLOYMENT, '"}}', f'", ca: {installed.place}/box/ca.pem}}}}')
    # Judged within seconds: what is shown does not depend on how long it took.
    edit(installed.project / SCENARIO, "99.9 %", "99 %")
    edit(installed.project / SCENARIO, "3 min", "20 s")
    for columns, look in RUNS:
        installed.keep("run", ["run", SCENARIO], columns, look)
    for name, columns, look in ALL:
        installed.keep(name, SHORT[name], columns, look)
    return installed


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_it_is_the_wheel_that_runs(installed: Installed) -> None:
    asked = "import nfrcheck; print(nfrcheck.__file__)"
    found = subprocess.run(
        [installed.python, "-c", asked],
        cwd=installed.project,
        env=installed.environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=20,
    )

    assert Path(found.stdout.strip()).is_relative_to(installed.place / "venv")


@pytest.mark.parametrize(("columns", "look"), [(80, "colour"), (120, "plain")])
def test_init_names_every_file_and_what_comes_next(day: Installed, columns: int, look: str) -> None:
    shown = day.shown["init", columns, look]

    assert shown.code == 0, shown.text
    for line in (f"created  {SCENARIO}", f"created  {DEPLOYMENT}", "created  .github/workflows"):
        assert line in shown.text
    assert f"next     nfrcheck validate {SCENARIO}" in shown.text
    assert shown.width <= columns


@pytest.mark.parametrize(("columns", "look"), RUNS)
def test_a_run_ends_with_its_table_and_its_code(day: Installed, columns: int, look: str) -> None:
    shown = day.shown["run", columns, look]

    # A machine that other work disturbs is no system that breaks its promise, and is told apart.
    mark, head, code, name = ("✓", "PASSED", 0, "pass")
    if "the tester was unwell" in shown.text:
        mark, head, code, name = ("!", "INVALID RUN", 4, "invalid")
    assert shown.code == code, shown.text
    for words in (f"{mark} availability", f"{mark} latency", head, " scorecard  reports/runs/"):
        assert words in shown.text
    assert shown.text.rstrip().endswith(f"exit {code} ({name})")


@pytest.mark.parametrize(("name", "columns", "look"), ALL)
def test_a_command_says_what_it_is_for(day: Installed, name: str, columns: int, look: str) -> None:
    shown = day.shown[name, columns, look]

    assert shown.code == 0, shown.text
    for words in SAYS[name]:
        assert words in shown.text, shown.text


# A dumb terminal gets the lines of a log, which are not cut.
@pytest.mark.parametrize(
    ("name", "columns", "look"), [*ALL, *(("run", *run) for run in RUNS if run[1] != "dumb")]
)
def test_no_line_is_wider_than_its_terminal(
    day: Installed, name: str, columns: int, look: str
) -> None:
    shown = day.shown[name, columns, look]

    assert 30 < shown.width <= columns, shown.text


def test_colour_comes_where_it_may_and_only_there(day: Installed) -> None:
    coloured = {key for key, shown in day.shown.items() if COLOUR.search(shown.raw)}
    styled = {key for key, shown in day.shown.items() if STYLE.search(shown.raw)}
    escaped = {key for key, shown in day.shown.items() if "\x1b" in shown.raw}

    assert {name for name, _, _ in coloured} >= {"plan", "run", "compare"}
    assert {look for _, _, look in coloured} == {"colour"}
    # NO_COLOR takes the colours of a live picture; what moves its lines stays. Else nothing does.
    assert {key for key in styled if key[2] != "colour"} <= {("run", 120, "plain")}
    assert {key for key in escaped if key[2] != "colour"} <= {("run", 120, "plain")}


def test_the_split_page_has_its_styles_beside_it(day: Installed) -> None:
    [run] = sorted((day.project / "reports" / "runs").glob("*/scorecard.css"))

    assert "<style" not in (run.parent / "scorecard.html").read_text("utf-8")
