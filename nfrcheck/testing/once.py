"""Each scenario runs once in a test session, whichever worker comes first; the others wait."""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nfrcheck.testing.child import Child
from nfrcheck.testing.results import NO_VERDICT, Run
from nfrcheck.testing.settings import ALL, Settings, shown
from nfrcheck.testing.turn import NoTurn, Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the session wants of one scenario; the same in every worker."""

    scenario: Path
    deployment: str | None
    only: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        about = f"{self.scenario}\0{self.deployment}\0{self.only}"
        return hashlib.sha256(about.encode()).hexdigest()[:16]


class Runs:
    """All runs of one test process. `shared`: the folder that all workers of the session have."""

    def __init__(self, settings: Settings, shared: Path) -> None:
        self.settings = settings
        self.shared = shared
        self.turn = Turn(shared)
        self.holding: list[str] = []
        """Runs that hold a fault which is meant to be in place while others measure."""
        self._known: dict[str, Run] = {}

    def of(self, asked: Asked) -> Run:
        """Runs it, or waits for the worker that does. How it failed is in what it gives."""
        if self.holding:
            # With a fault in place a run says nothing about the system without it, and the other
            # way round: neither may stand for the other.
            return self._alone(asked, self.settings.out, {})
        if asked.key not in self._known:
            self._known[asked.key] = Run(asked.scenario, self._kept(asked))
        return self._known[asked.key]

    def measure(self, scenario: Path, deployment: Path, environment: Mapping[str, str]) -> Run:
        """A run for one test alone, beside the faults that this test holds."""
        asked = Asked(scenario=scenario, deployment=str(deployment))
        return self._alone(asked, self.settings.out or scenario.parent, environment)

    def _alone(self, asked: Asked, out: Path | None, environment: Mapping[str, str]) -> Run:
        try:
            with self.turn.taken() as turn:
                return Run(asked.scenario, self._carry_out(asked, turn, out, environment))
        except NoTurn as error:
            return Run(asked.scenario, _nothing(str(error)))

    def _kept(self, asked: Asked) -> dict[str, Any]:
        result = self.shared / f"{asked.key}.json"
        begun = self.shared / f"{asked.key}.begun"
        try:
            if not result.exists():
                with self.turn.taken() as turn:
                    # While this worker waited, another one may have run it, or died over it.
                    if not result.exists():
                        _keep(result, self._first(asked, begun, turn))
        except NoTurn as error:
            return _nothing(str(error))
        found: dict[str, Any] = json.loads(result.read_text("utf-8"))
        return found

    def _first(self, asked: Asked, begun: Path, turn: int) -> dict[str, Any]:
        try:
            begun.touch(exist_ok=False)
        except FileExistsError:
            return _nothing(
                f"the test process that ran {asked.scenario.name} was ended in the middle; what it "
                "had injected was put back by nfrcheck, which ends with it: nfrcheck restore --list"
            )
        return self._carry_out(asked, turn, self.settings.out, {})

    def _carry_out(
        self, asked: Asked, turn: int, out: Path | None, environment: Mapping[str, str]
    ) -> dict[str, Any]:
        words = [*self.settings.command, *self._words(asked, out)]
        said = self.shared / f"{asked.key}.{os.getpid()}.log"
        try:
            child = Child(
                words, root=self.settings.root, said=said, turn=turn, environment=environment
            )
        except OSError as error:
            return _nothing(f"{shown(words[:1])} cannot be started: {error.strerror}")
        with child:
            code = child.process.wait()
        end = _end(child.output())
        folder = end.get("folder")
        told = end.get("sentence") or ""
        return {
            "exit_code": code,
            "folder": str(self.settings.root / folder) if folder else None,
            "said": child.errors() if not told or code in NO_VERDICT else told,
        }

    def _words(self, asked: Asked, out: Path | None) -> Iterator[str]:
        yield from ("--color", "never", "run", str(asked.scenario))
        yield from ("--json", "--quiet", "--end-with-stdin")
        if asked.deployment:
            yield from ("--deployment", asked.deployment)
        if out:
            yield from ("--out", str(out))
        if self.settings.mode != ALL:
            yield "--no-faults"
        for name in asked.only:
            yield from ("--only", name)
        for run in self.holding:
            yield from ("--beside", run)


def _nothing(said: str) -> dict[str, Any]:
    return {"exit_code": 7, "folder": None, "said": said}


def _keep(path: Path, kept: Mapping[str, Any]) -> None:
    """Whole or not at all: others read it as soon as it is there."""
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(kept), encoding="utf-8")
    fresh.replace(path)


def _end(events: str) -> dict[str, Any]:
    """The last event of `nfrcheck run --json`; empty if it never came to an end."""
    for line in reversed(events.splitlines()):
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict) and event.get("event") in {"end", "nfrcheck"}:
            return event
    return {}
