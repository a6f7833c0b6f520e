"""The part that experiments take down, and experiments that end with their test."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.experiments.chaos.playing import Played
from tests.victims.experiments import Trouble


@pytest.fixture
def trouble(tmp_path: Path) -> Trouble:
    return Trouble(tmp_path)


@pytest.fixture
def play(trouble: Trouble) -> Iterator[Any]:
    played: list[Played] = []

    def one(*method: dict[str, Any], **keys: Any) -> Played:
        played.append(Played(trouble, trouble.file(*method, **keys)))
        return played[-1]

    yield one
    for each in played:
        each.over()
