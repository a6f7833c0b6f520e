"""What belongs to one test session: its settings, its files, its runs, and what they were asked."""

import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from nfrcheck.pytest_plugin import SESSION
from nfrcheck.testing.files import Files, Unreadable
from nfrcheck.testing.once import Asked, Runs
from nfrcheck.testing.results import Run
from nfrcheck.testing.settings import ALL, NOT_RUN, Settings, placed, settings
from nfrcheck.testing.turn import NoTurn, Turn

HEALED_WITHIN_S = 200.0
SHARED = "nfrcheck_shared"
"""What xdist hands each worker: the folder in which the workers of one session meet."""
_INJECTING = ("nfr_region", "nfr_toxic")
_SENDING = ("nfr", "nfr_load")


class Session:
    """Made when the first scenario file or the first test that needs one is found."""

    def __init__(self, config: pytest.Config) -> None:
        self.settings: Settings = settings(config)
        self.files = Files(self.settings, getattr(config, "cache", None))
        given = getattr(config, "workerinput", {}).get(SHARED)
        self._own = None if given else Path(tempfile.mkdtemp(prefix="nfrcheck-tests-"))
        self.runs = Runs(self.settings, Path(given) if given else self.own)
        self._wanted: dict[tuple[Path, str | None], set[str]] = {}

    @property
    def own(self) -> Path:
        assert self._own, "a worker has the folder of its session"
        return self._own

    def want(self, scenario: Path, deployment: str | None, ids: Iterable[str]) -> None:
        """Called for all that was selected, before the first test: so one run serves them all."""
        where = deployment or self.settings.deployment
        self._wanted.setdefault((scenario, where), set()).update(ids)

    def run(self, scenario: Path, deployment: str | None = None) -> Run:
        """Of all targets that were wanted; raises Unreadable."""
        where = deployment or self.settings.deployment
        said = self.files.scenario(scenario)
        ids = [target["id"] for target in said["targets"]]
        wanted = self._wanted.get((scenario, where), set(ids))
        whole = wanted >= set(ids) and (self.settings.mode == ALL or not said["drills"])
        only = () if whole else tuple(name for name in ids if name in wanted)
        return self.runs.of(Asked(scenario=scenario, deployment=where, only=only))

    def close(self) -> None:
        """Waits for what still puts back, and removes the folder of the session."""
        if self._own is None:
            return
        try:
            with Turn(self._own).taken(HEALED_WITHIN_S):
                shutil.rmtree(self._own, ignore_errors=True)
        except NoTurn:
            return  # what still runs keeps its files


class Marked:
    """The marker `nfr` of one test: `nfr("p99", scenario=..., deployment=...)`."""

    def __init__(self, mark: pytest.Mark | None, session: Session) -> None:
        keywords = dict(mark.kwargs) if mark else {}
        self._ids: tuple[str, ...] = mark.args if mark else ()
        named = keywords.pop("deployment", None)
        self.deployment = None if named is None else placed(named, session.settings.root)
        self.scenario = session.files.find(keywords.pop("scenario", None))
        if keywords:
            raise Unreadable(f"the marker nfr takes scenario= and deployment=, not {[*keywords]}")
        self.targets = [
            target
            for target in session.files.scenario(self.scenario)["targets"]
            if not self._ids or target["id"] in self._ids
        ]
        missing = set(self._ids) - {target["id"] for target in self.targets}
        if missing:
            raise Unreadable(f"{self.scenario.name} has no target {', '.join(sorted(missing))}")

    @property
    def ids(self) -> list[str]:
        return [target["id"] for target in self.targets]

    @property
    def drills(self) -> list[str]:
        return list(dict.fromkeys(name for target in self.targets for name in target["drills"]))


def session_of(config: pytest.Config) -> Session:
    """The one of this test process; made when it is first asked for."""
    if SESSION not in config.stash:
        config.stash[SESSION] = Session(config)
    found: Session = config.stash[SESSION]
    return found


def mark_tests(items: list[pytest.Item], config: pytest.Config) -> None:
    """Marks the tests that inject, and skips what this session is not to run."""
    for item in items:
        uses = set(getattr(item, "fixturenames", ()))
        if not uses & {*_INJECTING, *_SENDING}:
            continue
        session, injects = session_of(config), bool(uses & set(_INJECTING))
        drills = _drills(item, session) if "nfr" in uses else []
        if injects or drills:
            item.add_marker("nfr_fault")
        if refusal := session.settings.refusal(drills, faults=injects):
            item.add_marker(pytest.mark.skip(reason=NOT_RUN + refusal))


def want_all(items: list[pytest.Item], config: pytest.Config) -> None:
    """Tells the session what was selected of each scenario."""
    session = session_of(config)
    for item in items:
        about: dict[str, Any] | None = getattr(item, "about", None)
        if about is not None:
            if not session.settings.refusal(about["drills"]):
                session.want(item.path, None, [item.name])
        elif "nfr" in getattr(item, "fixturenames", ()):
            _want(item, session)


def _want(item: pytest.Item, session: Session) -> None:
    try:
        marked = Marked(item.get_closest_marker("nfr"), session)
    except Unreadable:
        return  # its fixture says so
    if not session.settings.refusal(marked.drills):
        session.want(marked.scenario, marked.deployment, marked.ids)


def _drills(item: pytest.Item, session: Session) -> list[str]:
    try:
        return Marked(item.get_closest_marker("nfr"), session).drills
    except Unreadable:
        return []
