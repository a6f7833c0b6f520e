"""A body of any size passes through without being held."""

from pathlib import Path

import pytest

from tests.wire.conftest import Torture
from tests.wire.torture import Peer

pytestmark = pytest.mark.slow

PIECE = bytes(4 << 20)
MEBIBYTE = 1 << 20
PAGE = 4_096


def resident() -> int:
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * PAGE


def test_a_gibibyte_passes_in_flat_memory(torture: Torture, *, secure: bool) -> None:
    pieces = 256

    def script(peer: Peer, _: int) -> int:
        peer.send_raw(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (pieces * len(PIECE)))
        for _ in range(pieces):
            peer.send_raw(PIECE)
        return 200

    _, asking = torture(script)
    asking.submit(keep=1_000, timeout_ns=60 * 10**9)
    before = resident()
    seen: list[int] = []

    def done() -> bool:
        seen.append(resident())
        return bool(asking.outcomes)

    asking.wait(done)

    assert len(asking.outcomes[0].body) == 1_000
    assert len(seen) > 10
    # The TLS server of the test holds a piece and its ciphertext.
    assert max(seen) - before < (32 if secure else 4) * MEBIBYTE
