"""Nothing of an experiment outlives its turn, and nobody else is hit when it is ended."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from nfrcheck.experiments.chaos.session import end_session, place, start_time
from nfrcheck.experiments.chaos.turn import LATE_S, Turn
from tests.box.running_box import wait_until

WITHIN_S = 5.0
HELPER = "sleep 301 >&- 2>&- & echo $!; exec >&-; read line"


@pytest.fixture
def turn(tmp_path: Path) -> Iterator[Turn]:
    with Turn(tmp_path / "one.turn") as one:
        yield one


@pytest.fixture
def orphan() -> Iterator[tuple[dict[str, Any], int]]:
    """A session whose leader is gone, as it stands in the turn; and who is left of it."""
    leader = subprocess.Popen(
        ["sh", "-c", HELPER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert leader.stdout is not None
    left = int(leader.stdout.readline())
    holder = {"pid": leader.pid, "start_time": start_time(leader.pid), "place": place()}
    leader.communicate(b"\n")
    yield holder, left
    with suppress(ProcessLookupError):
        os.kill(left, signal.SIGKILL)


def runs(pid: int) -> bool:
    with suppress(OSError):
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8")
        return stat.rpartition(")")[2].split()[0] not in "ZX"
    return False


def test_what_a_leader_left_behind_is_killed_when_the_turn_is_taken(
    turn: Turn, orphan: tuple[dict[str, Any], int]
) -> None:
    holder, left = orphan
    turn.write(**holder)

    assert turn.end(1)

    assert not runs(left)
    assert not turn.end(1), "and nothing is left the next time"


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"place": "another boot"}, id="after-a-boot"),
        pytest.param({"place": None}, id="nobody-knows-where"),
        pytest.param({"start_time": 1 << 60}, id="older-than-its-leader"),
    ],
)
def test_a_stranger_of_the_same_number_is_left_alone(
    other: dict[str, Any], turn: Turn, orphan: tuple[dict[str, Any], int]
) -> None:
    holder, left = orphan
    turn.write(**{**holder, **other})

    assert not turn.end(1)

    assert runs(left)


def test_a_leader_with_another_start_time_is_another_session() -> None:
    with subprocess.Popen(["sleep", "301"], start_new_session=True) as stranger:
        began = start_time(stranger.pid)
        assert began is not None

        assert not end_session({"pid": stranger.pid, "start_time": began - 1, "place": place()})

        assert stranger.poll() is None
        assert end_session({"pid": stranger.pid, "start_time": began, "place": place()})
        assert stranger.wait(5) == -signal.SIGKILL


def test_a_forked_helper_does_not_keep_the_turn(turn: Turn) -> None:
    with Turn(turn.path) as other:
        assert other.take()
        if not (pid := os.fork()):
            signal.pause()
    try:
        wait_until(turn.take, WITHIN_S)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def test_who_keeps_the_turn_after_its_leader_is_killed(turn: Turn) -> None:
    """As a library in C that forks: it never heard of what is closed in a forked process."""
    code = (
        "import fcntl, json, os, sys, time\n"
        "from nfrcheck.experiments.chaos.turn import Turn\n"
        "turn = Turn(sys.argv[1])\n"
        "assert turn.begin()\n"
        "os.dup2(turn._descriptor, 99)\n"
        "os.fork() and os._exit(0)\n"
        "print('there', flush=True)\n"
        "time.sleep(301)\n"
    )
    leader = subprocess.Popen(
        [sys.executable, "-c", code, str(turn.path)], stdout=subprocess.PIPE, start_new_session=True
    )
    assert leader.stdout is not None
    assert leader.stdout.readline() == b"there\n"
    leader.wait(5)
    assert not turn.take()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nfrcheck.experiments.chaos.turn.BEGIN_S", 0.1)

        turn.end(1)

    assert json.loads(turn.path.read_text("utf-8"))["over"]
    leader.stdout.close()


# ---- what an action asked for may be done later


def test_what_was_seen_to_be_done_is_not_waited_for(turn: Turn) -> None:
    assert turn.late_s() == 0

    turn.begun()
    turn.ended(done=True)

    assert turn.late_s() == 0


def test_an_action_that_was_under_way_at_the_end_may_come_late(turn: Turn) -> None:
    turn.begun()
    turn.begun()
    turn.ended(done=True)

    assert turn.late_s() == LATE_S
    # Whoever asks again has waited for a part of it already, and never waits for longer.
    assert turn.late_s() < LATE_S


@pytest.mark.parametrize(
    ("ago_s", "left_s"),
    [
        pytest.param(0.5, LATE_S - 0.5, id="a-moment-ago"),
        pytest.param(60.0, 0.0, id="long-ago"),
        pytest.param(-1e6, LATE_S, id="before-a-boot"),
    ],
)
def test_an_action_that_failed_may_come_for_a_while(
    turn: Turn, ago_s: float, left_s: float
) -> None:
    turn.begun()
    turn.ended(done=False)
    turn.write(unsure=turn.read()["unsure"] - ago_s)

    assert turn.late_s() == pytest.approx(left_s, abs=0.2)
