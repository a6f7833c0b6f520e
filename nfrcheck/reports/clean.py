"""Makes the strings of a run safe to show: a system under test may answer anything."""

import re
from typing import Any

# Control characters move a terminal's cursor and are illegal in XML; lone surrogates cannot be
# written as UTF-8; bidirectional controls make a line read differently than it is.
_UNSHOWABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_BLANK = re.compile(r"\s+")


def clean(thing: Any) -> Any:
    """The same document with every unshowable character replaced by U+FFFD, keys included."""
    match thing:
        case str():
            return _UNSHOWABLE.sub("\ufffd", thing.replace("\r\n", "\n"))
        case dict():
            return {str(clean(key)): clean(value) for key, value in thing.items()}
        case list() | tuple():
            return [clean(item) for item in thing]
        case _:
            return thing


def one_line(text: str) -> str:
    return _BLANK.sub(" ", text).strip()


def cut(text: str, length: int) -> str:
    """At most `length` characters; an ellipsis says that something is missing."""
    return text if len(text) <= length else text[: max(0, length - 1)].rstrip() + "…"
