"""Failures are kept word for word, bounded, and without what must not be known."""

import base64
import json
import time
from pathlib import Path
from typing import Any

import pytest

from nfrcheck.model.traffic import EndpointSpec, Route, TrafficSpec
from nfrcheck.wire.failures import IN_ALL, PER_SECOND, Failures
from nfrcheck.wire.redaction import REDACTED, Redactor, known_secrets

SECRET = "planted/secret+1"


def spec(
    headers: dict[str, str], *, secret: tuple[str, ...] = (), **values: tuple[str, ...]
) -> TrafficSpec:
    return TrafficSpec(
        stream="s",
        kind="load",
        folder=".",
        t0_ns=0,
        rate=1,
        cap=1,
        entries=(("e", 1),),
        endpoints={"e": EndpointSpec(url="http://e", address="127.0.0.1")},
        routes=(Route(name="r", path="/", headers=headers, secret=secret),),
        run_id="r",
        values=values,
    )


BASIC = base64.b64encode(f"alice:{SECRET}".encode()).decode()


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        pytest.param({"Authorization": f"Bearer {SECRET}"}, f"got {SECRET}!", id="bearer"),
        pytest.param({"authorization": f"Basic {BASIC}"}, f"password {SECRET}", id="basic"),
        pytest.param({"authorization": f"Basic {BASIC}"}, f"header {BASIC}", id="basic-encoded"),
        pytest.param({"cookie": f"a=1; sid={SECRET}"}, f"unknown {SECRET}", id="cookie"),
        pytest.param({"x-api-key": SECRET}, "q=planted%2Fsecret%2B1", id="in-a-url"),
        pytest.param({"x-api-key": "{token}"}, SECRET, id="from-values"),
        pytest.param({"x-api-key": SECRET}, f"cut {SECRET[:-3]}", id="cut-in-the-middle"),
    ],
)
def test_a_secret_that_a_server_echoes_is_not_written(headers: dict[str, str], said: str) -> None:
    redactor = Redactor(known_secrets(spec(headers, token=(SECRET,))))

    written = redactor.body(said.encode())

    assert REDACTED in written
    assert SECRET[:-4] not in written
    assert BASIC not in written


@pytest.mark.parametrize("before", ["", "a", "ab", "bob:", '{"x-tenant": "'])
def test_nor_is_one_that_comes_back_in_base64(before: str) -> None:
    redactor = Redactor(known_secrets(spec({"x-api-key": SECRET})))

    written = redactor.body(base64.b64encode(f"{before}{SECRET}!".encode()))

    assert REDACTED in written
    assert len(written) < len(before) * 2 + len(REDACTED) + 8, "hardly a letter of it is left"


def test_a_header_that_is_named_as_secret_is_one_whatever_it_is_called() -> None:
    given = spec({"x-tenant": SECRET, "x-harmless": "plain-text"}, secret=("x-tenant",))

    written = Redactor(known_secrets(given)).body(f"{SECRET} plain-text".encode())

    assert written == f"{REDACTED} plain-text"


def test_the_headers_of_an_answer_that_hold_credentials_are_left_out() -> None:
    head = b"HTTP/1.1 401 No\r\nSet-Cookie: sid=new\r\nX-Auth-Token: t\r\nserver: s\r\n\r\n"

    assert Redactor(()).head(head).split("\n")[:2] == ["HTTP/1.1 401 No", "server: s"]


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(f'{{"access_token":"{SECRET}","ttl":60}}', id="json"),
        pytest.param(f'{{"password" : "a\\"{SECRET}"}}', id="with-a-quote-in-it"),
        pytest.param(f'{{"detail": "{{\\"idToken\\": \\"{SECRET}\\"}}"}}', id="json-in-json"),
        pytest.param(f"{{'client_secret': '{SECRET}'}}", id="single-quotes"),
        pytest.param(f'{{"refresh_token": "{SECRET}', id="cut-in-the-middle"),
        pytest.param(f"/login?access_token={SECRET}&next=/", id="query"),
        pytest.param(f"next=%2Flogin%3Ftoken%3D{SECRET}", id="query-in-a-query"),
        pytest.param(f'password="with a blank {SECRET}"', id="quoted"),
    ],
)
def test_what_a_server_issues_under_the_name_of_a_secret_is_not_written(said: str) -> None:
    redactor = Redactor(())

    for written in (
        redactor.body(said.encode()),
        redactor.head(f"HTTP/1.1 302 Found\r\nlocation: {said}\r\n\r\n".encode()),
    ):
        assert SECRET not in written
        assert REDACTED in written


@pytest.mark.parametrize(
    "cookie",
    [
        pytest.param(f"sid=1;\r\n path={SECRET}", id="folded"),
        pytest.param(f"sid=1;\n\t{SECRET}", id="folded-without-a-carriage-return"),
        pytest.param(f"sid=\x85{SECRET}", id="a-byte-that-ends-a-line-elsewhere"),
        pytest.param(f"sid=\x0b{SECRET}", id="a-vertical-tab"),
    ],
)
def test_a_header_that_is_left_out_is_left_out_to_its_end(cookie: str) -> None:
    head = f"HTTP/1.1 401 Unauthorized\r\nset-cookie: {cookie}\r\nserver: s\r\n\r\n"

    written = Redactor(()).head(head.encode("latin-1"))

    assert written.split() == ["HTTP/1.1", "401", "Unauthorized", "server:", "s"]


@pytest.mark.parametrize(
    "said",
    [
        pytest.param('{"author":"Bob","error":"unauthorized","tokens_left":4}', id="json"),
        pytest.param('error="invalid_token", error_description="It expired"', id="challenge"),
        pytest.param("the token is not valid: page=2", id="words"),
        pytest.param('{"token": ""}', id="none-given"),
    ],
)
def test_what_only_speaks_of_secrets_stays_readable(said: str) -> None:
    assert Redactor(()).body(said.encode()) == said


@pytest.mark.parametrize("again", ['"', "auth", "token=", '"auth', "\\", "session%3D", '"token":"'])
def test_no_answer_takes_long_to_redact(again: str) -> None:
    """It is done between two requests."""
    redactor = Redactor(())
    said = (again * 2_048)[:2_048].encode()

    began = time.process_time()
    redactor.body(said)

    assert time.process_time() - began < 0.2


def test_what_is_no_secret_stays_readable() -> None:
    redactor = Redactor(known_secrets(spec({"accept": "text/plain", "cookie": "a=1"})))

    assert redactor.body(b"text/plain and a=1 \xff") == "text/plain and a=1 \ufffd"


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_time_outs_among_quick_failures_do_not_lift_the_bound(tmp_path: Path) -> None:
    """A time-out belongs to an earlier second than what fails at once beside it."""
    failures = Failures(tmp_path / "failures.ndjson", Redactor(()))

    kept = sum(failures.has_room("browse", 503, 7 - number % 2) for number in range(200))
    failures.close()

    assert kept == PER_SECOND


def test_a_flood_of_failures_is_counted_not_written(tmp_path: Path) -> None:
    path = tmp_path / "failures.ndjson"
    failures = Failures(path, Redactor(()))

    for second in range(200):
        for n in range(30):
            if failures.has_room("browse", 503, second):
                failures.write({"t": n}, b"h", b"b" * 9_000)
    failures.close()

    *kept, left_out = lines(path)
    assert len(kept) == IN_ALL
    assert sum(line["t"] < PER_SECOND for line in kept) == IN_ALL
    assert max(len(line["body"]) for line in kept) == 2_048
    assert left_out == {"left_out": 200 * 30 - IN_ALL, "route": "browse", "status": 503}
