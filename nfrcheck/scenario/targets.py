"""Targets: the keys that every one of them may have, whatever its check is."""

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field

from nfrcheck.fields import Count, Duration, Factor, Many, Model, Name, Share, Status, refused

Stratum = Literal[
    "region", "entry", "route", "client", "vantage", "principal", "topic", "direction", "run"
]
STRETCH = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*(/[0-9]+)?(/(baseline|fault|hold|heal|settle|whole))?")


def _lasting(burst: float) -> float:
    if burst <= 0:
        raise refused("an error phase takes time", "such as `100 ms`, or leave it out")
    return burst


def _never_sure(confidence: Decimal) -> Decimal:
    # Beside 100 % there is what no float can tell from it.
    if not 0.5 <= float(confidence) < 1:
        raise refused("nothing is certain, and below 50 % is no evidence", "such as `95 %`")
    return confidence


def _at_least_once(margin: float) -> float:
    if margin < 1:
        raise refused(
            "less than 1x would ask for more than the target itself promises",
            "raise the limit of the target",
        )
    return margin


class Evidence(Model):
    """When there is enough evidence; what is not said here is the profile's or the plan's."""

    burst: Annotated[Duration, AfterValidator(_lasting)] | None = None
    confidence: Annotated[Share, AfterValidator(_never_sure)] | None = None
    margin: Annotated[Factor, AfterValidator(_at_least_once)] | None = None
    min_samples: Count | None = None
    carry_over: bool | None = None


def _stretch(value: Any) -> Any:
    if isinstance(value, str) and not STRETCH.fullmatch(value):
        raise refused(
            f"`{value}` is not a stretch of the run", "such as `steady`, `lose-b/2/hold` or `run`"
        )
    return str(value) if isinstance(value, str) else value


Stretch = Annotated[str, BeforeValidator(_stretch)]


def _day(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise refused(f"`{value}` is not a day", "such as `2026-12-31`") from error


class Exclusion(Model):
    """Requests that do not count."""

    route: str | None = None
    status: Many[Status] = ()


def _exclusions(value: Any) -> Any:
    """Statuses alone, one mapping, or a list of either."""
    entries = value if isinstance(value, list | tuple) else [value]
    if entries and all(isinstance(entry, str) for entry in entries):
        return ({"status": tuple(entries)},)
    return tuple({"status": entry} if isinstance(entry, str) else entry for entry in entries)


class Waiver(Model):
    """Somebody accepted it: who, until when (that day included), and why."""

    owner: str
    until: Annotated[date, BeforeValidator(_day)]
    because: str


class CommonKeys(Model):
    """What a target can say besides the keys of its check."""

    check: str | None = None
    load: Many[Name] = ()
    probe: Many[Name] = ()
    contract: Many[Name] = ()
    issuer: Many[Name] = ()
    sink: Many[Name] = ()
    entries: Many[Name] = ()
    buses: Many[Name] = ()
    during: Many[Stretch] = ()
    drill: Many[Name] = ()
    after: Duration = 0.0
    each: Many[Stratum] = ()
    only: dict[Stratum, str] = Field(default_factory=dict)
    exclude: Annotated[tuple[Exclusion, ...], BeforeValidator(_exclusions)] = ()
    class_: Literal["critical", "advisory"] = Field("critical", alias="class")
    samples: Count | None = None
    evidence: Evidence = Field(default_factory=Evidence)
    title: str | None = None
    requirement: str | None = None
    waived: Waiver | None = None
    accept: Many[str] = ()


class Target(CommonKeys):
    """One target as read: its place, and the model of its check with the limits.

    `rule` is None, and `later` says why, if this version cannot judge it.
    """

    check: str = ""
    id: str = ""
    rule: BaseModel | None = None
    keys: dict[str, Any] = Field(default_factory=dict)
    later: str | None = None
    path: str = ""
    line: int = 0
    column: int = 0

    @property
    def where(self) -> str:
        return f"{self.path}:{self.line}"
