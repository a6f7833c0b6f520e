"""What a run will do, step by step: the nouns of a plan."""

from collections.abc import Mapping
from dataclasses import dataclass

from nfrcheck.experiments.faults import Armed
from nfrcheck.kinds import Target
from nfrcheck.model.traffic import EndpointSpec, TrafficSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """Heal and end when `metric` is above `above` for `for_s` seconds."""

    metric: str
    """ "error_ratio" (0..1), a percentile such as "p99" (seconds), "file", "url", or
    "error_budget": which part (1: all) of the failures that are `allowed` in the planned run have
    been seen so far."""
    above: float = 0.0
    for_s: float = 1.0
    target: str = ""
    """The stop file or URL; of an error budget the load or probe."""
    allowed: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """A phase in which nothing is injected."""

    name: str
    kind: str
    """ "warm-up", "quiet" or "examine"."""
    seconds: float
    """How long; with `until_decided` how long at most."""
    until_decided: bool = False

    @property
    def label(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """One run of a drill. `armed` says what is touched, injected, undone and verified."""

    name: str
    run: int
    fault: str
    armed: tuple[Armed, ...]
    baseline_s: float
    hold_s: float
    settle_s: float
    varied: str = ""
    guards: tuple[Guard, ...] = ()
    seen_by: tuple[str, ...] = ()
    """Entries that lead through the faulted part: an independent request there must see it."""

    @property
    def witnesses(self) -> tuple[str, ...]:
        """Where the effect must be seen: entries, and the links themselves."""
        links = [
            proof.link if proof.felt else proof.title for one in self.armed for proof in one.proofs
        ]
        return tuple(dict.fromkeys([*self.seen_by, *links]))

    @property
    def label(self) -> str:
        return f"{self.name}/{self.run}"


Step = Quiet | Drill


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that `run` needs and nothing that it must look up elsewhere."""

    scenario: str
    scenario_path: str
    deployment: str
    deployment_path: str
    targets: tuple[Target, ...]
    steps: tuple[Step, ...]
    traffic: tuple[TrafficSpec, ...]
    """One per child; folder, t0 and run id are filled in by the run."""
    entries: Mapping[str, EndpointSpec]
    paths: Mapping[str, str]
    """Per entry a path that a healthy system answers: asked to see a fault, and its healing."""
    guessed: frozenset[str] = frozenset()
    """Entries of which nothing says that a healthy system answers that path with 2xx or 3xx."""
    used: frozenset[str] = frozenset()
    """Entries that traffic goes through; each is asked before anything is judged."""
    regions: tuple[str, ...] = ()
    description: str = ""
    build: str | None = None
    profile: str = "ci"
    seed: int = 0
    guards: tuple[Guard, ...] = ()
    notes: tuple[str, ...] = ()
    max_time_s: float | None = None
    max_rate: float | None = None
    """Requests a second that may be sent here in all; None: nobody limits them."""
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    """Which targets were asked for, and which left out; the steps follow from it."""
    needs_approval: bool = False
    """It writes or injects where the deployment or the operator's policy protects."""
    filled_in: tuple[str, ...] = ()
    digests: Mapping[str, str] | None = None
    """Path to SHA-256 of what the hash covers, from before it was read; None: nobody looked."""

    @property
    def seconds(self) -> float:
        """Planned length without the time that faults take to prove and to heal."""
        return sum(
            step.seconds
            if isinstance(step, Quiet)
            else step.baseline_s + step.hold_s + step.settle_s
            for step in self.steps
        )

    @property
    def least_seconds(self) -> float:
        """The same, if every phase that may end early took no time."""
        early = (step for step in self.steps if isinstance(step, Quiet) and step.until_decided)
        return self.seconds - sum(step.seconds for step in early)

    @property
    def spare_rate(self) -> float | None:
        """Requests a second that `max_rate` leaves beside the traffic; None: nobody limits them."""
        sent = sum(spec.whole_rate / spec.children for spec in self.traffic)
        return None if self.max_rate is None else max(0.0, self.max_rate - sent)

    @property
    def touched(self) -> tuple[str, ...]:
        return tuple(armed.touched for drill in self.drills for armed in drill.armed)

    @property
    def drills(self) -> tuple[Drill, ...]:
        return tuple(step for step in self.steps if isinstance(step, Drill))
