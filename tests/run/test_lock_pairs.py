"""Of runs that begin at the same instant, nobody is refused in vain, and never are two let in."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

pytestmark = pytest.mark.usefixtures("state")

ROUNDS = 12
# As a run begins: its lease, then what others have open, its guardian with its ledger, and again.
RUNS = """
import asyncio, pathlib, sys
from nfrcheck.errors import Refused
from nfrcheck.run.guard_client import GuardianClient
from nfrcheck.run.lock import Place, hold
from nfrcheck.run.others import refuse_open_ledgers

place = Place(name="box", path=pathlib.Path(sys.argv[1]))

async def begin(run):
    guardian = None
    try:
        with hold(place, f"run {run}"):
            refuse_open_ledgers(place=place)
            guardian = await GuardianClient.start(run, **place.named)
            refuse_open_ledgers({run}, place)
            print("in", flush=True)
            sys.stdin.readline()
    except Refused as refused:
        print(f"refused: {refused}", flush=True)
        sys.stdin.readline()
    finally:
        if guardian:
            await guardian.close()
    print("over", flush=True)

for line in sys.stdin:
    asyncio.run(begin(line.strip()))
"""


class Contender:
    """A process that begins one run after another, each when it is told to."""

    def __init__(self, place: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", RUNS, str(place)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def say(self, line: str = "") -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def hear(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def end(self) -> None:
        self._process.communicate(timeout=20)


@contextmanager
def contenders(*places: Path) -> Iterator[list[Contender]]:
    with ExitStack() as stack:
        there = [Contender(place) for place in places]
        for one in there:
            stack.callback(one.end)
        yield there


def rounds(there: list[Contender]) -> Iterator[list[str]]:
    """What each said when all began at once, round after round."""
    for number in range(ROUNDS):
        for index, one in enumerate(there):
            one.say(f"run-{number}-{index}")
        yield [one.hear() for one in there]
        for one in there:
            one.say()
        assert {one.hear() for one in there} == {"over"}


@pytest.mark.slow
def test_runs_on_different_deployments_do_not_disturb_each_other(tmp_path: Path) -> None:
    with contenders(tmp_path / "one.yaml", tmp_path / "two.yaml", tmp_path / "three.yaml") as there:
        for said in rounds(there):
            assert said == ["in"] * 3


def test_of_two_on_one_deployment_exactly_one_is_let_in(tmp_path: Path) -> None:
    with contenders(tmp_path / "box.yaml", tmp_path / "box.yaml") as there:
        for said in rounds(there):
            assert said.count("in") == 1, said
            winner = there[said.index("in")]
            (refused,) = [words for words in said if words != "in"]
            assert "box is held by run run-" in refused
            assert f"process {winner.pid}, since 2" in refused
