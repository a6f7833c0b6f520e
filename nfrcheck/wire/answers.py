"""What an answer says: whether it is as expected, and which region gave it."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from nfrcheck.model.traffic import Expect, ServedBy


class _Missing:
    """No such place in the body; never equal to anything that JSON can say."""


MISSING = _Missing()


def parse(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return MISSING


def find(value: Any, pointer: str) -> Any:
    """What a JSON pointer (RFC 6901) names; MISSING where there is nothing, or null.

    Null counts as missing: an `id` of null is no id, and `errors: null` are no errors.
    """
    for step in pointer.split("/")[1:]:
        value = _step(value, step.replace("~1", "/").replace("~0", "~"))
        if value is MISSING:
            return MISSING
    return MISSING if value is None else value


def _step(value: Any, step: str) -> Any:
    if isinstance(value, dict):
        return value.get(step, MISSING)
    if isinstance(value, list) and step.isascii() and step.isdigit() and int(step) < len(value):
        return value[int(step)]
    return MISSING


def header(head: bytes, name: bytes) -> str | None:
    """The value of the first header of that (lower case) name in the raw head of an answer."""
    start = head.lower().find(b"\n" + name + b":")
    if start < 0:
        return None
    start += len(name) + 2
    end = head.find(b"\n", start)
    return head[start : end if end >= 0 else None].strip().decode("latin-1")


class Expectation:
    """An `expect` made ready to be asked millions of times."""

    def __init__(self, expect: Expect) -> None:
        self._statuses = _statuses(expect.status)
        self._headers = [(name.lower().encode(), value) for name, value in expect.header.items()]
        self._json = tuple(expect.json.items())
        self._has, self._absent = expect.has, expect.absent
        self.reads_body = bool(self._json or self._has or self._absent)

    def met(self, status: int, head: bytes, content: Any) -> bool:
        """`content` is the parsed body, MISSING when it is no JSON; unused without pointers."""
        if status not in self._statuses:
            return False
        if any(header(head, name) != value for name, value in self._headers):
            return False
        return not self.reads_body or self._met_by(content)

    def _met_by(self, content: Any) -> bool:
        if content is MISSING:
            return False
        return (
            all(_same(find(content, pointer), wanted) for pointer, wanted in self._json)
            and all(find(content, pointer) is not MISSING for pointer in self._has)
            and all(find(content, pointer) is MISSING for pointer in self._absent)
        )


def _same(found: Any, wanted: Any) -> bool:
    """Python says that 1 is True; JSON does not."""
    if wanted is None:
        return found is MISSING
    return isinstance(found, bool) == isinstance(wanted, bool) and bool(found == wanted)


def _statuses(wanted: Sequence[int | str]) -> frozenset[int]:
    allowed: set[int] = set()
    for status in wanted:
        if isinstance(status, int):
            allowed.add(status)
        else:
            first = int(status[0]) * 100
            allowed.update(range(first, first + 100))
    return frozenset(allowed)


@dataclass(frozen=True, slots=True)
class Origin:
    """Reads which region served an answer."""

    read: Callable[[bytes, Any], object]
    reads_body: bool
    words: dict[str, str]

    def region(self, head: bytes, content: Any) -> str | None:
        word = self.read(head, content)
        return self.words.get(word) if isinstance(word, str) else None


def origin(served_by: ServedBy, regions: Sequence[str]) -> Origin:
    """A word that stands for no region of the deployment is as good as none."""
    words = {region: region for region in regions}
    words.update({word: region for word, region in served_by.values.items() if region in regions})
    if served_by.header is not None:
        name = served_by.header.lower().encode()
        return Origin(lambda head, _content: header(head, name), reads_body=False, words=words)
    pointer = served_by.json or ""
    return Origin(lambda _head, content: find(content, pointer), reads_body=True, words=words)
