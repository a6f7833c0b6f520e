"""What a run left injected is told by `doctor`, and put back and proven by `restore`."""

import json
import os
import pty
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from nfrcheck.run.ledger import Ledger, read
from tests.cli.project import Project
from tests.victims.small_proxy import small_proxy


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    return folder


def left_behind(state: Path, project: Project, *, undo: str = "touch") -> Path:
    """The ledger of a run that died after it had injected one fault; a file is what it took."""
    path = state / "ledgers" / "run-1.ndjson"
    ledger = Ledger.create(path, run="run-1", deployment="local")
    there = str(project.folder / "there")
    ledger.append(
        "armed",
        id="lose-b.1",
        undo=[{"kind": "argv", "argv": [undo, there], "cwd": None, "within_s": 2}],
        verify=[{"kind": "argv", "argv": ["test", "-f", there], "cwd": None, "within_s": 1}],
        note="restore component app-b",
        deadline_s=1,
    )
    ledger.release()
    return path


def test_a_clean_machine_is_code_0(project: Project, state: Path) -> None:
    doctor = project.run("doctor", NFRCHECK_STATE=str(state))
    restore = project.run("restore", NFRCHECK_STATE=str(state))

    assert doctor.returncode == restore.returncode == 0
    assert " ✓ no run has left anything behind" in doctor.stdout
    assert f" ✓ python {'.'.join(map(str, sys.version_info[:3]))}" in doctor.stdout
    assert restore.stdout == "nothing is left: every ledger is closed\n"


def test_an_open_ledger_is_code_6_with_the_command(project: Project, state: Path) -> None:
    left_behind(state, project)

    ended = project.run("doctor", NFRCHECK_STATE=str(state))

    assert ended.returncode == 6
    assert " ✗ run run-1 on local: restore component app-b   nfrcheck restore\n" in ended.stdout


def test_a_list_changes_nothing(project: Project, state: Path) -> None:
    ledger = left_behind(state, project)

    ended = project.run("restore", "--list", NFRCHECK_STATE=str(state))

    assert ended.returncode == 6
    assert f"touch {project.folder / 'there'}" in ended.stdout
    assert not read(ledger).closed
    assert not (project.folder / "there").exists()


def test_nobody_to_ask_is_a_refusal(project: Project, state: Path) -> None:
    ledger = left_behind(state, project)

    ended = project.run("restore", NFRCHECK_STATE=str(state))

    assert ended.returncode == 2
    assert "help: nfrcheck restore --yes" in ended.stderr
    assert not read(ledger).closed


def test_yes_puts_back_proves_it_and_closes_the_ledger(project: Project, state: Path) -> None:
    ledger = left_behind(state, project)

    ended = project.run("restore", "--yes", NFRCHECK_STATE=str(state))

    assert ended.returncode == 0, ended.stderr
    assert (project.folder / "there").exists()
    assert read(ledger).closed
    assert " ✓ lose-b.1 in " in ended.stdout


def test_what_cannot_be_proven_stays_open_with_code_6(project: Project, state: Path) -> None:
    ledger = left_behind(state, project, undo="true")

    ended = project.run("restore", "--yes", NFRCHECK_STATE=str(state))

    assert ended.returncode == 6
    assert not read(ledger).closed
    assert "NOT CONFIRMED AS PUT BACK: restore component app-b" in ended.stderr
    assert f"true {project.folder / 'there'}" in ended.stderr


def test_a_ledger_that_others_can_change_is_not_run(project: Project, state: Path) -> None:
    left_behind(state, project).chmod(0o666)

    restore = project.run("restore", "--yes", NFRCHECK_STATE=str(state))
    doctor = project.run("doctor", NFRCHECK_STATE=str(state))

    assert restore.returncode == doctor.returncode == 6
    assert not (project.folder / "there").exists()


def test_one_ledger_that_is_damaged_does_not_keep_the_others_from_healing(
    project: Project, state: Path
) -> None:
    damaged = left_behind(state, project).rename(state / "ledgers" / "run-0.ndjson")
    damaged.write_text(damaged.read_text().replace('"armed"', "armed"))
    ledger = left_behind(state, project)

    doctor = project.run("doctor", NFRCHECK_STATE=str(state))
    listed = project.run("restore", "--list", NFRCHECK_STATE=str(state))
    ended = project.run("restore", "--yes", NFRCHECK_STATE=str(state))

    because = f"{damaged}: line 2 is damaged. Look at the file and put back by hand what it names"
    assert f"a ledger cannot be trusted: {because}" in doctor.stdout
    assert "run run-1 on local: restore component app-b" in doctor.stdout
    assert f"not read: {because}" in listed.stdout
    assert f" ✗ {because}" in ended.stdout
    assert "NOT everything could be confirmed as put back" in ended.stderr
    assert {doctor.returncode, listed.returncode, ended.returncode} == {6}
    assert (project.folder / "there").exists()
    assert read(ledger).closed


@pytest.mark.parametrize("line", ['{"state": "armed", "id": "x"}', "[]", "?"])
def test_a_ledger_that_is_not_understood_is_named_and_no_bug(
    line: str, project: Project, state: Path
) -> None:
    ledger = left_behind(state, project)
    with ledger.open("a") as file:
        file.write(f"{line}\n")

    restore = project.run("restore", "--yes", NFRCHECK_STATE=str(state))
    doctor = project.run("doctor", NFRCHECK_STATE=str(state))

    assert restore.returncode == doctor.returncode == 6
    for told in (restore.stderr, doctor.stdout):
        assert f"{ledger}: line 3 " in told
        assert "put back by hand what it names" in told


