"""What a target promises, for a verdict that never came to compare anything with it."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from nfrcheck.model.units import Limit, show_share
from nfrcheck.model.verdict import Bound


def promised(check: Any) -> Bound | None:
    """The limit as it was written; of several all words, and the first number."""
    found = list(_bounds(check)) if isinstance(check, BaseModel) else []
    if not found:
        return None
    first = found[0][1]
    if len(found) == 1:
        return first
    text = ", ".join(f"{name} {bound.text}" for name, bound in found)
    return Bound(text=text, value=first.value, high=first.high, lower=first.lower)


def _bounds(check: BaseModel) -> Iterator[tuple[str, Bound]]:
    for name, value in check:
        if isinstance(value, Mapping):
            yield from ((str(key), _bound(one)) for key, one in value.items() if _limits(one))
            yield from _nested(value)
        elif _limits(value):
            yield name, _bound(value)
        elif name == "at_least" and value is not None:
            yield name, Bound(text=f"at least {show_share(value)}", value=float(value), lower=True)


def _nested(named: Mapping[Any, Any]) -> Iterator[tuple[str, Bound]]:
    """Several limits for each of several names."""
    for key, one in named.items():
        if isinstance(one, BaseModel):
            yield from ((f"{key}: {name}", bound) for name, bound in _bounds(one))


def _limits(value: Any) -> bool:
    return isinstance(value, Limit)


def _bound(limit: Limit) -> Bound:
    high = None if limit.high is None else float(limit.high)
    return Bound(text=limit.text, value=float(limit.value), high=high, lower=not limit.upper)
