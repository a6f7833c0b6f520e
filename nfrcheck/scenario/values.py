"""What a `{name}` in a request stands for: numbered names, a list, the column of a file."""

import csv
import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, ValidationInfo, WithJsonSchema

from nfrcheck.fields import folder_of, refused

MOST_VALUES = 100_000
_RANGE = re.compile(r"(.*)\{([0-9]{1,9})\.\.([0-9]{1,9})\}(.*)")


def _values(value: Any, info: ValidationInfo) -> Any:
    if isinstance(value, str):
        return _numbered(value)
    if isinstance(value, dict) and set(value) == {"list"}:
        entries = value["list"]
        if entries == []:
            raise refused("the list is empty", "such as `{list: [a, b]}`")
        return tuple(map(str, entries)) if isinstance(entries, list) else (str(entries),)
    if isinstance(value, dict) and set(value) == {"csv", "column"}:
        folder = folder_of(value["csv"], info) or Path()
        return _column(folder / str(value["csv"]), str(value["column"]))
    if isinstance(value, dict | list):
        raise refused(
            "values are `sku-{1..100}`, `{list: [...]}` or `{csv: file, column: name}`",
            "write a list as `{list: [...]}`",
        )
    return value


def _numbered(text: str) -> tuple[str, ...]:
    match = _RANGE.fullmatch(text)
    if not match:
        remedy = f"did you mean `{{list: [{text}]}}`?"
        raise refused(f"`{text}` has no range such as `{{1..100}}`", remedy)
    before, low, high, after = match.groups()
    if not 0 <= int(high) - int(low) < MOST_VALUES:
        raise refused(f"`{low}..{high}` is not a range of 1 to {MOST_VALUES} values")
    numbers = range(int(low), int(high) + 1)
    return tuple(f"{before}{number:0{_digits(low, high)}}{after}" for number in numbers)


def _digits(low: str, high: str) -> int:
    """How many each number has at least: zeros in front of the first one are meant."""
    if str(int(low)) == low and str(int(high)) == high:
        return 1
    if len(low) != len(high):
        most = max(len(low), len(high))
        remedy = f"such as `{int(low):0{most}}..{int(high):0{most}}`"
        raise refused(f"`{low}..{high}` does not say how many digits its numbers have", remedy)
    return len(low)


def _column(path: Path, column: str) -> tuple[str, ...]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if column not in (rows.fieldnames or ()):
                there = ", ".join(f"`{name}`" for name in rows.fieldnames or ())
                raise refused(f"`{path.name}` has no column `{column}`", f"there is {there}")
            values = tuple(row[column] or "" for row in rows)
    except (OSError, UnicodeError, csv.Error) as error:
        raise refused(f"the file `{path}` cannot be read") from error
    if not 0 < len(values) <= MOST_VALUES:
        raise refused(f"`{path.name}` has {len(values)} values, 1 to {MOST_VALUES} can be used")
    return values


Values = Annotated[
    tuple[str, ...],
    BeforeValidator(_values),
    WithJsonSchema(
        {"anyOf": [{"type": "string"}, {"type": "object"}], "examples": ["sku-{1..100}"]}
    ),
]
