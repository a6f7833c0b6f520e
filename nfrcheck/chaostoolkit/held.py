"""The fault that an experiment holds: a child `nfrcheck hold`, which puts back when we are gone."""

import atexit
import json
import logging
import selectors
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from chaoslib.exceptions import ActivityFailed

from nfrcheck.testing.child import Child

NFRCHECK = (sys.executable, "-P", "-m", "nfrcheck")
HOLDS_WITHIN_S = 180.0
PUT_BACK, UNPROVEN, NOT_RESTORED = 0, 4, 6
ENDING = ".deployment.yaml"
logger = logging.getLogger("chaostoolkit")


class Fault(NamedTuple):
    """What is to be held, in words of the language, and how long at most."""

    keys: Mapping[str, Any]
    """As in a drill: `kind`, and the keys of that kind."""
    deployment: str
    get: str
    at_most: str

    @property
    def words(self) -> list[str]:
        """Raises ActivityFailed for what is no fault."""
        rest = {str(key): value for key, value in self.keys.items()}
        kind = rest.pop("kind", None)
        if not kind or any(not _is_plain(value) for value in rest.values()):
            raise ActivityFailed(
                "a fault is one mapping as in a drill: {kind: link-latency, link: NAME, "
                "latency: 300 ms}"
            )
        return [str(kind), *(f"{key}={_plain(value)}" for key, value in rest.items())]

    @property
    def command(self) -> list[str]:
        """Raises ActivityFailed, as `words` and `deployment_file`."""
        where = ["--deployment", str(deployment_file(self.deployment))]
        how = ["--get", self.get, "--at-most", self.at_most, "--quiet"]
        return [*NFRCHECK, "--color", "never", "hold", *self.words, *how, *where]


def _is_plain(value: Any) -> bool:
    """A word, or a list of words, such as several components."""
    each = value if isinstance(value, list) else [value]
    return bool(each) and not any(isinstance(one, dict | list) for one in each)


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return json.dumps([_plain(one) for one in value])
    return str(value).lower() if isinstance(value, bool) else str(value)


def deployment_file(named: str) -> Path:
    """A path, or the NAME of scenarios/deployments/NAME.deployment.yaml. Raises ActivityFailed."""
    is_path = named.endswith((".yaml", ".yml")) or "/" in named
    path = Path(named) if is_path else Path("scenarios", "deployments", f"{named}{ENDING}")
    if not path.is_file():
        raise ActivityFailed(f"the deployment file {path} is not there (from {Path.cwd()})")
    return path


@dataclass(slots=True)
class _Holding:
    name: str
    child: Child
    folder: tempfile.TemporaryDirectory[str]


@dataclass(slots=True)
class Experiment:
    """What the one experiment of this process holds, and every fault of it that was not proven."""

    holding: _Holding | None = None
    unproven: list[str] = field(default_factory=list)

    def inject(self, fault: Fault) -> dict[str, Any]:
        """Returns what holds once it is proven. Raises ActivityFailed, with nothing left."""
        try:
            told = self._inject(fault)
        except BaseException as error:
            # Also after a signal: chaoslib goes on with the next action after SIGTERM.
            self.unproven.append(str(error) or f"interrupted ({type(error).__name__})")
            raise
        return {key: value for key, value in told.items() if key != "event"}

    def _inject(self, fault: Fault) -> dict[str, Any]:
        if self.holding:
            raise ActivityFailed(f"{self.holding.name} is held already; one fault at a time")
        command, name = fault.command, " ".join(fault.words)
        folder = tempfile.TemporaryDirectory(prefix="nfrcheck-chaos-")
        child = Child(command, root=Path.cwd(), said=Path(folder.name, "said"), piped=True)
        self.holding = _Holding(name, child, folder)
        # However `chaos` ends, it ends when all is well again; if it is killed, the child sees it.
        atexit.register(self._let_go)
        try:
            told = _first_line(child)
        except BaseException:
            self._end()
            raise
        if told.get("event") != "holds":
            code, because = self._end()
            raise ActivityFailed(_told(f"{name}: no fault was proven", because, code))
        return told

    def heal(self) -> dict[str, Any]:
        """Puts back what is held, if anything; raises ActivityFailed unless both were proven."""
        if self.holding is None:
            return {"held": None, "restored": True}
        name, early = self.holding.name, self.holding.child.process.poll() is not None
        code, because = self._end()
        if code == PUT_BACK and early:
            code, because = UNPROVEN, because or "its time, `at_most`, was over"
        if code != PUT_BACK:
            self.unproven.append(f"{name}: {because}")
            raise ActivityFailed(_told(f"{name}: it did not hold until heal", because, code))
        return {"held": name, "restored": True}

    def doubts(self) -> Sequence[str]:
        """Why what was asked of this experiment so far proves nothing; empty when all is proven."""
        if self.holding and self.holding.child.process.poll() is not None:
            return [*self.unproven, f"{self.holding.name}: it has ended before it was healed"]
        return self.unproven

    def _end(self) -> tuple[int, str]:
        """The exit code of the child, which has put back, and what it said last."""
        assert self.holding
        holding = self.holding
        code = holding.child.end()
        because = holding.child.errors() or (f"nfrcheck hold ended with {code}" if code else "")
        self.holding = None
        atexit.unregister(self._let_go)
        holding.folder.cleanup()
        return code, because.removeprefix("nfrcheck hold: ")

    def _let_go(self) -> None:
        """At the end of the process, after whatever kept `chaos` from running its rollbacks."""
        try:
            self.heal()
        except ActivityFailed as failed:
            logger.critical(str(failed))


def _told(what: str, because: str, code: int) -> str:
    if code in {NOT_RESTORED, -9}:
        return f"NOT CONFIRMED AS PUT BACK, run `nfrcheck restore` ({what}: {because})"
    return f"{what}: {because}"


def _first_line(child: Child) -> dict[str, Any]:
    """Empty if it ended, or said nothing for too long."""
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)
        if not selector.select(HOLDS_WITHIN_S):
            return {}
    try:
        line: dict[str, Any] = json.loads(child.stdout.readline())
    except ValueError:
        return {}
    return line


THIS = Experiment()
"""chaoslib runs one experiment a process."""
