"""Phases, faults and ledgers come back as they were written, torn or without an end."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from nfrcheck.history.read import read_history


def events(folder: Path, *lines: dict[str, Any], torn: str = "") -> None:
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / "events.ndjson").write_text(text + torn, encoding="utf-8")


def phase(t: float, state: str, name: str = "steady", **more: Any) -> dict[str, Any]:
    return {"t": t, "event": "phase", "name": name, "state": state, "kind": "quiet"} | more


# ---- the timeline


def test_a_phase_without_an_end_ends_with_the_last_event(tmp_path: Path) -> None:
    events(
        tmp_path,
        phase(1.0, "start", "lose-b", part="hold", run=2, kind="drill"),
        {"t": 7.5, "event": "health", "instrument": "load-shop.0", "cpu": 0.1},
    )

    found = read_history(tmp_path)

    (span,) = found.spans
    assert (span.start, span.end, span.part, span.run, span.kind) == (1.0, 7.5, "hold", 2, "drill")
    assert (found.seconds, found.complete) == (7.5, False)


def test_phases_stand_in_the_order_in_which_they_began(tmp_path: Path) -> None:
    events(
        tmp_path,
        phase(0.0, "start", "outer"),
        phase(1.0, "start", "inner"),
        phase(2.0, "end", "inner"),
        phase(3.0, "end", "outer"),
        phase(4.0, "end", "never-begun"),
        phase(5.0, "start", "inner"),
        phase(6.0, "end", "inner"),
    )

    assert [(s.name, s.start) for s in read_history(tmp_path).spans] == [
        ("outer", 0.0),
        ("inner", 1.0),
        ("inner", 5.0),
    ]


def fault(t: float, state: str, **more: Any) -> dict[str, Any]:
    what = {"drill": "lose-b", "run": 1, "fault": "region-kill", "where": {"region": "b"}}
    return {"t": t, "event": "fault", "state": state, **what, **more}


def test_a_fault_has_the_times_at_which_it_changed(tmp_path: Path) -> None:
    states = ("armed", "commanded", "confirmed", "healing", "healed", "verified")
    events(
        tmp_path,
        *(fault(float(t), state, touched="region b") for t, state in enumerate(states)),
        fault(9.0, "commanded", run=2),
        fault(9.5, "unconfirmed", run=2, because="it still answered"),
    )

    first, second = read_history(tmp_path).faults

    assert (first.commanded, first.confirmed, first.healing) == (1.0, 2.0, 3.0)
    assert (first.healed, first.verified, first.touched) == (4.0, 5.0, "region b")
    assert dict(first.where) == {"region": "b"}
    assert (second.run, second.confirmed, second.because) == (2, None, "it still answered")


def test_a_fault_says_which_value_was_varied(tmp_path: Path) -> None:
    events(
        tmp_path,
        fault(1.0, "commanded", varied="50 ms"),
        fault(2.0, "commanded", run=2),
    )

    assert [record.varied for record in read_history(tmp_path).faults] == ["50 ms", ""]


def test_all_that_was_said_of_a_run_is_there(tmp_path: Path) -> None:
    events(
        tmp_path,
        {"t": 0.0, "event": "run", "state": "started", "regions": ["a", "b"]},
        {"t": 0.1, "event": "preflight", "answered": {"global": True, "eu": False}},
        {
            "t": 1.0,
            "event": "health",
            "instrument": "load-shop.0",
            "cpu": 0.5,
            "waiting": None,
            "by_region": {"a": 1},
        },
        {"t": 2.0, "event": "ill", "instrument": "load-shop.0", "because": "died"},
        {"t": 3.0, "event": "run", "state": "ended", "reason": "complete"},
    )

    found = read_history(tmp_path)

    assert (found.regions, dict(found.answered)) == (("a", "b"), {"global": True, "eu": False})
    assert [(line.t, dict(line.figures)) for line in found.health] == [(1.0, {"cpu": 0.5})]
    assert [(ill.instrument, ill.because) for ill in found.ills] == [("load-shop.0", "died")]
    assert (found.complete, found.seconds, len(found.events)) == (True, 3.0, 5)


def test_an_empty_folder_is_an_empty_history(tmp_path: Path) -> None:
    found = read_history(tmp_path)

    assert (found.streams, found.spans, found.seconds, found.complete) == ({}, (), 0.0, False)


# ---- ledgers of writes


def ledger(folder: Path, name: str, *lines: dict[str, Any], torn: str = "") -> None:
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / f"writes-{name}.ndjson").write_text(text + torn, encoding="utf-8")


def written(n: int, outcome: str = "acked", **more: Any) -> dict[str, Any]:
    known = {"entry": "global", "due": n / 10, "sent": n / 10, "done": n / 10 + 0.01}
    return {"n": n, **known, "outcome": outcome, "status": 201, "id": f"o-{n}", **more}


def read(n: int, entry: str, *, seen: bool | None) -> dict[str, Any]:
    return {"read": n, "entry": entry, "t": 9.0, "status": 200, "seen": seen}


END = {"end": True, "t": 10.0}


def test_a_write_knows_through_which_entries_it_was_seen(tmp_path: Path) -> None:
    ledger(
        tmp_path,
        "orders",
        written(1),
        written(2, "unknown"),
        read(1, "a", seen=True),
        read(1, "b", seen=False),
        read(7, "a", seen=True),
        END,
    )

    found = read_history(tmp_path)

    first, second = found.writes["orders"]
    assert (first.n, first.id, dict(first.seen)) == (1, "o-1", {"a": True, "b": False})
    assert (second.outcome, dict(second.seen)) == ("unknown", {})
    assert found.writes_ended == {"orders"}


def test_a_write_that_was_never_sent_has_its_due_time(tmp_path: Path) -> None:
    ledger(tmp_path, "orders", written(3, "failed", sent=None), written(4, sent=0.0))

    assert [one.sent for one in read_history(tmp_path).writes["orders"]] == [0.3, 0.0]


@pytest.mark.parametrize("ends", [(True, True), (True, False), (False, True)])
def test_the_ledgers_of_all_children_are_one_and_end_with_the_last(
    tmp_path: Path, ends: Sequence[bool]
) -> None:
    for child, ended in enumerate(ends):
        name = f"orders.{child}" if child else "orders"
        ledger(tmp_path, name, written(child), *([END] if ended else []))

    found = read_history(tmp_path)

    assert [one.n for one in found.writes["orders"]] == [0, 1]
    assert (found.writes_ended == {"orders"}) == all(ends)


def test_a_torn_line_of_a_ledger_is_left_out(tmp_path: Path) -> None:
    ledger(tmp_path, "orders", written(1), torn='{"n": 2, "entry": "glo')

    assert len(read_history(tmp_path).writes["orders"]) == 1
