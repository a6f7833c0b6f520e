"""How a replica reads and writes the store of its region."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from nfrcheck.box.http1 import Headers, Request
from nfrcheck.box.pool import LostError, NotSentError, Pool

WITHIN_S = 1.0
STORE = b"x-store"
"""The header in which a store tells whether it can be changed: `writable` or `read-only`."""


class StoreDownError(Exception):
    """The store of the region gave no answer."""


class ConflictError(Exception):
    """A record was changed by somebody else in between."""


@dataclass(frozen=True, slots=True)
class Record:
    version: int
    body: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One transaction.

    `once`: a key that only the first such change writes; `expect`: the version that a key must
    have; `adds`: amounts added to counters.
    """

    puts: dict[str, Any] = field(default_factory=dict)
    adds: dict[str, int] = field(default_factory=dict)
    once: tuple[str, Any] | None = None
    expect: tuple[str, int] | None = None


class Records:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self.told: Headers = []
        """What the store told of itself with its last answer."""

    async def read(self, keys: Sequence[str]) -> list[Record | None]:
        """In the order of the keys; None where there is no record."""
        target = "/documents/" + ",".join(keys)
        found = await self._call(Request(b"GET", target.encode()))
        return [None if item is None else Record(*item) for item in found]

    async def write(self, change: Change) -> Any:
        """None when it was done now, the body of `once` when it had been done before."""
        body = json.dumps(
            {
                "puts": change.puts,
                "adds": change.adds,
                "once": change.once,
                "expect": change.expect,
            }
        )
        return await self._call(Request(b"POST", b"/changes", [], body.encode()))

    async def there(self) -> bool:
        """Whether the store answers at this moment."""
        try:
            await self._call(Request(b"GET", b"/readyz"))
        except StoreDownError:
            return False
        return True

    async def _call(self, request: Request) -> Any:
        try:
            answer = await self._pool.call(request, WITHIN_S)
        except (NotSentError, LostError) as broken:
            raise StoreDownError("the store does not answer") from broken
        self.told = [pair for pair in answer.headers if pair[0] == STORE]
        if answer.status == 409:
            raise ConflictError
        if answer.status != 200:
            raise StoreDownError(f"the store answered {answer.status}")
        return json.loads(answer.body)
