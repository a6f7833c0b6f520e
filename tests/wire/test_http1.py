"""One answer is read the same however it is cut, and what is ambiguous is a protocol error."""

import time
from dataclasses import dataclass

import pytest

from nfrcheck.model.records import CLOSED_BEFORE, CLOSED_INSIDE, PROTOCOL_ERROR
from nfrcheck.wire.heads import Heads
from nfrcheck.wire.http1 import Response

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKS = b"1\r\nh\r\n1;name=value\r\ne\r\n3 \r\nllo\r\n0\r\nx-sum: 5\r\nx-more: 1\r\n\r\n"


@dataclass(frozen=True)
class Case:
    answer: bytes
    status: int = 200
    body: bytes = b""
    method: bytes = b"GET"
    close: bool = False
    extra: bool = False
    ended: bool = False  # complete only by the end of the connection
    http10: bool = False


def lengths(*values: bytes) -> bytes:
    return OK + b"".join(b"Content-Length: %b\r\n" % value for value in values) + b"\r\n"


CASES = {
    "length": Case(OK + b"Content-Length: 5\r\n\r\nhello", body=b"hello"),
    "no-reason": Case(b"HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n"),
    "empty-body": Case(lengths(b"0")),
    "bare-line-feeds": Case(b"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", body=b"hello"),
    "head-ends-LF-CRLF": Case(b"HTTP/1.1 200 OK\nContent-Length: 5\n\r\nhello", body=b"hello"),
    "bare-line-feeds-then-blank-lines": Case(
        b"HTTP/1.1 200 OK\nContent-Length: 6\n\nx\r\n\r\ny", body=b"x\r\n\r\ny"
    ),
    "folded-header": Case(OK + b"X: a\r\n b\r\nContent-Length:\r\n 5\r\n\r\nhello", body=b"hello"),
    "chunks-extensions-trailers": Case(
        OK + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKS, body=b"hello"
    ),
    "chunks-any-case": Case(
        OK + b"TRANSFER-encoding:gzip ,Chunked\r\n\r\n" + CHUNKS, body=b"hello"
    ),
    "length-and-chunks": Case(
        OK + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS,
        body=b"hello",
        close=True,
    ),
    "100-103-then-200": Case(
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
        + lengths(b"5")
        + b"hello",
        body=b"hello",
    ),
    "101-unasked": Case(b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n", status=101, close=True),
    "head-request-with-length": Case(lengths(b"5"), method=b"HEAD"),
    "head-request-with-chunks": Case(OK + b"Transfer-Encoding: chunked\r\n\r\n", method=b"HEAD"),
    "204-with-length": Case(b"HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\n", status=204),
    "304-with-length": Case(b"HTTP/1.1 304 Not\r\nContent-Length: 5\r\n\r\n", status=304),
    "connection-close": Case(
        OK + b"Connection: close\r\nContent-Length: 2\r\n\r\nok", body=b"ok", close=True
    ),
    "connection-close-any-case-in-a-list": Case(
        OK + b"CONNECTION:upgrade, CLOSE\r\nContent-Length: 2\r\n\r\nok", body=b"ok", close=True
    ),
    "connection-close-twice-given": Case(
        OK + b"connection: x\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok",
        body=b"ok",
        close=True,
    ),
    "http10": Case(
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", body=b"ok", close=True, http10=True
    ),
    "http10-keep-alive": Case(
        b"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nok",
        body=b"ok",
        http10=True,
    ),
    "until-close": Case(OK + b"\r\nhello", body=b"hello", close=True, ended=True),
    "until-close-empty": Case(OK + b"\r\n", close=True, ended=True),
    "other-transfer-encoding": Case(
        OK + b"Transfer-Encoding: gzip\r\nContent-Length: 2\r\n\r\nhello",
        body=b"hello",
        close=True,
        ended=True,
    ),
    "equal-lengths": Case(lengths(b"5", b"5") + b"hello", body=b"hello"),
    "equal-lengths-in-a-list": Case(lengths(b"5, 5") + b"hello", body=b"hello"),
    "differing-lengths": Case(lengths(b"5", b"6") + b"hello", status=PROTOCOL_ERROR, close=True),
    "negative-length": Case(lengths(b"-1"), status=PROTOCOL_ERROR, close=True),
    "signed-length": Case(lengths(b"+5") + b"hello", status=PROTOCOL_ERROR, close=True),
    "length-with-a-letter": Case(lengths(b"5x") + b"hello", status=PROTOCOL_ERROR, close=True),
    "length-without-a-number": Case(lengths(b""), status=PROTOCOL_ERROR, close=True),
    "length-beyond-64-bits": Case(lengths(b"9" * 19), status=PROTOCOL_ERROR, close=True),
    "chunk-size-not-hexadecimal": Case(
        OK + b"Transfer-Encoding: chunked\r\n\r\n5g\r\nhello", status=PROTOCOL_ERROR, close=True
    ),
    "chunk-size-with-a-sign": Case(
        OK + b"Transfer-Encoding: chunked\r\n\r\n+5\r\nhello", status=PROTOCOL_ERROR, close=True
    ),
    "chunk-size-empty": Case(
        OK + b"Transfer-Encoding: chunked\r\n\r\n\r\nhello", status=PROTOCOL_ERROR, close=True
    ),
    "chunk-size-of-17-digits": Case(
        OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"0" * 16 + b"5\r\nhello",
        status=PROTOCOL_ERROR,
        close=True,
    ),
    "chunk-without-its-line-end": Case(
        OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhello", status=PROTOCOL_ERROR, close=True
    ),
    "not-http": Case(b"SSH-2.0-OpenSSH_9.2\r\n", status=PROTOCOL_ERROR, close=True),
    "http2": Case(b"HTTP/2.0 200 OK\r\n\r\n", status=PROTOCOL_ERROR, close=True),
    "status-of-two-digits": Case(b"HTTP/1.1 20 OK\r\n\r\n", status=PROTOCOL_ERROR, close=True),
    "status-of-four-digits": Case(b"HTTP/1.1 2000 OK\r\n\r\n", status=PROTOCOL_ERROR, close=True),
    "status-below-100": Case(b"HTTP/1.1 099 OK\r\n\r\n", status=PROTOCOL_ERROR, close=True),
}


def check(response: Response, case: Case) -> None:
    assert response.status == case.status
    assert (response.body if case.status >= 100 else b"") == case.body
    assert response.close == case.close
    assert response.http10 == case.http10


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_an_answer_cut_anywhere_is_the_same_answer(case: Case) -> None:
    heads = Heads()
    for cut in range(len(case.answer)):
        response = Response(case.method, keep=100, heads=heads)

        pieces = [piece for piece in (case.answer[:cut], case.answer[cut:]) if piece]
        done = [response.feed(piece) for piece in pieces if not response.done]
        if case.ended:
            assert not any(done), "only the end of the connection ends it"
            response.end(orderly=True)

        assert response.done
        check(response, case)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_an_answer_byte_by_byte_is_the_same_answer(case: Case) -> None:
    response = Response(case.method, keep=100)

    for at in range(len(case.answer)):
        if response.feed(case.answer[at : at + 1]):
            break
    if case.ended:
        response.end(orderly=True)

    check(response, case)


@pytest.mark.parametrize(
    "case", [case for case in CASES.values() if case.status >= 100 and not case.ended]
)
def test_a_broken_connection_never_makes_a_success(case: Case) -> None:
    last = len(case.answer) - 1
    for cut in range(1, last + 1):
        response = Response(case.method, keep=100)

        assert not response.feed(case.answer[:cut])

        assert response.end(orderly=True) == CLOSED_INSIDE
        assert response.close


def test_nothing_at_all_is_closed_before_the_answer() -> None:
    assert Response().end(orderly=True) == CLOSED_BEFORE


def test_a_reset_does_not_end_a_body_that_only_the_close_ends() -> None:
    response = Response(keep=100)
    response.feed(OK + b"\r\nhel")

    assert response.end(orderly=False) == CLOSED_INSIDE


@pytest.mark.parametrize("case", [CASES["length"], CASES["chunks-extensions-trailers"]])
def test_bytes_after_the_end_are_told_and_end_the_connection(case: Case) -> None:
    response = Response(keep=100)

    assert response.feed(case.answer + b"HTTP/1.1 200 OK\r\n\r\n")

    assert (response.status, response.body) == (200, b"hello")
    assert response.extra
    assert response.close


@pytest.mark.parametrize(
    ("size", "status"),
    [
        pytest.param(60 * 1024, 200, id="60-KiB"),
        pytest.param(70 * 1024, PROTOCOL_ERROR, id="70-KiB"),
    ],
)
@pytest.mark.parametrize("step", [1 << 20, 1000], ids=["at-once", "in-pieces"])
def test_a_head_has_a_limit(size: int, status: int, step: int) -> None:
    head = OK + b"Content-Length: 0\r\nX: "
    answer = head + b"x" * (size - len(head) - 4) + b"\r\n\r\n"
    response = Response()

    for at in range(0, len(answer), step):
        if response.feed(answer[at : at + step]):
            break

    assert response.status == status


@pytest.mark.parametrize(
    "rest",
    [
        pytest.param(b"5;" + b"x" * 70_000, id="chunk-extension"),
        pytest.param(b"0\r\n" + b"x: y\r\n" * 12_000, id="trailers"),
        pytest.param(b"0\r\n" + b"x" * 70_000, id="one-trailer"),
    ],
)
def test_what_nobody_reads_has_a_limit(rest: bytes) -> None:
    response = Response()
    response.feed(OK + b"Transfer-Encoding: chunked\r\n\r\n")

    for at in range(0, len(rest), 4096):
        if response.feed(rest[at : at + 4096]):
            break

    assert response.status == PROTOCOL_ERROR


def test_only_so_much_of_a_body_is_kept_and_all_of_it_counted() -> None:
    response = Response(keep=7)

    response.feed(lengths(b"1000") + b"0123")
    response.feed(b"456789" * 166)

    assert response.done
    assert response.body == b"0123456"
    assert response.length == 1000


def test_to_keep_a_body_of_many_pieces_costs_little_more_than_to_read_it() -> None:
    """Or one large answer in small chunks would hold up all other requests."""
    raw = OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"80\r\n%b\r\n" % (b"x" * 128) * 32_000
    raw += b"0\r\n\r\n"

    def cost_ns(keep: int) -> int:
        response, began = Response(keep=keep), time.process_time_ns()
        for at in range(0, len(raw), 65_536):
            response.feed(raw[at : at + 65_536])
        assert len(response.body) == keep
        return time.process_time_ns() - began

    assert cost_ns(keep=128 * 32_000) < 10 * min(cost_ns(keep=0) for _ in range(3))


def test_a_response_is_ready_for_the_next_answer() -> None:
    response = Response(keep=9)
    response.feed(CASES["until-close"].answer)
    response.end(orderly=True)

    response.begin(b"HEAD", 9)
    assert response.feed(lengths(b"5"))

    assert (response.status, response.body, response.close) == (200, b"", False)


def test_equal_heads_mean_another_framing_after_a_head_request() -> None:
    heads = Heads()
    for method, done in ((b"GET", False), (b"HEAD", True)) * 2:
        response = Response(method, heads=heads)

        assert response.feed(lengths(b"5")) is done


def test_heads_that_never_repeat_are_not_kept() -> None:
    heads = Heads()
    for number in range(2 * Heads.TRIAL):
        head = OK + b"X: %d\r\nContent-Length: 0\r\n\r\n" % number
        assert Response(heads=heads).feed(head)

        assert sum(len(known) for known in heads._known) <= Heads.ENTRIES_MAX

    assert not any(heads._known)


def test_heads_that_repeat_are_kept() -> None:
    heads = Heads()
    for _ in range(3 * Heads.TRIAL):
        assert Response(heads=heads).feed(lengths(b"0"))

    assert sum(len(known) for known in heads._known) == 1
