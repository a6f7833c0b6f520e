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
    readable_ledgers,
    state_folder,
)
from nfrcheck.run.restore import restore

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


def test_a_damaged_last_line_that_was_written_whole_is_refused(ledger: Path) -> None:
    """It may be of a fault that is in place."""
    opened, armed = ledger.read_bytes().splitlines(keepends=True)
    ledger.write_bytes(opened + armed.replace(b"{", b"?", 1))

    with pytest.raises(LedgerError, match="line 2 is damaged"):
        read(ledger)


def test_a_damaged_line_inside_is_refused(ledger: Path) -> None:
    opened, armed = ledger.read_bytes().splitlines(keepends=True)
    ledger.write_bytes(opened + armed.replace(b"{", b"?", 1) + b'{"state": "closed"}\n')

    with pytest.raises(LedgerError, match="line 2 is damaged"):
        read(ledger)


def test_half_a_line_that_an_earlier_version_marked_was_never_written(ledger: Path) -> None:
    with ledger.open("a") as file:
        file.write('{"state": "ver\n{"state": "torn"}\n{"state": "failed", "id": "kill.1"}\n')

    assert [entry.state for entry in read(ledger).open_entries] == ["failed"]


@pytest.mark.parametrize(
    ("line", "because"),
    [
        pytest.param({"state": "armed", "id": "x"}, "has no 'undo'", id="a-key-is-missing"),
        pytest.param({"state": "opened", "run": "x"}, "has no 'version'", id="of-no-version"),
        pytest.param({"state": "opened", "version": 1}, "has no 'run'", id="of-nobody"),
        pytest.param(
            {**ARMED, "state": "armed", "undo": None},
            "is not understood: its 'undo' is no list of steps",
            id="no-steps",
        ),
        pytest.param(
            {**ARMED, "state": "armed", "verify": ["true"]},
            "is not understood: its 'verify' is no list of steps",
            id="steps-are-words",
        ),
        pytest.param(
            {**ARMED, "state": "armed", "undo": [{}]},
            "is not understood: its 'undo' is no list of steps",
            id="a-step-of-no-kind",
        ),
        pytest.param(
            {**ARMED, "state": "armed", "deadline_s": "soon"},
            "is not understood: could not convert string to float: 'soon'",
            id="no-number",
        ),
        pytest.param(["closed"], "is damaged", id="no-object"),
    ],
)
def test_a_line_that_is_not_understood_is_named_with_what_to_do(
    ledger: Path, line: Any, because: str
) -> None:
    with ledger.open("a") as file:
        # An empty line is one of the file too.
        file.write(f'\n{json.dumps(line)}\n{{"state": "healing", "id": "kill.1"}}\n')

    with pytest.raises(LedgerError) as caught:
        read(ledger)

    assert str(caught.value).startswith(
        f"{ledger}: line 4 {because}. Look at the file and put back"
    )


@pytest.mark.parametrize("version", ['"version": 2', '"version": null'])
def test_a_ledger_of_another_version_is_not_guessed_at(ledger: Path, version: str) -> None:
    ledger.write_text(ledger.read_text().replace('"version": 1', version))

    with pytest.raises(LedgerError, match=r"line 1: it is a ledger of version .*knows version 1"):
        read(ledger)


def test_one_that_cannot_be_read_does_not_hide_the_others(ledger: Path) -> None:
    ledger.with_name("run-0.ndjson").write_text("?\n")
    ledger.with_name("run-0.ndjson").chmod(0o600)

    opened, unread = readable_ledgers()

    assert [record.run for record in opened] == ["run-1"]
    assert [str(error).partition(": ")[0] for error in unread] == [
        str(ledger.with_name("run-0.ndjson"))
    ]
    with pytest.raises(LedgerError, match=r"run-0.ndjson: line 1 is damaged"):
        open_ledgers()


def test_one_that_is_restored_as_it_is_made_is_not_begun(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is armed in a ledger that says that it is closed would be left in place."""
    path = ledger_path("run-2")
    lock = Ledger._lock

    def late(self: Ledger) -> None:
        monkeypatch.setattr(Ledger, "_lock", lock)
        assert restore(path).closed
        lock(self)

    monkeypatch.setattr(Ledger, "_lock", late)
    with pytest.raises(LedgerError, match="begin the run again"):
        Ledger.create(path, run="run-2", deployment="staging")

    assert state in path.parents
    assert read(path).closed


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
