"""`restore` heals from the ledger alone what a dead run left, and believes only what it sees."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nfrcheck.run.ledger import Ledger, LedgerError, ledger_path, open_ledgers, read
from nfrcheck.run.restore import plan_restore, restore
from tests.victims.fixtures import Operations, Victim, gone_within

pytestmark = pytest.mark.usefixtures("state")


def left_behind(*entries: dict[str, Any]) -> Path:
    """The ledger of a run whose host died: opened and armed, nothing else."""
    held = Ledger.create(ledger_path("run-1"), run="run-1", deployment="staging")
    for number, entry in enumerate(entries):
        held.append("armed", **{"id": f"x.{number}", "note": "", "deadline_s": 0.1, **entry})
    held.release()
    return held.path


def test_it_heals_verifies_and_closes(victim: Victim) -> None:
    spawn = {"kind": "spawn", "argv": victim.argv, "pid_file": str(victim.pid_file)}
    path = left_behind({"undo": [spawn], "verify": [victim.check]})
    with gone_within(victim.pid, 5):
        os.kill(victim.pid, signal.SIGKILL)

    restored = restore(path)

    assert restored.closed
    assert [one.verified for one in restored.healed] == [True]
    assert open_ledgers() == []


def test_it_shows_what_it_would_run_and_runs_nothing(operations: Operations) -> None:
    left_behind(
        {
            "undo": [
                operations.step("restore", "a") | {"headers": {"authorization": {"env": "TOKEN"}}}
            ],
            "verify": [operations.check("a")],
            "note": "restore region a",
        }
    )

    shown = plan_restore()

    assert shown[0].startswith("run run-1 on staging, since ")
    assert shown[1:] == [
        "  put back: restore region a",
        f'    curl -X POST -H "authorization: $TOKEN" {operations.url}/restore/a',
        f"    then look: curl -X GET {operations.url}/a",
    ]
    assert operations.log == []


def test_it_heals_only_what_is_open_last_first(operations: Operations) -> None:
    entries = [
        {"undo": [operations.step("restore", part)], "verify": [operations.check(part)]}
        for part in ("a", "b", "c")
    ]
    path = left_behind(*entries)
    held = Ledger.reopen(path)
    held.append("verified", id="x.1")
    held.release()

    assert restore(path).closed
    assert operations.log == ["restore c", "restore a"]


def test_what_cannot_be_seen_well_stays_open(operations: Operations) -> None:
    operations.down.add("b")
    path = left_behind(
        {
            "undo": [operations.step("restore", "a")],
            "verify": [operations.check("b") | {"within_s": 0.1}],
        }
    )

    restored = restore(path)

    assert not restored.closed
    assert "status 503" in restored.alarms[0]
    assert [record.run for record in open_ledgers()] == ["run-1"]
    operations.down.clear()
    assert restore(path).closed


def test_it_can_be_run_twice(operations: Operations) -> None:
    path = left_behind(
        {"undo": [operations.step("restore", "a")], "verify": [operations.check("a")]}
    )
    assert restore(path).closed

    assert restore(path).healed == ()
    assert operations.log == ["restore a"]


def test_a_missing_secret_keeps_it_open_and_is_named(operations: Operations) -> None:
    undo = operations.step("restore", "a") | {"headers": {"authorization": {"env": "NO_TOKEN"}}}
    path = left_behind({"undo": [undo], "verify": [operations.check("a")]})

    restored = restore(path)

    assert not restored.closed
    assert "the environment variable NO_TOKEN is not set" in restored.alarms[0]


def test_it_leaves_a_run_alone_whose_guardian_still_works(operations: Operations) -> None:
    path = left_behind(
        {"undo": [operations.step("restore", "a")], "verify": [operations.check("a")]}
    )
    holding = (
        "import fcntl, sys; file = open(sys.argv[1]); fcntl.flock(file, fcntl.LOCK_EX);"
        "print(); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-S", "-E", "-u", "-c", holding, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as guardian:
        assert guardian.stdout is not None
        guardian.stdout.readline()
        with pytest.raises(LedgerError, match="still at work"):
            restore(path)

    assert operations.log == []


def test_it_refuses_the_ledger_of_another_user(
    operations: Operations, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = left_behind(
        {"undo": [operations.step("restore", "a")], "verify": [operations.check("a")]}
    )
    stranger = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: stranger)

    for use in (lambda: restore(path), plan_restore):
        with pytest.raises(LedgerError, match="nothing is run"):
            use()
    assert operations.log == []


def test_a_ledger_with_nothing_armed_is_just_closed() -> None:
    path = left_behind()

    assert restore(path).closed
    assert read(path).closed
