"""Drills: a fault with its phases, from baseline to settle."""

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, Field, field_validator, model_validator

from nfrcheck.fields import (
    AboveDuration,
    AboveShare,
    Duration,
    File,
    Many,
    Model,
    Name,
    refused,
)
from nfrcheck.model.units import Quantity
from nfrcheck.scenario.urls import Url


class AbortIf(Model):
    """A guard: one metric above a quantity for a time, or a stop file, or a URL that says stop."""

    error_ratio: AboveShare | None = None
    error_budget: AboveShare | None = None
    p50: AboveDuration | None = None
    p90: AboveDuration | None = None
    p95: AboveDuration | None = None
    p99: AboveDuration | None = None
    p999: AboveDuration | None = Field(None, alias="p99.9")
    file: File | None = None
    url: Url | None = None
    for_: Duration = Field(5.0, alias="for")

    @field_validator("error_ratio")
    @classmethod
    def _some_of_all(cls, guard: Quantity | None) -> Quantity | None:
        if guard is not None and guard.value >= 1:
            message = f"no more than all requests can fail: above {guard.text} it would never stop"
            raise refused(message, "such as `above 40 %`")
        return guard

    @model_validator(mode="after")
    def _one(self) -> "AbortIf":
        if len(self.model_fields_set - {"for_"}) != 1:
            raise refused("a guard watches one thing", "`{error_ratio: above 40 %, for: 10 s}`")
        return self


class DrillKeys(Model):
    """The keys of a drill; what a fault takes is in `experiments/faults`."""

    fault: Any
    vary: dict[str, Any] = Field(default_factory=dict, max_length=1)
    repeat: int | None = Field(None, ge=1, le=1000)
    baseline: Duration = 5.0
    hold: Duration = 10.0
    settle: Duration = 10.0
    abort_if: Many[AbortIf] = ()
    confirm: Name | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault as written; `spec` is its model, None if this version cannot do it."""

    kind: str
    spec: BaseModel | None
    keys: dict[str, Any]

    def target(self, key: str) -> str | None:
        """The region, component, link, witness or load that the fault names."""
        value = self.keys.get(key)
        return None if value is None else str(value)


@dataclass(frozen=True, slots=True)
class Variant:
    """The faults of one run; `value` is the varied one, as written."""

    value: str | None
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """One drill, defaults filled in; it runs every variant `repeat` times. Times in seconds."""

    name: str
    variants: tuple[Variant, ...]
    varied_key: str | None
    repeat: int
    baseline: float
    hold: float
    settle: float
    abort_if: tuple[AbortIf, ...]
    confirm: str | None

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Applied together, healed in reverse; of the first variant."""
        return self.variants[0].faults

    @property
    def runs(self) -> tuple[Variant, ...]:
        """All runs in order, numbered from 1 over `vary` and `repeat`."""
        return tuple(variant for variant in self.variants for _ in range(self.repeat))

    @property
    def later(self) -> bool:
        return any(fault.spec is None for each in self.variants for fault in each.faults)
