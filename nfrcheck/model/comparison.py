"""One run against those before it: what was known when it began, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One number that runs are compared by: seconds, or failures of samples. Lower is better."""

    value: float
    unit: str = "s"
    samples: int = 0
    failures: int | None = None
    """Not None: `value` is their share of the samples."""
    deff: float = 1.0

    @property
    def is_share(self) -> bool:
        return self.failures is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Last:
    """The run before this one that asked the same of the same load."""

    run: str
    at: str
    verdict: str
    measured: float | None = None
    """What its row showed."""
    measures: Mapping[str, Measure] = field(default_factory=dict)
    build: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """The last run in which a target passed. `at`: when it began, ISO, UTC."""

    run: str
    at: str
    build: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What earlier runs said of one target when this run began."""

    key: str = ""
    alike: str = ""
    last: Last | None = None
    proven: Proven | None = None
    runs: Mapping[str, tuple[Measure, ...]] = field(default_factory=dict)
    """Per measure its values in the last accepted, comparable runs, oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """`word` is worse, better, same or unknown; never more often wrong than `because` says.

    `typical` and `limit` are in the unit of the measure; `ratio`, and the smallest change
    `detectable` with 80 %, are factors.
    """

    word: str
    because: str
    measure: str = ""
    runs: int = 0
    typical: float | None = None
    ratio: float | None = None
    limit: float | None = None
    detectable: float | None = None
    last: Last | None = None
    before: float | None = None
    """What the last run measured of what the row shows, in its unit."""
