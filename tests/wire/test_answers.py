"""An answer is as expected only if all that was declared holds, and its region is what it says."""

import json
from typing import Any

import pytest

from nfrcheck.model.traffic import Expect, ServedBy
from nfrcheck.wire.answers import MISSING, Expectation, find, header, origin, parse

HEAD = b"HTTP/1.1 200 OK\r\nX-Served-Region:  eu \r\nx-empty:\r\nContent-Length: 2\r\n\r\n"
BODY = {
    "state": "open",
    "id": 7,
    "ok": True,
    "none": None,
    "lines": [{"sku": "a"}],
    "a/b": {"m~n": 1},
}


def met(expect: Expect, status: int = 200, body: bytes | None = None) -> bool:
    content = parse(json.dumps(BODY).encode() if body is None else body)
    return Expectation(expect).met(status, HEAD, content)


@pytest.mark.parametrize(
    ("expect", "status", "holds"),
    [
        pytest.param(Expect(), 204, True, id="2xx-by-default"),
        pytest.param(Expect(), 304, False, id="3xx-is-not-2xx"),
        pytest.param(Expect(status=(201,)), 201, True, id="the-code"),
        pytest.param(Expect(status=(201,)), 200, False, id="another-code"),
        pytest.param(Expect(status=("4xx", 200)), 404, True, id="a-class"),
        pytest.param(Expect(json={"/state": "open"}), 200, True, id="json"),
        pytest.param(Expect(json={"/state": "closed"}), 200, False, id="json-differs"),
        pytest.param(Expect(json={"/state": "open"}), 500, False, id="json-of-an-error"),
        pytest.param(Expect(json={"/ok": True}), 200, True, id="json-true"),
        pytest.param(Expect(json={"/ok": 1}), 200, False, id="true-is-not-1"),
        pytest.param(Expect(json={"/none": None}), 200, True, id="json-null"),
        pytest.param(Expect(json={"/lines/0/sku": "a"}), 200, True, id="json-in-a-list"),
        pytest.param(Expect(json={"/a~1b/m~0n": 1}), 200, True, id="json-escaped-pointer"),
        pytest.param(Expect(json={"": BODY}), 200, True, id="json-the-whole"),
        pytest.param(Expect(has=("/id", "/lines/0")), 200, True, id="has"),
        pytest.param(Expect(has=("/lines/1",)), 200, False, id="has-not"),
        pytest.param(Expect(has=("/none",)), 200, False, id="null-is-nothing"),
        pytest.param(Expect(has=("/state/x",)), 200, False, id="text-has-no-members"),
        pytest.param(Expect(absent=("/errors",)), 200, True, id="absent"),
        pytest.param(Expect(absent=("/id",)), 200, False, id="not-absent"),
        pytest.param(Expect(header={"X-Served-Region": "eu"}), 200, True, id="header"),
        pytest.param(Expect(header={"x-served-region": "us"}), 200, False, id="header-differs"),
        pytest.param(Expect(header={"x-gone": "1"}), 200, False, id="header-missing"),
    ],
)
def test_an_expectation(expect: Expect, status: int, holds: bool) -> None:
    assert met(expect, status) is holds


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b'{"state": "op', id="cut-off"),
        pytest.param(b"<html>", id="html"),
        pytest.param(b"\xff\xfe", id="no-text"),
        pytest.param(b"[" * 100_000, id="too-deep"),
    ],
)
def test_a_body_that_is_no_json_meets_no_pointer(body: bytes) -> None:
    assert not met(Expect(absent=("/errors",)), body=body)
    assert met(Expect(), body=body)


def test_a_header_is_found_by_its_whole_name() -> None:
    assert header(HEAD, b"region") is None
    assert header(HEAD, b"x-served-region") == "eu"
    assert header(HEAD, b"x-empty") == ""


@pytest.mark.parametrize("pointer", ["/lines/-1", "/lines/x", "/lines/²", "/gone/deeper"])
def test_a_pointer_to_nowhere_finds_nothing(pointer: str) -> None:
    assert find(BODY, pointer) is MISSING


@pytest.mark.parametrize(
    ("served_by", "region"),
    [
        pytest.param(ServedBy(header="X-Served-Region", values={"eu": "a"}), "a", id="header"),
        pytest.param(ServedBy(header="x-gone"), None, id="no-header"),
        pytest.param(ServedBy(header="x-served-region"), None, id="word-of-no-region"),
        pytest.param(ServedBy(header="x-served-region", values={"eu": "c"}), None, id="no-region"),
        pytest.param(ServedBy(json="/region"), "b", id="json"),
        pytest.param(ServedBy(json="/state"), None, id="json-of-something-else"),
    ],
)
def test_the_region_that_served(served_by: ServedBy, region: str | None) -> None:
    found: Any = {"region": "b", "state": {"a": 1}}

    assert origin(served_by, ("a", "b")).region(HEAD, found) == region
