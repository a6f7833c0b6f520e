"""A run folder reads the same while it grows as afterwards; what is torn is left out."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nfrcheck.history.read import HistoryReader, read_history
from nfrcheck.history.write import EventLog
from nfrcheck.model.history import History, Stream
from nfrcheck.model.records import (
    HEADER_BYTES,
    HOUR_NS,
    RECORD,
    Cell,
    Header,
    write_header,
    write_records,
)

CELLS = (Cell("global", "home"), Cell("global", "order"))
HOUR_S = HOUR_NS / 1e9
Records = np.ndarray[tuple[int], np.dtype[Any]]


def header(child: int = 0, hour: int = 0, **more: Any) -> Header:
    given: dict[str, Any] = {"stream": "shop", "kind": "load", "cells": CELLS}
    return Header(**(given | more), child=child, t0_ns=500, base_ns=500 + hour * HOUR_NS)


def records(*due_s: float, latency_s: float = 0.01, status: int = 200, cell: int = 0) -> Records:
    made = np.zeros(len(due_s), dtype=RECORD)
    made["due_us"] = np.round(np.array(due_s) * 1e6)
    made["wait_us"] = 1_000
    made["latency_us"] = round(latency_s * 1e6)
    made["status"], made["cell"] = status, cell
    return made


def put(folder: Path, made: Records, head: Header | None = None) -> Path:
    head = head or header()
    path = folder / head.file_name
    write_records(path, head, made)
    return path


def events(folder: Path, *lines: dict[str, Any], torn: str = "") -> None:
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / "events.ndjson").write_text(text + torn, encoding="utf-8")


def phase(t: float, state: str, name: str = "steady", **more: Any) -> dict[str, Any]:
    return {"t": t, "event": "phase", "name": name, "state": state, "kind": "quiet"} | more


def shop(history: History) -> Stream:
    return history.streams["shop"]


# ---- records


def test_due_sent_and_done_are_seconds_since_the_run_began(tmp_path: Path) -> None:
    put(tmp_path, records(1.5, 2.5, latency_s=0.25, cell=1))

    found = shop(read_history(tmp_path))

    assert found.due.tolist() == [1.5, 2.5]
    assert (found.sent - found.due).tolist() == pytest.approx([0.001] * 2)
    assert found.latency.tolist() == pytest.approx([0.25] * 2)
    assert (found.name, found.kind, found.cells) == ("shop", "load", CELLS)
    assert found.cell.tolist() == [1, 1]


def test_hours_and_children_become_one_stream_in_the_order_of_due_times(tmp_path: Path) -> None:
    put(tmp_path, records(3599.0, 10.0), header())
    put(tmp_path, records(2.0), header(hour=1))
    put(tmp_path, records(5.0, 3599.5), header(child=1))
    put(tmp_path, records(1.0), header(child=1, hour=11))

    found = shop(read_history(tmp_path))

    assert found.due.tolist() == [
        5.0,
        10.0,
        3599.0,
        3599.5,
        HOUR_S + 2.0,
        11 * HOUR_S + 1.0,
    ]


def test_files_with_other_cells_are_read_by_their_own(tmp_path: Path) -> None:
    put(tmp_path, records(1.0, 2.0, cell=1))
    put(tmp_path, records(3.0, cell=0), header(child=1, cells=(Cell("eu", "home"), CELLS[0])))
    put(tmp_path, records(4.0, cell=1), header(child=2, cells=(Cell("eu", "home"), CELLS[0])))

    found = shop(read_history(tmp_path))

    assert [found.cells[index] for index in found.cell] == [
        CELLS[1],
        CELLS[1],
        Cell("eu", "home"),
        CELLS[0],
    ]


def test_a_torn_last_record_is_left_out(tmp_path: Path) -> None:
    path = put(tmp_path, records(1.0, 2.0, 3.0))
    whole = path.read_bytes()

    path.write_bytes(whole[:-5])

    assert shop(read_history(tmp_path)).due.tolist() == [1.0, 2.0]


def test_a_file_whose_header_is_not_whole_is_not_there_yet(tmp_path: Path) -> None:
    path = put(tmp_path, records(1.0))
    path.write_bytes(path.read_bytes()[: HEADER_BYTES - 1])

    assert read_history(tmp_path).streams == {}


def test_a_stream_without_a_request_is_an_empty_stream(tmp_path: Path) -> None:
    write_header(tmp_path / header().file_name, header())

    assert len(shop(read_history(tmp_path))) == 0


def test_what_the_plan_said_of_a_stream_comes_with_it(tmp_path: Path) -> None:
    put(tmp_path, records(1.0))
    planned = {"rate": 150.0, "arrivals": "poisson", "timeout_s": 2.0, "local": True}

    known = shop(read_history(tmp_path, streams={"shop": planned}))
    unknown = shop(read_history(tmp_path))

    assert (known.rate, known.poisson, known.timeout_s, known.local) == (150.0, True, 2.0, True)
    assert (unknown.rate, unknown.poisson, unknown.local) == (0.0, False, False)


# ---- reading while it grows


def test_a_growing_folder_reads_the_same_as_one_read_at_once(tmp_path: Path) -> None:
    reader = HistoryReader(tmp_path, {})
    assert reader.read().streams == {}

    log = EventLog(tmp_path, 0)
    log.write("phase", t=0.0, name="steady", state="start", kind="quiet")
    path = put(tmp_path, records(1.0, 3.0))
    assert shop(reader.read()).due.tolist() == [1.0, 3.0]
    more = records(2.0, 4.0).tobytes()
    with path.open("ab") as file:
        file.write(more[:20])
        file.flush()
        assert shop(reader.read()).due.tolist() == [1.0, 2.0, 3.0]
        file.write(more[20:])
    # A file of which the name comes first, with the same due times: ties have one order.
    put(
        tmp_path,
        records(1.0, 2.0, 3.0, status=503),
        header(child=0, hour=0, stream="shop", kind="a"),
    )
    log.write("phase", t=9.0, name="steady", state="end", kind="quiet")
    log.close()

    grown, once = reader.read(), read_history(tmp_path)

    assert grown.spans == once.spans
    for name in ("due", "sent", "done", "status", "cell", "flags"):
        assert np.array_equal(getattr(shop(grown), name), getattr(shop(once), name))


def test_a_torn_line_is_read_when_it_is_whole(tmp_path: Path) -> None:
    reader = HistoryReader(tmp_path, {})
    events(tmp_path, phase(0.0, "start"), torn='{"t": 5.0, "event": "no')
    assert reader.read().notes == ()

    events(tmp_path, phase(0.0, "start"), {"t": 5.0, "event": "note", "text": "seen"})

    assert reader.read().notes == ("seen",)


def test_a_line_that_a_crash_tore_costs_itself_only(tmp_path: Path) -> None:
    lines = ['{"t": 1.0, "event": "no', json.dumps(phase(0.0, "start")), "[1]", ""]
    (tmp_path / "events.ndjson").write_text("\n".join(lines), encoding="utf-8")

    assert [span.name for span in read_history(tmp_path).spans] == ["steady"]


def test_beyond_the_horizon_nothing_is_decided_yet(tmp_path: Path) -> None:
    put(tmp_path, records(*range(20)))
    events(
        tmp_path,
        phase(0.0, "start"),
        phase(8.0, "end"),
        phase(8.0, "start", "busy"),
        {"t": 20.0, "event": "note", "text": "x"},
    )
    reader = HistoryReader(tmp_path, {})

    early, late = reader.read(horizon=5.0), reader.read(horizon=10.0)

    assert (len(shop(early)), len(shop(late)), len(shop(reader.read()))) == (5, 10, 20)
    assert [(s.name, s.start, s.end) for s in early.spans] == [("steady", 0.0, 5.0)]
    assert [(s.name, s.start, s.end) for s in late.spans] == [
        ("steady", 0.0, 8.0),
        ("busy", 8.0, 10.0),
    ]


# ---- property


@settings(max_examples=20, deadline=None)
@given(st.lists(st.lists(st.floats(0, 60), max_size=20), min_size=1, max_size=4), st.randoms())
def test_the_order_in_which_requests_end_does_not_matter(
    tmp_path_factory: pytest.TempPathFactory, children: list[list[float]], random: Any
) -> None:
    one, other = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("other")
    for child, dues in enumerate(children):
        put(one, records(*dues), header(child=child))
        shuffled = list(dues)
        random.shuffle(shuffled)
        put(other, records(*shuffled), header(child=child))

    found, again = shop(read_history(one)), shop(read_history(other))

    assert np.array_equal(found.due, again.due)
    assert np.array_equal(found.due, np.sort(found.due))
    assert len(found) == sum(map(len, children))
    assert replace(found, name="x").name == "x"


# ---- the newest part alone


def test_a_reader_of_what_is_recent_keeps_no_more_than_that(tmp_path: Path) -> None:
    put(tmp_path, records(*np.arange(0.5, 100.0)))
    beats = ({"t": float(t), "event": "health", "instrument": "load-shop.0"} for t in range(101))
    events(tmp_path, {"t": 0.0, "event": "preflight", "answered": {"global": True}}, *beats)
    reader = HistoryReader(tmp_path, {}, recent_s=10.0)

    for _ in range(2):
        found = reader.read(horizon=95.0)

        assert shop(found).due.tolist() == [90.5, 91.5, 92.5, 93.5, 94.5]
        assert [line.t for line in found.health] == [90.0 + i for i in range(11)]
        assert found.answered == {"global": True}


def test_a_reader_of_what_is_recent_goes_on_where_it_was(tmp_path: Path) -> None:
    path = put(tmp_path, records(*np.arange(0.5, 50.0)))
    events(tmp_path, {"t": 50.0, "event": "note", "text": ""})
    reader = HistoryReader(tmp_path, {}, recent_s=5.0)
    assert shop(reader.read()).due.tolist() == [45.5, 46.5, 47.5, 48.5, 49.5]

    with path.open("ab") as file:
        file.write(records(50.5, 51.5).tobytes())
    with (tmp_path / "events.ndjson").open("a") as file:
        file.write('{"t": 52.0, "event": "note", "text": ""}\n')

    assert shop(reader.read()).due.tolist() == [47.5, 48.5, 49.5, 50.5, 51.5]
