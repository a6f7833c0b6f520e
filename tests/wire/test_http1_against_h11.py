"""Over the same bytes h11 and ours agree on status and body length, or the reason is written here.

h11 judges every header field by the grammar; ours reads only what decides where the answer ends.
Each kind of disagreement is listed with its reason; any other one fails.
"""

import random
import re

import h11
import pytest

from nfrcheck.wire.http1 import Response

ROUNDS = 10_000
SEED = 20_260_801

OK = b"HTTP/1.1 200 OK\r\n"
CORPUS = [
    OK + b"Date: Mon, 01 Jan 2024 00:00:00 GMT\r\nContent-Length: 11\r\n\r\nhello world",
    OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;a=b\r\n world\r\n0\r\nx: y\r\n\r\n",
    OK + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    OK + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
    OK + b"Connection: close\r\nContent-Type: text/plain\r\n\r\nuntil the end",
    b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n",
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n",
]
SPICE = [b"\r\n", b"\n", b"\r", b" ", b"\t", b":", b";", b",", b"0", b"9", b"f", b"-", b"\x00"]
SPICE += [b"\r\n\r\n", b"\r\n ", b"Content-Length: 3\r\n", b"Transfer-Encoding: chunked\r\n"]

# Answers that only one of the two takes, and why that is right.
OURS_ONLY = {
    "illegal header line": "a header that says nothing about the end is not judged",
    "illegal status line": "nor is the reason",
    "continuation line at start of headers": "the status line may be folded, as a header",
    "Only Transfer-Encoding: chunked is supported": "another coding is read until the close",
    "multiple Transfer-Encoding headers": "the last coding decides, wherever it stands",
    "bad Content-Length": "chunks win over a length, whatever it says",
    "conflicting Content-Length headers": "chunks win over lengths, whatever they say",
    "illegal chunk header": "white space before an extension is allowed (RFC 9112, 7.1.1)",
}
ONLY_WITH_CODING = ("bad Content-Length", "conflicting Content-Length")
THEIRS_ONLY = re.compile(rb"HTTP/[02-9]\.[0-9] ")  # h11 takes any version, we take 1.x

Seen = tuple[int, int] | None  # status and body length


def mutated(rng: random.Random) -> bytes:
    """A good answer with one to three small things wrong."""
    answer = bytearray(rng.choice(CORPUS))
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(answer) + 1)
        match rng.randrange(5):
            case 0:
                answer[at : at + rng.randint(1, 4)] = b""
            case 1:
                answer[at:at] = rng.choice(SPICE)
            case 2:
                answer[at : at + 1] = rng.choice(SPICE)
            case 3:
                answer[at : at + 1] = bytes([rng.randrange(256)])
            case _:
                answer[at:at] = answer[rng.randrange(len(answer) + 1) :][: rng.randint(1, 12)]
    return bytes(answer)


def ours(answer: bytes, method: bytes, cut: int) -> Seen:
    response = Response(method)
    for piece in (answer[:cut], answer[cut:]):
        if piece and response.feed(piece):
            break
    status = response.end(orderly=True)
    return (status, response.length) if status >= 100 else None


def theirs(answer: bytes, method: bytes) -> tuple[Seen, str]:
    """What h11 saw, or why it saw nothing."""
    peer = h11.Connection(h11.CLIENT, max_incomplete_event_size=65_536)
    peer.send(h11.Request(method=method, target="/", headers=[("host", "x")]))
    peer.send(h11.EndOfMessage())
    status = length = 0
    try:
        peer.receive_data(answer)
        while True:
            event = peer.next_event()
            if event is h11.NEED_DATA:
                peer.receive_data(b"")
            elif isinstance(event, h11.Response):
                status = event.status_code
            elif isinstance(event, h11.Data):
                length += len(event.data)
            elif isinstance(event, h11.EndOfMessage):
                return (status, length), ""
            elif not isinstance(event, h11.InformationalResponse):
                return None, f"no answer: {event}"
    except h11.RemoteProtocolError as error:
        return None, str(error)


def test_ten_thousand_mutations() -> None:
    rng = random.Random(SEED)
    same = neither = 0
    for _ in range(ROUNDS):
        answer = mutated(rng)
        method = rng.choice([b"GET", b"GET", b"GET", b"HEAD"])
        mine = ours(answer, method, rng.randrange(len(answer) + 1))
        other, why = theirs(answer, method)

        if mine and other:
            assert mine == other, answer
            same += 1
        elif mine:
            assert why.startswith(tuple(OURS_ONLY)), (why, answer)
            if why.startswith(ONLY_WITH_CODING):
                assert b"transfer-encoding:" in answer.lower(), answer
        elif other:
            assert THEIRS_ONLY.search(answer), (other, answer)
        else:
            neither += 1

    # Enough of both kinds, or the mutations test nothing.
    assert same > ROUNDS // 5
    assert neither > ROUNDS // 5


@pytest.mark.parametrize("answer", CORPUS)
def test_answers_without_a_mutation_are_read_alike(answer: bytes) -> None:
    seen = ours(answer, b"GET", 9)

    assert seen
    assert theirs(answer, b"GET") == (seen, "")
