"""The ledger is this user's alone, is on disk before `append` returns, and survives a torn end."""

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nfrcheck.run.ledger import (
    Ledger,
    LedgerError,
    ledger_path,
    ledgers_folder,
    open_ledgers,
    read,
    state_folder,
)

ARMED: dict[str, Any] = {
    "id": "kill.1",
    "undo": [{"kind": "argv", "argv": ["true"]}],
    "verify": [{"kind": "argv", "argv": ["true"]}],
    "note": "start it",
    "deadline_s": 5,
}


@pytest.fixture
def ledger(state: Path) -> Path:
    """A ledger with one armed fault, that nobody holds."""
    assert ledgers_folder() == state / "ledgers"
    path = ledger_path("run-1")
    held = Ledger.create(path, run="run-1", deployment="staging")
    held.append("armed", **ARMED)
    held.release()
    return path


def test_it_lies_where_the_operator_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NFRCHECK_STATE", str(tmp_path / "own"))
    assert state_folder() == tmp_path / "own"
    monkeypatch.delenv("NFRCHECK_STATE")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert state_folder() == tmp_path / "nfrcheck"
    monkeypatch.setenv("XDG_STATE_HOME", "relative/is/ignored")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert state_folder() == tmp_path / "home/.local/state/nfrcheck"


def test_it_is_made_for_this_user_alone(ledger: Path) -> None:
    modes = [stat.S_IMODE(part.stat().st_mode) for part in (ledger, *list(ledger.parents)[:2])]

    assert modes == [0o600, 0o700, 0o700]


def test_it_is_open_until_it_is_closed(ledger: Path) -> None:
    (record,) = open_ledgers()
    assert (record.run, record.deployment, record.closed) == ("run-1", "staging", False)
    assert [entry.id for entry in record.open_entries] == ["kill.1"]

    held = Ledger.reopen(ledger)
    held.append("verified", id="kill.1")
    assert read(ledger).open_entries == ()
    held.append("closed")
    held.release()

    assert open_ledgers() == []


def test_no_state_folder_means_no_open_ledger(state: Path) -> None:
    assert not state.exists()
    assert open_ledgers() == []


def noting(order: list[str], name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    def noted(*words: Any) -> Any:
        order.append(name)
        return call(*words)

    return noted


def test_a_line_is_on_the_disk_when_append_returns(
    ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    for name in ("write", "fsync"):
        monkeypatch.setattr(os, name, noting(order, name, getattr(os, name)))
    held = Ledger.reopen(ledger)
    held.append("healing", id="kill.1")
    held.release()

    assert order == ["write", "fsync"]


@pytest.mark.parametrize("keep", [1, 20, 60])
def test_a_torn_last_line_was_never_written(ledger: Path, keep: int) -> None:
    whole = ledger.read_bytes()
    torn = json.dumps({"state": "closed", "at": "x" * 80}).encode()[:keep]
    ledger.write_bytes(whole + torn)
    assert not read(ledger).closed

    held = Ledger.reopen(ledger)
    held.append("verified", id="kill.1")
    held.release()

    assert read(ledger).open_entries == ()


def test_a_last_line_that_lost_its_end_only_is_not_believed(ledger: Path) -> None:
    """Without its newline nobody was told that it was written."""
    ledger.write_bytes(ledger.read_bytes() + b'{"state": "closed"}')

    assert not read(ledger).closed


def test_a_damaged_line_inside_is_refused(ledger: Path) -> None:
    opened, armed = ledger.read_bytes().splitlines(keepends=True)
    ledger.write_bytes(opened + armed.replace(b"{", b"?", 1) + b'{"state": "closed"}\n')

    with pytest.raises(LedgerError, match="line 2 is damaged"):
        read(ledger)


@pytest.mark.parametrize("use", [read, Ledger.reopen, lambda path: open_ledgers(path.parent)])
@pytest.mark.parametrize("part", ["file", "ledgers", "state"])
def test_one_that_others_can_read_is_refused(ledger: Path, use: Any, part: str) -> None:
    {"file": ledger, "ledgers": ledger.parent, "state": ledger.parents[1]}[part].chmod(
        0o644 if part == "file" else 0o755
    )

    with pytest.raises(LedgerError, match=r"others can read or change it .* chmod [67]00 "):
        use(ledger)


@pytest.mark.parametrize("use", [read, Ledger.reopen, lambda path: open_ledgers(path.parent)])
def test_one_of_another_user_is_refused(
    ledger: Path, use: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: stranger)

    with pytest.raises(LedgerError, match="not to you: nothing is run"):
        use(ledger)


def test_a_link_is_refused(ledger: Path) -> None:
    link = ledger.with_name("link.ndjson")
    link.symlink_to(ledger)

    with pytest.raises(LedgerError):
        read(link)


def test_it_is_not_written_over(ledger: Path) -> None:
    with pytest.raises(LedgerError, match="exists"):
        Ledger.create(ledger, run="run-1", deployment="staging")


def test_only_one_process_holds_it(ledger: Path) -> None:
    held = Ledger.reopen(ledger)
    with pytest.raises(LedgerError, match="still at work"):
        Ledger.reopen(ledger)
    held.release()

    Ledger.reopen(ledger).release()


@pytest.mark.parametrize("run", ["", "../x", "a/b", ".hidden", "a\nb"])
def test_a_run_id_is_a_plain_file_name(run: str) -> None:
    with pytest.raises(LedgerError):
        ledger_path(run)
