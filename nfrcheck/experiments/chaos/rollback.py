"""Ends an experiment if it still runs, and does the rollbacks that are not done yet.

Run as `python -P -m nfrcheck.experiments.chaos.rollback EXPERIMENT WITHIN_S [TURN [ORIGINAL]]`, by
a guardian or by `nfrcheck restore`; safe to run again. Without TURN all rollbacks are done.
ORIGINAL is what EXPERIMENT is a copy of, for when the folder of the run is gone. Exit status 0:
every rollback was done once. All are done once more when it is called again after that, for then
the system was not seen well; and when something of the experiment outlived its rollbacks.
"""

import os
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from chaoslib.experiment import run_experiment
from chaoslib.loader import load_experiment
from chaoslib.run import RunEventHandler
from chaoslib.types import Strategy

from nfrcheck.experiments.chaos.evidence import Hiding, failure
from nfrcheck.experiments.chaos.kept import UNSET
from nfrcheck.experiments.chaos.play import SETTINGS, hiding_of, log_to, without_refs
from nfrcheck.experiments.chaos.turn import Turn


def main() -> int:
    path, within_s, *rest = sys.argv[1:]
    turn, late = _turn(rest), False
    found: dict[str, Any] = {}
    if turn is not None:
        late = turn.end(float(within_s))
        found = turn.read()
        with suppress(OSError):
            turn.write(asked=True)
    done = set(found.get("rolled_back", ()))
    whole = len(done) == found.get("rollbacks")
    if whole and not late and not found.get("asked"):
        _let_land(turn)
        return 0  # by itself, as it should be
    for name in os.environ.pop(UNSET, "").split():
        os.environ.pop(name, None)
    experiment = without_refs(load_experiment(_there(path, *rest[1:])))
    places = [n for n in range(len(experiment["rollbacks"])) if whole or n not in done]
    hide = hiding_of(experiment)
    _log(turn, hide)
    if turn is not None:
        with suppress(OSError):
            turn.write(rollbacks=len(experiment["rollbacks"]))
    wrong = _roll_back(experiment, places, turn, hide)
    _let_land(turn)
    if wrong and not whole:
        sys.stderr.write(hide.text("; ".join(wrong)) + "\n")
        return 1
    return 0


def _let_land(turn: Turn | None) -> None:
    """What an action asked for, and did not see done, comes before anybody looks if all is well.

    Then it is seen, and everything is rolled back once more.
    """
    if turn is not None:
        time.sleep(turn.late_s())


def _there(path: str, *original: str) -> str:
    return next((one for one in (path, *original) if Path(one).exists()), path)


def _log(turn: Turn | None, hide: Hiding) -> None:
    """A full disk, or a folder that is gone, keeps nothing from being rolled back."""
    try:
        log_to(None if turn is None else turn.path.with_suffix(".rollbacks.log"), hide)
    except OSError:
        log_to(None, hide)


def _turn(words: Sequence[str]) -> Turn | None:
    """None also if there is no such file any more: then nobody knows what was done, and all is."""
    try:
        return Turn(Path(words[0])) if words else None
    except OSError:
        return None


class Back(RunEventHandler):  # type: ignore[misc] # the library has no types
    """Writes down each rollback that was done, at once: what is killed now is done again."""

    def __init__(self, activities: dict[int, dict[str, Any]], turn: Turn | None) -> None:
        self._activities, self._turn = activities, turn
        self._lock = threading.Lock()
        self.done: set[int] = set()
        self.wrong: list[str] = []

    def activity_completed(self, activity: dict[str, Any], run: dict[str, Any]) -> None:
        """From whichever thread it ran in."""
        place = next((n for n, one in self._activities.items() if one is activity), None)
        if place is None:
            return
        with self._lock:
            if because := failure(run):
                name = activity.get("name")
                self.wrong.append(f"the rollback `{name}` failed: {because}")
                return
            self.done.add(place)
            if self._turn is not None:
                self._turn.rolled_back(place)


def _roll_back(
    experiment: dict[str, Any], places: Sequence[int], turn: Turn | None, hide: Hiding
) -> list[str]:
    """Why rollbacks were not done. Only they are played, with the experiment's own controls."""
    activities = {place: experiment["rollbacks"][place] for place in places}
    alone = {key: value for key, value in experiment.items() if key not in _NOT_PLAYED}
    alone |= {"method": [], "rollbacks": list(activities.values())}
    back = Back(activities, turn)
    journal = run_experiment(
        alone, settings=SETTINGS, strategy=Strategy.SKIP, event_handlers=[back]
    )
    if turn is not None:
        with suppress(OSError):
            kept = turn.path.with_suffix(".rollbacks.json")
            kept.write_text(hide.json(journal) + "\n", "utf-8")
    if not back.wrong and len(back.done) < len(places):
        return ["not all rollbacks were begun"]
    return back.wrong


_NOT_PLAYED = {"steady-state-hypothesis", "dry", "runtime"}


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    os._exit(code)