@pytest.mark.parametrize(
    ("answer", "code"), [pytest.param("n", 6, id="no"), pytest.param("y", 0, id="yes")]
)
def test_on_a_terminal_it_asks(project: Project, state: Path, answer: str, code: int) -> None:
    left_behind(state, project)
    ours, theirs = pty.openpty()
    try:
        with subprocess.Popen(
            [sys.executable, "-m", "nfrcheck", "restore"],
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "NFRCHECK_STATE": str(state)},
        ) as child:
            os.write(ours, f"{answer}\n".encode())
            shown, _ = child.communicate(timeout=30)
    finally:
        os.close(ours)
        os.close(theirs)

    assert b"Put it back? [y/N]" in shown
    assert child.returncode == code
    assert (project.folder / "there").exists() is (code == 0)


APP = "#!/bin/sh\ncase $1 in start) touch up;; up) test -f up;; esac\n"


@pytest.mark.slow
def test_a_scan_needs_no_ledger(project: Project, state: Path) -> None:
    app = project.write("scenarios/deployments/app", APP)
    app.chmod(0o755)
    before = project.run("restore", "--scan", "--list", NFRCHECK_STATE=str(state))

    ended = project.run("restore", "--scan", "--yes", NFRCHECK_STATE=str(state))
    after = project.run("restore", "--scan", NFRCHECK_STATE=str(state))

    assert before.returncode == 6
    assert "put back component app-b: " in before.stdout
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert " ✓ component app-b is well again" in ended.stdout
    assert after.returncode == 0
    assert "all 1 parts of local are well" in after.stdout


@pytest.mark.slow
def test_a_scan_undoes_an_act_that_was_left(project: Project, state: Path) -> None:
    script = (
        "#!/bin/sh\ncase $1 in freeze) touch ice;; thaw) rm -f ice;; up) test ! -f ice;; esac\n"
    )
    project.write("scenarios/deployments/app", script).chmod(0o755)
    path = project.deployment("local")
    acts = "acts: {read-only: {do: ./app freeze, undo: ./app thaw}}, restore: ./app start"
    path.write_text(path.read_text().replace("restore: ./app start", acts))
    subprocess.run(["./app", "freeze"], cwd=path.parent, check=True)

    before = project.run("restore", "--scan", "--list", NFRCHECK_STATE=str(state))
    ended = project.run("restore", "--scan", "--yes", NFRCHECK_STATE=str(state))

    assert before.returncode == 6
    assert "./app thaw" in before.stdout
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert " ✓ component app-b is well again" in ended.stdout
    assert not (path.parent / "ice").exists()


@pytest.mark.slow
def test_a_scan_asks_parts_behind_http_too(project: Project, state: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    there = f"http://127.0.0.1:{port}/app"
    path = project.deployment("local")
    control = f'{{kind: http, kill: "POST {there}", restore: "POST {there}", verify: "GET {there}"'
    path.write_text(
        path.read_text()
        .replace("{kind: shell, entry: b, kill: ./app stop, ", control)
        .replace("restore: ./app start, verify: ./app up", "")
    )

    ended = project.run("restore", "--scan", "--list", NFRCHECK_STATE=str(state))

    assert ended.returncode == 6, ended.stderr
    assert f" ✗ component app-b: {there}: Connection refused" in ended.stdout
    assert f"put back component app-b: curl -X POST {there}" in ended.stdout


def test_a_scan_finds_what_a_run_left_on_a_link_and_nothing_else(
    project: Project, state: Path
) -> None:
    project.write("scenarios/deployments/app", "#!/bin/sh\n").chmod(0o755)
    with small_proxy(("127.0.0.1", 9)) as proxy:
        path = project.deployment("local")
        link = f'links: {{legacy: {{kind: toxiproxy, url: "{proxy.url}", within: 2 s}}}}\n'
        path.write_text(path.read_text() + link)
        for name in ("nfrcheck-run-7-latency", "somebodys"):
            toxic = {"type": "noop", "stream": "upstream", "toxicity": 1, "attributes": {}}
            proxy.take({"name": name, **toxic})

        before = project.run("restore", "--scan", "--list", NFRCHECK_STATE=str(state))
        ended = project.run("restore", "--scan", "--yes", NFRCHECK_STATE=str(state))

        assert before.returncode == 6
        assert " ✗ link legacy: the proxy legacy holds nfrcheck-run-7-latency\n" in before.stdout
        assert f"curl -X DELETE {proxy.url}/proxies/legacy/toxics/nfrcheck-run-7-" in before.stdout
        assert ended.returncode == 0, ended.stdout + ended.stderr
        assert " ✓ link legacy is well again" in ended.stdout
        assert list(proxy.toxics) == ["somebodys"]


def test_the_recipe_on_disk_is_what_is_shown(project: Project, state: Path) -> None:
    lines = left_behind(state, project).read_text().splitlines()

    assert json.loads(lines[1])["undo"][0]["argv"][0] == "touch"
