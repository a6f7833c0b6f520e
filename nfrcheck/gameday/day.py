"""One game day, as it stands in `gamedays.yaml`: its fields are the keys of the file."""

import re
from datetime import date
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, model_validator

from nfrcheck.fields import Duration, File, Many, Model, Secret, refused
from nfrcheck.written import written

DAY_MINUTES = 24 * 60
_CLOCK = re.compile(r"([01]?[0-9]|2[0-4]):([0-5][0-9])")
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def _minutes(text: str) -> int:
    found = _CLOCK.fullmatch(text)
    minutes = int(found[1]) * 60 + int(found[2]) if found else DAY_MINUTES + 1
    if minutes > DAY_MINUTES:
        raise refused(f"`{text}` is no time of day", 'such as `"02:00"`, in quotes')
    return minutes


Clock = Annotated[int, BeforeValidator(written(_minutes))]
"""Minutes since midnight, at most 24:00; a wall clock in the game day's time zone."""


class Span(Model):
    """Whole days, both ends included."""

    first: date
    last: date


def _span(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    first, dots, last = (part.strip() for part in value.partition(".."))
    try:
        span = {"first": date.fromisoformat(first), "last": date.fromisoformat(last or first)}
    except ValueError:
        span = {}
    if not span or (dots and not last):
        raise refused(f"`{value}` is no date", "such as `2026-12-24` or `2026-12-24..2027-01-02`")
    if span["last"] < span["first"]:
        raise refused("the last day is before the first", f"`{last}..{first}`")
    return span


class Blackout(Model):
    """When nothing may be started: a calendar file, or days with their reason."""

    ics: File | None = None
    dates: Many[Annotated[Span, BeforeValidator(_span)]] = ()
    reason: str = ""

    @model_validator(mode="before")
    @classmethod
    def _one_kind(cls, given: Any) -> Any:
        if isinstance(given, str):
            return {"ics": given}
        if isinstance(given, dict) and ("ics" in given) == ("dates" in given):
            raise refused("a blackout is a calendar file or `dates`", "such as `freeze.ics`")
        if isinstance(given, dict) and "dates" in given and not given.get("reason"):
            raise refused("`dates` need a `reason`", "such as `reason: holidays`")
        return given


class Window(Model):
    """Between these times of the day it may run; a close before the open is on the next day."""

    open: Clock
    close: Clock
    latest_start: Duration | None = None
    """How long after its due time it may still start, in seconds; None: until the close."""


class Approval(Model):
    """`plan`: somebody from outside the checkout has approved the hash of the plan."""

    needed: Literal["plan", "none"]


def _watched(value: Any) -> Any:
    """A list of names is a mapping of names to all that there is to watch."""
    if isinstance(value, str):
        return {value: ()}
    return dict.fromkeys(value, ()) if isinstance(value, list | tuple) else value


class Roles(Model):
    """Who does what; `observers` may say which targets each of them watches."""

    owner: str | None = None
    coordinator: str | None = None
    reporter: str | None = None
    observers: Annotated[dict[str, Many[str]], BeforeValidator(_watched)] = Field(
        default_factory=dict
    )


def _variable(value: Any) -> Any:
    """`${NAME}` is short for `{env: NAME}`; the address itself is a secret."""
    found = _VARIABLE.fullmatch(value.strip()) if isinstance(value, str) else None
    return {"env": found[1]} if found else value


class Notify(Model):
    """Who is told. Each address holds a token, so it comes from the environment."""

    before: Duration | None = None
    urls: Many[Annotated[Secret, BeforeValidator(_variable)]]


class GameDay(Model):
    """A run that begins by itself, and all that can stand against it."""

    scenario: File
    deployment: str
    purpose: str | None = None
    schedule: str
    timezone: str
    window: Window
    blackout: Many[Blackout] = ()
    approval: Approval = Approval(needed="plan")
    roles: Roles = Roles()
    notify: Notify | None = None
    freshness: Duration | None = None
    """For how long a target stays proven, in seconds."""

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)
