"""What each entry is asked for beside the traffic: before the run, to see a fault, and its healing.

The guardian asks alone, without a credential, and takes 2xx and 3xx for well. So it must be what a
healthy system answers so: a fault must never wait for an answer that nobody would give.
"""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from nfrcheck.model.traffic import Expect, Route, TrafficSpec
from nfrcheck.plan.steps import Plan
from nfrcheck.scenario.deployment import Deployment, Principal
from nfrcheck.wire.templates import Values, first_path, sent_path

_ROOT = "/"
_MADE = ("{uuid}", "{n}", "{run}")


@dataclass(frozen=True, slots=True)
class Asked:
    """`paths`: per entry, as it is sent below the path of the entry's URL."""

    paths: Mapping[str, str]
    guessed: frozenset[str]
    """Entries of which nothing written says that they answer their path well."""


@dataclass(frozen=True, slots=True)
class _Way:
    """A route that may be asked for without a credential."""

    entries: tuple[str, ...]
    path: str
    sure: bool
    """A healthy system answers it well, by what the scenario says."""
    varies: bool
    """It is another one in every request, and one of them stands for all."""


def asked_of(deployment: Deployment, traffic: Sequence[TrafficSpec], run_id: str) -> Asked:
    """The entry's own `health`; else a route that is read anyway; else the root, as a guess."""
    ways = list(_ways(deployment.principals, traffic, run_id))
    paths, guessed = {}, set()
    for name, entry in deployment.entries.items():
        if not entry.url:
            continue
        if entry.health is not None:
            paths[name] = sent_path(entry.health)
            continue
        best = min(ways, key=lambda way: _rank(way, name), default=None)
        paths[name] = best.path if best else _ROOT
        if best is None or not best.sure:
            guessed.add(name)
    return Asked(paths, frozenset(guessed))


def guesses(made: Plan) -> Iterator[tuple[str, str]]:
    """Entry and sentence: what is to prove a healing, though it may never have been answered so."""
    checks = [step for drill in made.drills for armed in drill.armed for step in armed.verify]
    urls = {step.get("url") for step in checks}
    seen = {name for drill in made.drills for name in drill.seen_by}
    for name in sorted(made.guessed):
        path = made.paths[name]
        if name in seen or made.entries[name].url + path in urls:
            told = (
                f"2xx or 3xx to `GET {path}` at entry {name}, without a credential, will tell that"
            )
            yield name, f"{told} a fault is put back; that a healthy system answers so is a guess"


def _rank(way: _Way, entry: str) -> tuple[bool, bool, bool]:
    return not way.sure, entry not in way.entries, way.varies


def _ways(
    principals: Mapping[str, Principal], traffic: Iterable[TrafficSpec], run_id: str
) -> Iterator[_Way]:
    for spec in traffic:
        for route in spec.routes:
            if route.method != "GET" or _is_secret(route, principals):
                continue
            well = [_is_well(status) for status in (route.expect or Expect()).status]
            if any(well):
                plain = route.body is None and not route.headers
                yield _Way(
                    entries=tuple(name for name, _ in spec.entries),
                    path=first_path(route, _first_values(spec, run_id)),
                    sure=plain and all(well),
                    varies=any(hole in route.path for hole in _MADE),
                )


def _is_secret(route: Route, principals: Mapping[str, Principal]) -> bool:
    """The same with and without contact: a plan that was approved must be the one that is run."""
    who = principals.get(route.principal or "")
    proofs = (who.token, who.api_key, who.basic, who.certificate) if who else ()
    return bool(route.secret) or any(proofs)


def _is_well(status: int | str) -> bool:
    return status in {"2xx", "3xx"} if isinstance(status, str) else 200 <= status <= 399


def _first_values(spec: TrafficSpec, run_id: str) -> Values:
    """The first of each list, so that the same is asked for in every run."""
    first = {name: values[:1] for name, values in spec.values.items()}
    return Values(first, run_id, random.Random(0), random.Random(run_id))  # noqa: S311  # no secret
