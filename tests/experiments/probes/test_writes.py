"""An acknowledged write is read back at every entry; what is not known stays unknown."""

import json
import resource
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nfrcheck.experiments.probes.writes import outcome_of, seen
from nfrcheck.model.records import (
    CHECK_FAILED,
    CLOSED_BEFORE,
    CONNECT_TIMEOUT,
    EXPECTED,
    NOT_SENT,
    REFUSED,
    STOPPED,
    TIMEOUT,
    TLS_FAILED,
)
from tests.experiments.children import (
    PROBE,
    Answer,
    Asked,
    RunningChild,
    Server,
    running_child,
    traffic,
    wait_until,
)
from tests.wire.conftest import NAME, Authority
from tests.wire.torture import Peer, TortureServer

A, B = "region-a", "region-b"


class Shop:
    """Takes orders and gives them back, but for those whose number has another fate.

    `late` is how many reads of an order region b answers with 404 before it has it.
    """

    def __init__(self, fate: Callable[[int], str], late: int = 0) -> None:
        self.fate, self.late = fate, late
        self.orders: dict[str, int] = {}
        self.reads: Counter[str] = Counter()

    def answer(self, asked: Asked) -> Answer:
        return self.write(asked) if asked.method == "POST" else self.read(asked)

    def write(self, asked: Asked) -> Answer:
        number = json.loads(asked.body)["n"]
        fate = self.fate(number)
        if fate == "refuse":
            return 409, {}, b"{}"
        if fate != "forget":
            self.orders[f"o-{number}"] = number
        if fate == "drop":
            return None
        return 201, {}, b"{}" if fate == "nameless" else json.dumps({"id": f"o-{number}"}).encode()

    def read(self, asked: Asked) -> Answer:
        entry, key = asked.headers["x-entry"], asked.path.rpartition("/")[2]
        self.reads[entry + key] += 1
        if self.fate(int(key[2:])) == "unreadable":
            return 503, {}, b""
        there = key in self.orders and (entry == A or self.reads[entry + key] > self.late)
        return (200 if there else 404), {}, b"{}"


def writes(folder: Path, server: Server) -> dict[str, Any]:
    """A probe that writes through region a, and reads through both."""
    endpoint = {"url": server.url, "address": "127.0.0.1"}
    return traffic(
        folder,
        server.url,
        kind="writes",
        rate=100.0,
        entries=[[A, 1.0]],
        endpoints={name: endpoint | {"headers": {"x-entry": name}} for name in (A, B)},
        routes=[
            {
                "name": "order",
                "method": "POST",
                "path": "/orders",
                "body": '{"n": {n}}',
                "content_type": "application/json",
                "expect": {"status": [201]},
            }
        ],
        write={
            "id": "/id",
            "read": {"name": "order-read", "path": "/orders/{id}"},
            "read_entries": [A, B],
        },
    )


def ledger(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "writes-shop.ndjson").read_text().splitlines()]


def write_and_read_back(
    child: RunningChild, server: Server, within_s: float = 0.5
) -> dict[str, int]:
    child.start()
    wait_until(lambda: len(server.asked) >= 40)
    child.order(do="read-back", within_s=within_s)
    found: dict[str, int] = child.expect("read_back")
    child.stop()
    return found


def test_what_was_acknowledged_and_kept_is_seen_at_every_entry(
    tmp_path: Path, server: Server
) -> None:
    server.answer = Shop(lambda _n: "keep").answer

    with running_child(PROBE, writes(tmp_path, server)) as child:
        found = write_and_read_back(child, server)

    *lines, end = ledger(tmp_path)
    written = [line for line in lines if "n" in line]
    read = [line for line in lines if "read" in line]
    assert {line["outcome"] for line in written} == {"acked"}
    assert {line["entry"] for line in written} == {A}
    assert all(line["id"] == f"o-{line['n']}" for line in written)
    assert all(line["due"] <= line["sent"] <= line["done"] for line in written)
    assert {(line["read"], line["entry"]) for line in read} == {
        (line["n"], entry) for line in written for entry in (A, B)
    }
    assert all(line["seen"] is True for line in read)
    assert found == {"asked": len(read), "seen": len(read), "missing": 0, "unread": 0}
    assert end["end"] is True


def test_a_server_that_acknowledges_and_forgets_is_found_out(
    tmp_path: Path, server: Server
) -> None:
    server.answer = Shop(lambda n: "forget" if n % 10 == 3 else "keep").answer

    with running_child(PROBE, writes(tmp_path, server)) as child:
        found = write_and_read_back(child, server)

    lines = ledger(tmp_path)
    missing = {line["read"] for line in lines if "read" in line and line["seen"] is False}
    assert missing == {line["n"] for line in lines if "n" in line and line["n"] % 10 == 3}
    assert found["missing"] == 2 * len(missing) > 0
    assert found["unread"] == 0


def test_a_write_without_an_answer_is_neither_acknowledged_nor_failed(
    tmp_path: Path, server: Server
) -> None:
    fates = {3: "drop", 5: "refuse"}
    server.answer = Shop(lambda n: fates.get(n % 10, "keep")).answer

    with running_child(PROBE, writes(tmp_path, server)) as child:
        found = write_and_read_back(child, server)

    lines = ledger(tmp_path)
    said = {line["n"]: line["outcome"] for line in lines if "n" in line}
    wanted = {"drop": "unknown", "refuse": "failed", "keep": "acked"}
    assert said == {n: wanted[fates.get(n % 10, "keep")] for n in said}
    assert {line["read"] for line in lines if "read" in line} == {
        n for n, outcome in said.items() if outcome == "acked"
    }
    assert found["missing"] == found["unread"] == 0


