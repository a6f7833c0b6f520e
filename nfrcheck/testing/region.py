"""`nfr_region`: a fault for as long as a test wants it, by the guardian and its ledger."""

import json
import selectors
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

from nfrcheck.testing.child import Child
from nfrcheck.testing.once import Runs
from nfrcheck.testing.settings import shown
from nfrcheck.testing.turn import NoTurn

HOLDS_WITHIN_S = 180.0
NOT_RESTORED = 6


class Regions:
    """Each fault is proven before the test goes on, and proven to be put back after it.

    `get`: a path that a healthy system answers; `at_most`: put back after that, whatever happens.
    """

    def __init__(self, runs: Runs, deployment: Path | str | None, folder: Path) -> None:
        self._runs = runs
        self._deployment = deployment
        self._folder = folder
        self._made = 0

    @contextmanager
    def kill(self, region: str, *, get: str = "/", at_most: str = "5 min") -> Iterator[None]:
        with self.hold("region-kill", get=get, at_most=at_most, region=region):
            yield

    @contextmanager
    def drain(self, region: str, *, get: str = "/", at_most: str = "5 min") -> Iterator[None]:
        with self.hold("region-drain", get=get, at_most=at_most, region=region):
            yield

    @contextmanager
    def hold(
        self, fault: str, *, get: str = "/", at_most: str = "5 min", **keys: str
    ) -> Iterator[None]:
        """Any fault of the language with its keys: `hold("component-kill", component="app-1")`."""
        __tracebackhide__ = True
        words = [*self._runs.settings.command, "--color", "never", "hold", fault]
        words += [f"{key}={value}" for key, value in keys.items()]
        words += ["--get", get, "--at-most", at_most, "--quiet"]
        if self._deployment:
            words += ["--deployment", str(self._deployment)]
        if self._runs.holding:
            pytest.fail(f"{fault}: this test holds a fault already; one at a time", pytrace=False)
        self._made += 1
        said = self._folder / f"hold-{self._made}.log"
        try:
            with self._runs.turn.taken() as turn:
                yield from self._held(words, said, turn)
        except NoTurn as error:
            pytest.fail(f"{fault}: {error}", pytrace=False)

    def _held(self, words: list[str], said: Path, turn: int) -> Iterator[None]:
        __tracebackhide__ = True
        root = self._runs.settings.root
        child = Child(words, root=root, said=said, piped=True, turn=turn)
        try:
            run = _holds(child)
            if run is None:
                _refuse(words, child)
            self._runs.holding.append(run)
            try:
                yield
            finally:
                self._runs.holding.remove(run)
        finally:
            # Also after Ctrl-C: the test ends only when the system is seen to be well again.
            if child.end() == NOT_RESTORED:
                # Worse than whatever else the test has found.
                pytest.fail(f"NOT PUT BACK: {child.errors()}\nnfrcheck restore", pytrace=False)
        if child.end():
            pytest.fail(f"{shown(words)}\n{child.errors()}", pytrace=False)


def _refuse(words: list[str], child: Child) -> NoReturn:
    code = child.end()
    because = child.errors() or f"nfrcheck ended with {code}"
    pytest.fail(f"no fault was injected: {because}\n{shown(words)}", pytrace=False)


def _holds(child: Child) -> str | None:
    """The run that holds the fault; None if it ended, or says nothing for too long."""
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)
        if not selector.select(HOLDS_WITHIN_S):
            return None
    try:
        line = json.loads(child.stdout.readline())
    except ValueError:
        return None
    return str(line["run"]) if line["event"] == "holds" else None
