"""What is asked of a check: the common keys of a target, resolved by the plan."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRules:
    """When there is enough evidence."""

    burst_s: float | None = None
    """Longest error phase that a pass must have been able to see; None: the plan's default."""
    planned_seconds: float = 0.0
    """How long the stretch is planned to be; fixes the default `burst` before any data."""
    burst_floor_s: float = 0.01
    """The profile's least burst: 10 ms, 100 ms or 1 s."""
    confidence: float = 0.95
    margin: float = 1.0
    min_samples: int = 0
    strata: int = 1
    """Judged strata of the whole run: a FAIL needs odds of max(100, 20 x strata)."""

    @property
    def odds_fail(self) -> float:
        return max(100.0, 20.0 * self.strata)

    @property
    def odds_pass(self) -> float:
        return 1.0 / (1.0 - self.confidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """Requests that do not count: statuses ("404", "4xx", "timeout") on one or all routes."""

    status: tuple[str, ...] = ()
    route: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What one run showed of one limit in one stratum of one stretch; the log odds are its own."""

    limit: str
    stretch: str = ""
    stratum: str = ""
    """As the check names it, such as "route order"; empty for all requests."""
    n: int = 0
    k: int = 0
    seconds: int = 0
    bad_seconds: int = 0
    deff: float = 1.0
    log_odds_pass: float = 0.0
    log_odds_fail: float = 0.0
    valid: bool = True
    """False where the tester was to blame: such evidence may count against the target only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """What the runs before this one showed, added up; known before this run contacts anything."""

    pieces: tuple[Piece, ...] = ()
    runs: int = 0
    since: str = ""
    """The day of the first of them, ISO."""
    build: str = ""
    refused: str = ""
    """Why nothing is carried over, with the remedy; empty: it is."""

    def piece(self, limit: str, stretch: str, stratum: str) -> Piece | None:
        wanted = (limit, stretch, stratum)
        return next((p for p in self.pieces if (p.limit, p.stretch, p.stratum) == wanted), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One target without its limits: where to look, and by which rules."""

    id: str
    rules: EvidenceRules
    stream: str | None = None
    """The load or probe whose requests or writes are the evidence."""
    watched_by: str | None = None
    """What sees the drills, where `stream` is the traffic of the steady state."""
    client_errors: float = 0.01
    """More client errors in the steady state make it invalid: as its own target says."""
    during: tuple[str, ...] = ()
    """Empty: all quiet phases."""
    stretches_s: Mapping[str, float] = field(default_factory=dict)
    """Of several stretches, how long each was planned to be, seconds: each is judged by itself."""
    drills: tuple[str, ...] = ()
    after_s: float = 0.0
    each: tuple[str, ...] = ()
    only: Mapping[str, str] = field(default_factory=dict)
    exclude: tuple[Exclusion, ...] = ()
    lag_limit_s: float = 0.05
    """Send lag p99 above this makes the load ill: 10 % of the tightest latency limit."""
    expected_runs: Mapping[str, int] = field(default_factory=dict)
    """Per drill: how many runs were planned."""
    holds_s: Mapping[str, float] = field(default_factory=dict)
    """Per drill: how long each run was planned to hold its fault, seconds."""
    settles_s: Mapping[str, float] = field(default_factory=dict)
    """Per drill: how long each run was planned to be watched when its fault was put back."""
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Per route of the load: the links and witnesses that it depends on."""
    counted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Per run of a drill, `lose-b/1`: the streams that count who connects to what it takes."""
    carry_over: bool = False
    """The evidence of earlier runs of the same build counts."""
    earlier: Earlier | None = None
