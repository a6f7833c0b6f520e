"""Real processes and servers to hurt, and whole runs against them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.box.running_box import RunningBox
from tests.experiments.children import running_server
from tests.run.whole import Shop, Start, WholeRun
from tests.victims.fixtures import operations, state, victim

__all__ = ["operations", "state", "victim"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts whole runs; whatever becomes of the test, nothing of them runs on."""
    begun: list[WholeRun] = []

    def one(text: str, deployment: Path, *words: str, **more: str) -> WholeRun:
        begun.append(WholeRun(tmp_path, text, deployment, *words, **more))
        return begun[-1]

    yield one
    for run in begun:
        run.over()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with running_server() as server:
        yield Shop(tmp_path, server)


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBox]:
    running = RunningBox(tmp_path_factory.mktemp("box"))
    yield running
    assert running.stop() == 0
