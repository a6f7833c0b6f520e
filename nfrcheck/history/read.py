"""Reads a run folder, whole or while it grows, into a `History`."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from nfrcheck.history.connections import read_connections
from nfrcheck.history.ndjson import json_lines
from nfrcheck.history.record_files import RecordFile, stream_of
from nfrcheck.history.write import EVENTS
from nfrcheck.model.history import FaultRecord, Health, History, Ill, Span, Stream, Write


def read_history(
    folder: Path, *, streams: Mapping[str, Mapping[str, Any]] | None = None
) -> History:
    """A kept run as it stands; torn last lines and records are left out."""
    history = HistoryReader(folder, streams or {}).read()
    return replace(history, connections=read_connections(folder))


class HistoryReader:
    """Reads only what is new since the last time; `streams` holds per stream what the plan said.

    Without `connections`, which nothing asks for while a run goes on.

    With `recent_s` it keeps the requests and health lines of no more than so many seconds.
    """

    def __init__(
        self,
        folder: Path,
        streams: Mapping[str, Mapping[str, Any]],
        recent_s: float | None = None,
    ) -> None:
        self._folder = folder
        self._recent_s = recent_s
        self._planned = streams
        self._files: dict[Path, RecordFile] = {}
        self._lines: dict[Path, _Lines] = {}
        self._events: list[dict[str, Any]] = []

    def read(self, horizon: float | None = None) -> History:
        """Everything so far; requests due after `horizon` s are left out: still undecided."""
        self._events += self._new_lines(self._folder / EVENTS)
        since = self._forget()
        history = from_events(self._events)
        if horizon is not None or since is not None:
            end = math.inf if horizon is None else horizon
            clipped = (
                replace(span, start=max(span.start, since or 0.0), end=min(span.end, end))
                for span in history.spans
            )
            history = replace(history, spans=tuple(s for s in clipped if s.seconds > 0))
        writes, ended = self._writes()
        streams = self._streams(horizon, since)
        return replace(history, streams=streams, writes=writes, writes_ended=ended)

    def _forget(self) -> float | None:
        """Drops the health lines that are no longer recent; since when what is left counts."""
        if self._recent_s is None:
            return None
        since = max((event["t"] for event in self._events), default=0.0) - self._recent_s
        self._events = [e for e in self._events if e["event"] != "health" or e["t"] >= since]
        return since

    def _new_lines(self, path: Path) -> list[dict[str, Any]]:
        return self._lines.setdefault(path, _Lines(path)).new()

    def _streams(self, horizon: float | None, since: float | None) -> dict[str, Stream]:
        for path in sorted(self._folder.glob("*.rec")):
            self._files.setdefault(path, RecordFile(path))
        by_name: dict[str, list[RecordFile]] = {}
        # By name: reading while they grow gives the same as reading once.
        for _, file in sorted(self._files.items()):
            if file.load(since):
                by_name.setdefault(file.stream, []).append(file)
        return {
            name: stream_of(files, self._planned.get(name, {}), horizon)
            for name, files in by_name.items()
        }

    def _writes(self) -> tuple[dict[str, tuple[Write, ...]], frozenset[str]]:
        lines: dict[str, list[dict[str, Any]]] = {}
        unended = set()
        for path in sorted(self._folder.glob("writes-*.ndjson")):
            # Each child has a ledger: `writes-orders.ndjson`, `writes-orders.1.ndjson`.
            name = path.stem.removeprefix("writes-").partition(".")[0]
            mine = list(json_lines(path.read_bytes()))
            lines.setdefault(name, []).extend(mine)
            if not any(line.get("end") for line in mine):
                unended.add(name)
        ledgers = {name: _ledger(mine) for name, mine in lines.items()}
        return ledgers, frozenset(set(ledgers) - unended)


class _Lines:
    """The complete lines of a growing file."""

    def __init__(self, path: Path) -> None:
        self._path, self._at = path, 0

    def new(self) -> list[dict[str, Any]]:
        if not self._path.exists():
            return []
        with self._path.open("rb") as file:
            file.seek(self._at)
            fresh = file.read()
        whole = fresh[: fresh.rfind(b"\n") + 1]
        self._at += len(whole)
        return list(json_lines(whole))


def _ledger(lines: Iterable[dict[str, Any]]) -> tuple[Write, ...]:
    writes: dict[int, Write] = {}
    for line in lines:
        if "n" in line:
            writes[line["n"]] = Write(
                n=line["n"],
                entry=str(line.get("entry", "")),
                due=line["due"],
                sent=line["due"] if line.get("sent") is None else line["sent"],
                done=line.get("done"),
                outcome=line["outcome"],
                status=line.get("status"),
                id=line.get("id"),
            )
        elif "read" in line and line["read"] in writes:
            write = writes[line["read"]]
            seen = {**write.seen, str(line["entry"]): line["seen"]}
            writes[line["read"]] = replace(write, seen=seen)
    return tuple(writes[n] for n in sorted(writes))


def from_events(events: list[dict[str, Any]]) -> History:
    """The timeline, faults and health lines; a phase without its end ends with the last event."""
    last = max((event["t"] for event in events), default=0.0)
    started = next((e for e in events if e["event"] == "run" and e.get("state") == "started"), {})
    ended = next((e for e in events if e["event"] == "run" and e.get("state") == "ended"), None)
    return History(
        streams={},
        spans=tuple(sorted(_spans(events, last), key=lambda span: (span.start, span.end))),
        faults=_faults(events),
        health=tuple(
            Health(t=e["t"], instrument=e["instrument"], figures=_figures(e))
            for e in events
            if e["event"] == "health"
        ),
        ills=tuple(
            Ill(t=e["t"], instrument=e["instrument"], because=e["because"])
            for e in events
            if e["event"] == "ill"
        ),
        answered={
            entry: bool(answer)
            for e in events
            if e["event"] == "preflight"
            for entry, answer in e.get("answered", {}).items()
        },
        regions=tuple(started.get("regions", ())),
        notes=tuple(e["text"] for e in events if e["event"] == "note"),
        seconds=last,
        complete=ended is not None and ended.get("reason") == "complete",
        events=tuple(events),
    )


def _figures(event: Mapping[str, Any]) -> dict[str, float]:
    return {
        key: float(value)
        for key, value in event.items()
        if isinstance(value, int | float) and key != "t"
    }


def _spans(events: list[dict[str, Any]], last: float) -> Iterator[Span]:
    open_: dict[tuple[Any, ...], dict[str, Any]] = {}
    for event in events:
        if event["event"] != "phase":
            continue
        key = (event["name"], event.get("part"), event.get("run"))
        if event["state"] == "start":
            open_[key] = event
        elif start := open_.pop(key, None):
            yield _span(start, event["t"])
    for start in open_.values():
        yield _span(start, last)


def _span(start: Mapping[str, Any], end: float) -> Span:
    return Span(
        name=start["name"],
        start=start["t"],
        end=end,
        kind=start["kind"],
        part=start.get("part"),
        run=start.get("run"),
    )


_STATES = {"commanded", "confirmed", "healing", "healed", "verified"}


def _faults(events: list[dict[str, Any]]) -> tuple[FaultRecord, ...]:
    records: dict[tuple[str, int], FaultRecord] = {}
    for event in events:
        if event["event"] != "fault":
            continue
        key = (event["drill"], event["run"])
        record = records.get(key) or FaultRecord(
            drill=event["drill"],
            run=event["run"],
            fault=event["fault"],
            where=event.get("where", {}),
            touched=event.get("touched", ""),
            varied=event.get("varied", ""),
            witnesses=tuple(event.get("witnesses", ())),
        )
        if event["state"] in _STATES:
            record = replace(record, **{event["state"]: event["t"]})
        if event["state"] == "unconfirmed":
            # Also after the proof: what ended too early, or too late, was not as planned.
            record = replace(record, confirmed=None)
        if event.get("because"):
            record = replace(record, because=event["because"])
        records[key] = record
    return tuple(records.values())
