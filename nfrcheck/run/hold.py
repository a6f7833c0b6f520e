"""One fault for as long as somebody wants it: injected, proven and put back as in a drill."""

import asyncio
import datetime as dt
import json
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nfrcheck.errors import DeploymentError, InvalidFiles, UsageError
from nfrcheck.plan import Options, plan
from nfrcheck.plan.safety import rules_of
from nfrcheck.plan.secret_names import secrets_of
from nfrcheck.plan.steps import Guard, Plan
from nfrcheck.run.controller import Ended, run
from nfrcheck.run.in_place import refuse_what_is_in_place
from nfrcheck.run.step import name_secrets
from nfrcheck.run.ui import Ui
from nfrcheck.scenario.deployment import Deployment
from nfrcheck.scenario.expiring import TOO_SHORT
from nfrcheck.scenario.read import read_deployment, read_pair

NAME = "hold"
WATCH_S = 3.0
"""How long a region is seen to answer before it is drained: only its share can prove that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One fault of the language, such as kind `region-kill` with the key `region`."""

    fault: str
    keys: Mapping[str, str]
    path: str
    """Asked of every entry to see the fault and its healing: one that a healthy system answers."""
    at_most_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """How it went: 0 put back, 4 never proven, 5 put back because a guard wanted it, 6 not."""

    exit_code: int
    because: str


def plan_hold(deployment: Path, wish: Wish, folder: Path) -> Plan:
    """The plan of one drill that lasts as long as it may. Everything that a run refuses, it does.

    Raises InvalidFiles for the deployment, UsageError for what is asked, DeploymentError, Refused.
    """
    place = read_deployment(deployment)
    _refuse_budgets(place)
    scenario = folder / f"{NAME}.nfr.yaml"
    scenario.write_text(json.dumps(_scenario(place, wish)), encoding="utf-8")
    try:
        pair = read_pair(scenario, deployment)
    except InvalidFiles as invalid:
        found = next(one for one in invalid.diagnostics if one.severity == "error")
        at_most = ", which is `--at-most` here" if found.code == TOO_SHORT else ""
        raise UsageError(found.message, f"{found.remedy}{at_most}") from None
    name_secrets(secrets_of(pair.deployment))
    run_id = f"{dt.datetime.now(dt.UTC):%Y-%m-%dT%H%M%SZ}-{NAME}-{secrets.token_hex(2)}"
    made = plan(pair.scenario, pair.deployment, Options(run_id=run_id, contact=True))
    if not made.drills:
        raise UsageError(f"this version cannot do {wish.fault}", "nfrcheck list faults")
    refuse_what_is_in_place(pair.deployment, made)
    # Only a share of the traffic can show that a region was drained; all else answers for itself.
    drained = "drain" in wish.fault
    drill = replace(made.drills[0], baseline_s=WATCH_S if drained else 0.0, settle_s=0.0)
    watching = drained or any(map(_needs_figures, made.guards))
    return replace(
        made,
        scenario=run_id,
        steps=(drill,),
        targets=(),
        traffic=made.traffic if watching else (),
    )


def _needs_figures(guard: Guard) -> bool:
    return guard.metric not in {"file", "url"}


def _refuse_budgets(place: Deployment) -> None:
    """Raises DeploymentError: what promises nothing has no budget, so nobody could watch it."""
    for rules in rules_of(place):
        if any(guard.error_budget is not None for guard in rules.abort_if):
            where = place.path if rules is place.safety else "the policy file (NFRCHECK_SAFETY)"
            raise DeploymentError(
                f"{where}: `abort_if: error_budget` has no budget to watch: what is only held "
                "promises nothing",
                "guard with `error_ratio`, or inject it in a drill: nfrcheck run",
            )


def hold(made: Plan, folder: Path, ui: Ui, tell: Callable[[dict[str, Any]], None]) -> Held:
    """Injects, and puts back when standard input closes, at a signal, or when its time is over.

    `tell` is called once the fault is proven to be in place; it must not raise.
    """
    drill = made.drills[0]
    told = {
        "event": "holds",
        "run": made.scenario,
        "fault": drill.fault,
        "where": {key: value for armed in drill.armed for key, value in armed.where.items()},
        "at_most_s": drill.hold_s,
    }
    watched = _Watched(ui, lambda: tell(told))
    ended = asyncio.run(run(made, folder, made.scenario, watched, end_with_stdin=True))
    return _held(ended, watched)


def _held(ended: Ended, watched: "_Watched") -> Held:
    because = ended.because or watched.complaint
    if ended.restored is False:
        return Held(exit_code=6, because=because or "it was not seen to be well again")
    if ended.reason == "aborted" and "unconfirmed" not in watched.states:
        return Held(exit_code=5, because=because)
    # A fault that was lost in the middle is unconfirmed as well.
    if "confirmed" not in watched.states or "unconfirmed" in watched.states:
        return Held(exit_code=4, because=watched.complaint or ended.because or "no fault was seen")
    if ended.reason == "incomplete":
        return Held(exit_code=5, because=because)
    return Held(exit_code=0, because=because)


def _scenario(place: Deployment, wish: Wish) -> dict[str, Any]:
    entries = [name for name, entry in place.entries.items() if entry.url]
    if not entries:
        raise UsageError(f"the deployment {place.name} has no entry with a `url`")
    outside = [name for name in entries if not place.entries[name].region]
    entry = next(iter([*outside, *entries]))
    timing = {"repeat": 1, "hold": f"{wish.at_most_s:f} s"}
    keys = {key: _value(text) for key, text in wish.keys.items()}
    return {
        "nfrcheck": 1,
        "probes": {"seen": {"kind": "http", "entry": entry, "get": wish.path, "every": "50 ms"}},
        "drills": {NAME: {"fault": {"kind": wish.fault, **keys}, **timing}},
        "phases": [NAME],
        "targets": {"failover": {"drill": NAME, "error_window": "<= 1 h", "probe": "seen"}},
    }


def _value(text: str) -> Any:
    """A list is written as in JSON, such as `component=["web", "cache"]`."""
    try:
        found = json.loads(text) if text.startswith("[") else text
    except ValueError:
        return text
    return found


class _Watched:
    """The view of whoever called, and beside it what became of the fault."""

    def __init__(self, ui: Ui, confirmed: Callable[[], None]) -> None:
        self._ui = ui
        self._confirmed = confirmed
        self.states: set[str] = set()
        self.complaint = ""

    def begin(self, run: str, folder: Path, about: str) -> None:
        """Nothing: the folder of a fault that is held is of no use to anybody."""

    def expect(self, phases: Iterable[tuple[str, float]]) -> None:
        self._ui.expect(phases)

    def phase(self, name: str, seconds: float, *, until_decided: bool = False) -> None:
        self._ui.phase(name, seconds, until_decided=until_decided)

    def phase_done(self, name: str) -> None:
        self._ui.phase_done(name)

    def tick(self, instrument: str, health: dict[str, Any]) -> None:
        self._ui.tick(instrument, health)

    def drill(self, name: str, state: str) -> None:
        self.states.add(state)
        if state == "confirmed":
            self._confirmed()
        self._ui.drill(name, state)

    def say(self, text: str, *, good: bool | None = None) -> None:
        if good is False and not self.complaint:
            self.complaint = text
        self._ui.say(text, good=good)
