"""`restore --scan` finds what was left without any ledger, and keeps away from a run under way."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nfrcheck.run.lock import Place, hold, holder
from nfrcheck.run.undo_process import is_stopped
from tests.cli.project import Project
from tests.victims.fixtures import Victim, gone_within, victim

__all__ = ["victim"]

Scan = Callable[..., tuple[int, str]]
HEAD = 'nfrcheck: 1\nname: local\nentries: {global: {url: "http://127.0.0.1:9"}}\n'
TAIL = "safety: {allow: [component-kill], hosts: [127.0.0.1]}\n"
LOOKS = """\
import pathlib, sys
from nfrcheck.run.lock import Place, holder
found = holder(Place(name="local", path=pathlib.Path(sys.argv[1])))
pathlib.Path("found").write_text(str(found))
pathlib.Path("down").unlink()
"""


@pytest.fixture
def place(project: Project, monkeypatch: pytest.MonkeyPatch) -> Place:
    """The only deployment of the project."""
    monkeypatch.setenv("NFRCHECK_STATE", str(project.folder / "state"))
    return Place(name="local", path=project.deployment("local"))


@pytest.fixture
def scan(project: Project, place: Place) -> Scan:
    """What a scan of a deployment with these parts ends with, and all that it says."""

    def one(parts: str, *flags: str) -> tuple[int, str]:
        place.path.write_text(f"{HEAD}{parts}\n{TAIL}", "utf-8")
        ended = project.run("restore", "--scan", *(flags or ("--yes",)))
        return ended.returncode, ended.stdout + ended.stderr

    return one


def process(victim: Victim, more: str = "") -> str:
    start = " ".join(victim.argv)
    control = f"kind: process, entry: global, pid: {victim.pid_file}, start: {start}{more}"
    return f"components: {{web: {{{control}}}}}"


def region(folder: Path, verb: str, undo: str) -> str:
    """One that is well while no file says that it is down."""
    down = folder / "down"
    down.touch()
    control = f'{verb}: "touch {down}", {undo}: "rm {down}", verify: "test ! -e {down}"'
    return f"regions: {{b: {{kind: shell, {control}}}}}"


@pytest.mark.parametrize(
    "more", ["", ", verify: sleep 0"], ids=["without-verify", "well-by-its-verify"]
)
def test_a_process_that_stands_still_is_found_and_goes_on(
    more: str, victim: Victim, scan: Scan
) -> None:
    os.kill(victim.pid, signal.SIGSTOP)

    listed, told = scan(process(victim, more), "--list")
    ended, said = scan(process(victim, more))

    assert listed == 6
    assert f" ✗ component web: its process {victim.pid} is paused\n" in told
    assert f"put back component web: kill -CONT {victim.pid}\n" in told
    assert ended == 0, said
    assert " ✓ component web is well again\n" in said
    assert not is_stopped(victim.pid)


def test_a_process_that_is_gone_is_not_called_well_and_is_started(
    victim: Victim, scan: Scan
) -> None:
    with gone_within(victim.pid, 5):
        os.kill(victim.pid, signal.SIGKILL)

    listed, told = scan(process(victim), "--list")
    ended, said = scan(process(victim))

    assert listed == 6
    assert f" ✗ component web: no process runs that {victim.pid_file} names" in told
    assert ended == 0, said
    assert " ✓ component web is well again\n" in said


def test_whether_a_part_is_well_without_its_process_its_verify_knows(
    victim: Victim, scan: Scan
) -> None:
    with gone_within(victim.pid, 5):
        os.kill(victim.pid, signal.SIGKILL)

    assert scan(process(victim, ", verify: sleep 0"), "--list")[0] == 0


@pytest.mark.parametrize(
    ("verb", "undo"),
    [("kill", "restore"), ("pause", "resume"), ("drain", "undrain"), ("isolate", "rejoin")],
)
def test_whatever_was_done_to_a_region_is_undone(
    verb: str, undo: str, project: Project, scan: Scan
) -> None:
    ended, said = scan(region(project.folder, verb, undo))

    assert ended == 0, said
    assert " ✓ region b is well again\n" in said


@pytest.mark.parametrize("flag", ["--yes", "--list"])
def test_it_is_refused_while_a_run_has_the_deployment(
    flag: str, project: Project, place: Place, scan: Scan
) -> None:
    """Its fault is meant to be in place: nobody asked to have it taken away."""
    parts = region(project.folder, "isolate", "rejoin")

    with hold(place, "run 7", shares=True):
        ended, said = scan(parts, flag)

    assert ended == 8
    assert f"error: local is held by run 7, process {os.getpid()}, since " in said
    assert "help: wait for its end" in said
    assert (project.folder / "down").exists()


def test_no_run_can_begin_while_it_puts_back(project: Project, place: Place, scan: Scan) -> None:
    project.write("looks.py", LOOKS)
    (place.path.parent / "down").touch()
    looks = f"{sys.executable} {project.folder}/looks.py {place.path}"

    ended, said = scan(
        f'regions: {{b: {{kind: shell, isolate: "touch down", rejoin: "{looks}", '
        'verify: "test ! -e down"}}'
    )

    assert ended == 0, said
    found = (place.path.parent / "found").read_text()
    assert found.startswith("local is held by nfrcheck restore --scan, process ")
    assert holder(place) is None


def test_where_no_lock_can_be_kept_it_puts_back_and_says_so(project: Project, scan: Scan) -> None:
    """A disk that is full must not keep a fault in place."""
    (project.folder / "state").write_text("a file where the folder should be")

    ended, said = scan(region(project.folder, "isolate", "rejoin"))

    assert ended == 0, said
    assert "no lock can be kept: " in said
    assert not (project.folder / "down").exists()
