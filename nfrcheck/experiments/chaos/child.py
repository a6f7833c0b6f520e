"""Plays one experiment, and holds what it did until its parent says or is gone; then rolls back.

Run as `python -P -m nfrcheck.experiments.chaos.child EXPERIMENT TURN JOURNAL`. On stdout one JSON
line for each thing that its parent waits for. SIGUSR1, SIGTERM, SIGINT and the end of stdin all
mean the same: leave what is under way, and roll back. Left alone the library would go on after a
SIGTERM that meets an action, and would not roll back after a Ctrl-C.
"""

import logging
import os
import select
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from chaoslib.experiment import ensure_experiment_is_valid, run_experiment
from chaoslib.loader import load_experiment
from chaoslib.run import RunEventHandler
from chaoslib.types import Strategy

from nfrcheck.experiments.chaos.evidence import Hiding, complaint, failure, out_of_tolerance
from nfrcheck.experiments.chaos.play import SETTINGS, hiding_of, listed, log_to, without_refs
from nfrcheck.experiments.chaos.session import end_session
from nfrcheck.experiments.chaos.turn import Turn

_LEAVE = 20
_SIGNALS = (signal.SIGUSR1, signal.SIGTERM, signal.SIGINT)


class Leaving:
    """One wish to end, however often it comes, and what it does to what is under way."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        self.asked = False
        self.playing = True
        """Only then is what is under way interrupted; a rollback never is."""

    def listen(self) -> None:
        """Again and again: the library puts handlers of its own in the place of these."""
        for number in _SIGNALS:
            signal.signal(number, self._leave)

    def watch_parent(self) -> None:
        def until_end() -> None:
            while os.read(0, 4096):
                continue
            os.kill(os.getpid(), signal.SIGUSR1)

        threading.Thread(target=until_end, daemon=True, name="parent").start()

    def wait(self) -> None:
        """Returns when the end is wished for; a wish in this time interrupts nothing."""
        select.select([self._read], [], [])

    def _leave(self, _number: int, _frame: object) -> None:
        if self.asked:
            return
        self.asked = True
        os.write(self._write, b".")
        if self.playing:
            raise SystemExit(_LEAVE)


class Course(RunEventHandler):  # type: ignore[misc] # the library has no types
    """Follows one experiment: tells its parent, keeps the journal, holds before the rollbacks."""

    def __init__(
        self, experiment: dict[str, Any], turn: Turn, journal: Path, leaving: Leaving, hide: Hiding
    ) -> None:
        self._experiment, self._turn, self._path = experiment, turn, journal
        self._leaving, self._hide = leaving, hide
        self._journal: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._cut = False
        """Its method was left before its end: what still runs of it is killed."""

    def started(self, _experiment: dict[str, Any], journal: dict[str, Any]) -> None:
        self._journal = journal
        self._leaving.listen()

    def hypothesis_before_completed(
        self, _experiment: dict[str, Any], state: dict[str, Any], _journal: dict[str, Any]
    ) -> None:
        if out_of_tolerance(state):
            journal = {"steady_states": {"before": state}}
            say(self._hide, failed=complaint(journal))

    def start_activity(self, activity: dict[str, Any]) -> None:
        if not self._acts(activity):
            return
        with self._lock:
            self._turn.begun()
        if activity.get("background"):
            say(self._hide, begun=activity.get("name"))

    def activity_completed(self, activity: dict[str, Any], run: dict[str, Any]) -> None:
        """From whichever thread it ran in."""
        if self._cut and listed(activity, self._experiment["method"]):
            run.pop("status", None)  # we killed it: it has neither succeeded nor failed
        because = failure(run)
        back = [n for n, one in enumerate(self._experiment["rollbacks"]) if one is activity]
        if back and because is None:
            with self._lock:
                self._turn.rolled_back(back[0])
        elif self._acts(activity):
            name = activity.get("name")
            with self._lock:
                self._turn.ended(done=because is None)
            if because is None:
                say(self._hide, begun=name)
            elif "status" in run:
                say(self._hide, failed=f"its action `{name}` failed: {because}")
        self._keep()

    def _acts(self, activity: dict[str, Any]) -> bool:
        """Whether it is one of those that are the fault."""
        return activity["type"] == "action" and listed(activity, self._experiment["method"])

    def start_rollbacks(self, _experiment: dict[str, Any]) -> None:
        """What was done stays until somebody wishes it undone.

        After a method that was cut short, commands of it still run, and would inject after the
        rollbacks. After a whole one nothing is under way; what it left running on purpose may be
        what the rollbacks end, and is killed after them.
        """
        self._leaving.playing = False
        if not self._leaving.asked and complaint(self._journal) is None:
            self._keep()
            say(self._hide, held=True)
            self._leaving.wait()
        else:
            self._cut = True
            end_session(self._turn.read(), spare_leader=True)
        with self._lock:
            self._turn.write(back=True)
        say(self._hide, back=True)

    def finish(self, journal: dict[str, Any]) -> None:
        self._journal = journal
        self._keep()

    def _keep(self) -> None:
        """So that a child that is killed has left what it knew."""
        with self._lock:
            fresh = self._path.with_suffix(".new")
            fresh.write_text(self._hide.json(self._journal) + "\n", "utf-8")
            fresh.replace(self._path)


def say(hide: Hiding, **words: Any) -> None:
    """To the parent, if there is one; its end is no reason to leave anything undone."""
    try:
        os.write(_channel[0], f"{hide.json(words)}\n".encode())
    except OSError:
        return


_channel = [1]


def play(path: Path, turn: Turn, journal: Path, leaving: Leaving) -> None:
    """Raises what the library raises for an experiment that it cannot play."""
    hide = Hiding()
    try:
        experiment = without_refs(load_experiment(str(path)))
        hide = hiding_of(experiment)
        log_to(journal.with_suffix(".log"), hide)
        ensure_experiment_is_valid(experiment)
        turn.write(rollbacks=len(experiment["rollbacks"]))
        course = Course(experiment, turn, journal, leaving, hide)
        strategy = experiment.get("runtime", {}).get("hypothesis", {}).get("strategy", "default")
        ended = run_experiment(
            experiment,
            settings=SETTINGS,
            strategy=Strategy.from_string(strategy),
            event_handlers=[course],
        )
        say(hide, ended=ended["status"], deviated=ended["deviated"])
    except Exception as error:
        logging.getLogger("chaostoolkit").debug("it cannot be played", exc_info=True)
        say(hide, failed=f"it cannot be played: {type(error).__name__}: {error}")


def main() -> int:
    path, turn_path, journal = (Path(word) for word in sys.argv[1:4])
    # What an action prints may hold secrets, and must not be taken for what we say.
    _channel[0] = os.dup(1)
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    # Never let go of: the turn is over when this process is gone, with all its threads.
    turn = Turn(turn_path)
    leaving = Leaving()
    leaving.listen()
    if not turn.begin():
        return 1
    try:
        leaving.watch_parent()
        play(path, turn, journal, leaving)
    except SystemExit:
        # Before anything was done, or in a place where the library takes no wish to end:
        # what then is left, whoever puts back finds in the turn.
        return _LEAVE
    return 0


if __name__ == "__main__":
    # A background action that never ends must not hold up the end.
    code = main()
    logging.shutdown()
    os._exit(code)
