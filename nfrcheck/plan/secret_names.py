"""Which secrets the files of a run name, so that no command and no server can say them aloud."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from nfrcheck.fields import Secret


def secrets_of(*files: Any) -> list[dict[str, str]]:
    """References, never values: every `{env: NAME}` and `{file: path}` in what was read."""
    found = [reference for file in files for reference in _within(file)]
    return [one for place, one in enumerate(found) if one not in found[:place]]


def _within(value: Any) -> Iterator[dict[str, str]]:
    if isinstance(value, Secret):
        yield {"env": value.env} if value.env else {"file": str(value.file)}
    elif isinstance(value, Mapping) and len(value) == 1 and {*value} <= {"env", "file"}:
        yield dict(value)
    else:
        for part in _parts(value):
            yield from _within(part)


def _parts(value: Any) -> Iterable[Any]:
    if isinstance(value, BaseModel):
        return [getattr(value, name) for name in type(value).model_fields]
    if dataclasses.is_dataclass(value):
        return [getattr(value, field.name) for field in dataclasses.fields(value)]
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, list | tuple | set | frozenset) else ()
