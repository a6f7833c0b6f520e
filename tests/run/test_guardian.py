"""No fault outlives its run: the guardian heals whatever kills its controller, and proves it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import nfrcheck.run.guard_client
from nfrcheck.run.ledger import ledger_path, open_ledgers, read
from nfrcheck.run.undo import attempt
from tests.victims.fixtures import PROGRAMS, Operations, Victim, gone_within, lines

GUARDIAN = str(Path(nfrcheck.run.guard_client.__file__).with_name("guardian.py"))
OK = {"kind": "argv", "argv": ["true"], "within_s": 2}
BAD = {"kind": "argv", "argv": ["false"], "within_s": 0.1}


def gate(folder: Path) -> list[str]:
    """A command that says in one FIFO that it runs, and ends when the other one is opened."""
    said, released = folder / "said", folder / "released"
    os.mkfifo(said)
    os.mkfifo(released)
    return ["/bin/sh", "-c", f"echo > {said}; read line < {released}; true"]


@contextmanager
def controller(
    moment: str, victim: Victim, folder: Path, *, leak: bool = False
) -> Iterator[subprocess.Popen[str]]:
    settings = folder / "settings.json"
    wanted = {
        "run": "run-1",
        "control": victim.control,
        "check": victim.check,
        "gate": gate(folder),
        "leak": leak,
    }
    settings.write_text(json.dumps(wanted), "utf-8")
    with subprocess.Popen(
        [sys.executable, str(PROGRAMS / "controller.py"), moment, str(settings)],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.sampled
@pytest.mark.usefixtures("state")
@pytest.mark.parametrize("whole_group", [False, True], ids=["controller", "process-group"])
@pytest.mark.parametrize("moment", ["asked", "armed", "injected", "healing"])
def test_it_heals_when_this_is_killed(
    whole_group: bool, moment: str, victim: Victim, tmp_path: Path
) -> None:
    before = victim.pid
    with controller(moment, victim, tmp_path) as process:
        assert process.stdout is not None
        said, guardian = process.stdout.readline().split()[1:]
        assert said == moment
        if moment == "healing":
            (tmp_path / "said").read_text()
        with gone_within(int(guardian), 10):
            killed_at = datetime.now(UTC)
            if whole_group:
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
            if moment == "healing":
                (tmp_path / "released").write_text("\n")

    record = read(ledger_path("run-1"))
    assert record.closed
    assert {entry.state for entry in record.entries} <= {"verified"}
    assert open_ledgers() == []
    written = lines(record.path)
    began = [datetime.fromisoformat(line["at"]) for line in written if line["state"] == "healing"]
    if began and moment != "healing":
        assert (began[0] - killed_at).total_seconds() < 1
    assert ("healing" in {line["state"] for line in written}) or moment == "asked"
    assert (victim.pid == before) == (moment in {"asked", "armed"})
    assert attempt(victim.check).ok


@pytest.mark.usefixtures("state")
def test_it_heals_though_another_process_holds_its_pipe_open(
    victim: Victim, tmp_path: Path
) -> None:
    with controller("injected", victim, tmp_path, leak=True) as process:
        assert process.stdout is not None
        guardian = int(process.stdout.readline().split()[2])
        with gone_within(guardian, 10):
            process.kill()

    assert read(ledger_path("run-1")).closed
    assert attempt(victim.check).ok


@contextmanager
def bare_guardian(run: str, *, stdout: int, stderr: int) -> Iterator[subprocess.Popen[bytes]]:
    """A guardian with an open ledger that was given its pipes by hand."""
    with subprocess.Popen(
        [sys.executable, "-S", "-E", "-P", GUARDIAN],
        stdin=subprocess.PIPE,
        stdout=stdout,
        stderr=stderr,
        start_new_session=True,
    ) as process:
        try:
            order(process, do="open", ledger=str(ledger_path(run)), run=run, deployment="test")
            yield process
        finally:
            process.kill()


def order(process: subprocess.Popen[bytes], **words: Any) -> None:
    assert process.stdin is not None
    process.stdin.write(json.dumps(words).encode() + b"\n")
    process.stdin.flush()


def end_of_input(process: subprocess.Popen[bytes]) -> int:
    assert process.stdin is not None
    process.stdin.close()
    return process.wait(15)


@pytest.mark.usefixtures("state")
@pytest.mark.parametrize("pipes", ["closed", "full"])
def test_it_heals_when_nobody_reads_its(pipes: str, operations: Operations) -> None:
    ours, its = os.pipe()
    if pipes == "closed":
        os.close(ours)
    else:
        os.set_blocking(its, False)
        with suppress(BlockingIOError):
            while True:
                os.write(its, b"x" * 4096)
        os.set_blocking(its, True)
    with bare_guardian("run-1", stdout=its, stderr=its) as guardian:
        order(
            guardian,
            do="arm",
            id="x",
            undo=[operations.step("restore", "a"), BAD],
            verify=[operations.check("a")],
            deadline_s=0.1,
        )
        assert end_of_input(guardian) == 6
    for descriptor in {its, ours} if pipes == "full" else {its}:
        os.close(descriptor)

    assert set(operations.log) == {"restore a"}
    assert read(ledger_path("run-1")).open_entries[0].because == "false ended with status 1"


@pytest.mark.usefixtures("state")
def test_it_heals_the_last_first_and_all_before_it_looks(operations: Operations) -> None:
    """The way to one part may lead through another, so both are back before either is judged."""
    with bare_guardian("run-1", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as guardian:
        for part in ("a", "b"):
            undo = [operations.step("restore", part), operations.step("undrain", part)]
            order(guardian, do="arm", id=part, undo=undo, verify=[operations.check(part)])
        assert end_of_input(guardian) == 0

    assert operations.log == ["undrain b", "restore b", "undrain a", "restore a"]
    states = [line["state"] for line in lines(ledger_path("run-1"))]
    assert states.index("verified") > len(states) - 1 - states[::-1].index("healed")


@pytest.mark.usefixtures("state")
def test_what_does_not_come_back_stays_open_and_is_told(
    operations: Operations, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPS_TOKEN", "planted-secret")
    operations.down.add("a")
    undo = operations.step("touch", "b") | {"headers": {"authorization": {"env": "OPS_TOKEN"}}}
    with bare_guardian("run-1", stdout=subprocess.PIPE, stderr=subprocess.PIPE) as guardian:
        check = operations.check("a") | {"within_s": 0.2}
        order(guardian, do="arm", id="x", undo=[undo], verify=[check], note="b", deadline_s=0.1)
        assert end_of_input(guardian) == 6
        assert guardian.stderr is not None
        assert guardian.stdout is not None
        told, answers = guardian.stderr.read().decode(), guardian.stdout.read().decode()

    assert "NOT CONFIRMED AS PUT BACK: b (run run-1)" in told
    assert f'curl -X POST -H "authorization: $OPS_TOKEN" {undo["url"]}' in told
    assert "status 503" in told
    assert operations.tokens == {"planted-secret"}
    (record,) = open_ledgers()
    assert "planted" not in told + answers + record.path.read_text("utf-8")


@pytest.mark.usefixtures("state")
def test_it_is_deaf_to_what_ends_other_processes(operations: Operations) -> None:
    with bare_guardian("run-1", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as guardian:
        assert guardian.stdout is not None
        assert guardian.stdout.readline() == b'{"ok": "open"}\n'
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            guardian.send_signal(number)
        undo, verify = [operations.step("restore", "a")], [operations.check("a")]
        order(guardian, do="arm", id="x", undo=undo, verify=verify)
        assert guardian.stdout.readline() == b'{"ok": "arm", "id": "x"}\n'
        assert end_of_input(guardian) == 0

    assert operations.log == ["restore a"]


@pytest.mark.usefixtures("state")
def test_what_it_starts_again_is_not_deaf(tmp_path: Path) -> None:
    """What a guardian ignores must not be ignored by the restored process for all its life."""
    pid_file = tmp_path / "pid"
    spawn = {"kind": "spawn", "argv": ["tail", "-f", "/dev/null"], "pid_file": str(pid_file)}
    with bare_guardian("run-1", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as guardian:
        order(guardian, do="arm", id="x", undo=[spawn], verify=[OK])
        assert end_of_input(guardian) == 0

    pid = int(pid_file.read_text("ascii"))
    with gone_within(pid, 5):
        os.kill(pid, signal.SIGTERM)


@pytest.mark.usefixtures("state")
@pytest.mark.parametrize(
    ("undo", "verify", "because"),
    [
        pytest.param([], [OK], "nothing would put it back", id="no-undo"),
        pytest.param([OK], [], "nothing would prove", id="no-check"),
        pytest.param([{"kind": "x"}], [OK], "unknown kind", id="unknown-step"),
        pytest.param(
            [{"kind": "http", "url": "http://h", "headers": {"Cookie": "planted"}}],
            [OK],
            "secret in plain text",
            id="plain-secret",
        ),
    ],
)
def test_it_does_not_take(undo: list[Any], verify: list[Any], because: str) -> None:
    with bare_guardian("run-1", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as guardian:
        assert guardian.stdout is not None
        guardian.stdout.readline()
        order(guardian, do="arm", id="x", undo=undo, verify=verify)
        answer = json.loads(guardian.stdout.readline())
        assert end_of_input(guardian) == 0

    assert because in answer["error"]
    assert "planted" not in ledger_path("run-1").read_text("utf-8")
    assert [line["state"] for line in lines(ledger_path("run-1"))] == ["opened", "closed"]


@pytest.mark.usefixtures("state")
def test_nonsense_does_not_stop_it(operations: Operations) -> None:
    with bare_guardian("run-1", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as guardian:
        undo, verify = [operations.step("restore", "a")], [operations.check("a")]
        order(guardian, do="arm", id="x", undo=undo, verify=verify)
        assert guardian.stdin is not None
        for line in (b"{", b"[]", b'{"do": 1}', b'{"do": "heal"}', b'{"do": "arm", "id": 7}'):
            guardian.stdin.write(line + b"\n")
        assert end_of_input(guardian) == 0

    assert operations.log == ["restore a"]
