"""What the APIs of a replica are asked and what they say."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """`argument`: what stands in the path; `key`: the Idempotency-Key."""

    argument: str = ""
    body: bytes = b""
    principal: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Served:
    """`acknowledges`: the id of the order that this answer promises to keep."""

    status: int
    body: Any
    acknowledges: str | None = None


class RefusedError(Exception):
    """The caller asked for something that cannot be had."""

    def __init__(self, status: int, because: str) -> None:
        super().__init__(because)
        self.status = status