def test_a_write_that_arrives_late_at_the_other_region_is_seen_there(
    tmp_path: Path, server: Server
) -> None:
    server.answer = Shop(lambda _n: "keep", late=2).answer

    with running_child(PROBE, writes(tmp_path, server)) as child:
        found = write_and_read_back(child, server, within_s=5)

    assert found["missing"] == found["unread"] == 0
    assert found["seen"] == found["asked"] > 0


def test_what_cannot_be_read_is_neither_seen_nor_missing(tmp_path: Path, server: Server) -> None:
    fates = {3: "unreadable", 5: "nameless"}
    server.answer = Shop(lambda n: fates.get(n % 10, "keep")).answer

    with running_child(PROBE, writes(tmp_path, server)) as child:
        found = write_and_read_back(child, server)

    lines = ledger(tmp_path)
    unread = {line["read"] for line in lines if "read" in line and line["seen"] is None}
    assert unread == {line["n"] for line in lines if "n" in line and line["n"] % 10 in fates}
    assert found["unread"] == 2 * len(unread) > 0
    assert found["missing"] == 0


def test_a_write_whose_tls_broke_after_it_was_sent_may_have_happened(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    done: list[bytes] = []

    def garbage(peer: Peer, _number: int) -> int:
        done.append(peer.last_body)
        peer.connection.sendall(b"\x17\x03\x03\x00\x20" + b"z" * 32)
        peer.wait_until_closed()
        return TLS_FAILED

    with TortureServer(garbage, authority.context) as torture:
        url = f"https://{NAME}:{torture.port}"
        endpoint = {"url": url, "address": "127.0.0.1", "ca": str(authority.path)}
        route = {"name": "order", "method": "POST", "path": "/orders", "body": "{n}"}
        spec = {
            **traffic(tmp_path, url, kind="writes", rate=100.0),
            "endpoints": {A: endpoint},
            "entries": [[A, 1.0]],
            "routes": [route],
            "write": {"id": "/id", "read": {"name": "read", "path": "/"}, "read_entries": [A]},
        }
        with running_child(PROBE, spec) as child:
            child.start()
            wait_until(lambda: len(done) > 3)
            child.stop()

    written = [line for line in ledger(tmp_path) if line.get("status") == TLS_FAILED]
    assert written
    assert {line["outcome"] for line in written} == {"unknown"}


def test_a_ledger_that_cannot_be_written_is_said(tmp_path: Path, server: Server) -> None:
    server.answer = Shop(lambda _n: "keep").answer

    with running_child(PROBE, writes(tmp_path, server)) as child:
        child.expect("ready")
        resource.prlimit(child.process.pid, resource.RLIMIT_FSIZE, (100, 100))
        child.start_now()
        said = {child.expect("ill"), child.expect("ill")}
        child.stop()

    assert any("ledger" in because for because in said)


@pytest.mark.parametrize(
    ("status", "flags", "outcome"),
    [
        pytest.param(201, 0, "acked", id="created"),
        pytest.param(202, EXPECTED, "acked", id="expected"),
        pytest.param(409, EXPECTED, "acked", id="a-conflict-that-was-expected"),
        pytest.param(200, CHECK_FAILED, "unknown", id="a-success-that-was-not-expected"),
        pytest.param(302, 0, "unknown", id="redirect"),
        pytest.param(400, 0, "failed", id="bad-request"),
        pytest.param(429, 0, "failed", id="too-many"),
        pytest.param(408, 0, "unknown", id="request-timeout"),
        pytest.param(500, 0, "unknown", id="error"),
        pytest.param(503, 0, "unknown", id="unavailable"),
        pytest.param(REFUSED, 0, "failed", id="refused"),
        pytest.param(CONNECT_TIMEOUT, 0, "failed", id="connect-timeout"),
        pytest.param(NOT_SENT, 0, "failed", id="not-sent"),
        pytest.param(TLS_FAILED, 0, "failed", id="no-handshake"),
        pytest.param(CLOSED_BEFORE, 0, "unknown", id="closed-before-the-answer"),
        pytest.param(TIMEOUT, 0, "unknown", id="timeout"),
        pytest.param(STOPPED, 0, "unknown", id="stopped"),
    ],
)
def test_what_an_answer_says_of_its_write(status: int, flags: int, outcome: str) -> None:
    assert outcome_of(status, flags) == outcome


@pytest.mark.parametrize(
    ("status", "flags", "found"),
    [
        pytest.param(200, 0, True, id="found"),
        pytest.param(200, EXPECTED, True, id="as-expected"),
        pytest.param(200, CHECK_FAILED, False, id="another-state"),
        pytest.param(404, CHECK_FAILED, False, id="not-found"),
        pytest.param(410, 0, False, id="gone"),
        pytest.param(401, 0, None, id="not-allowed"),
        pytest.param(503, CHECK_FAILED, None, id="unavailable"),
        pytest.param(TIMEOUT, 0, None, id="timeout"),
    ],
)
def test_what_a_read_says_of_a_write(status: int, flags: int, found: bool | None) -> None:
    assert seen(status, flags) is found
