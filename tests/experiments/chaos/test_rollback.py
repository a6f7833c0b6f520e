"""Whoever puts an experiment back ends it first, does what is left, and can be called again."""

import os
import signal
import subprocess
import sys
import time
from typing import Any

import pytest

from nfrcheck.experiments.chaos.turn import Turn
from tests.box.running_box import wait_until
from tests.experiments.chaos.playing import WITHIN_S, kept, living, program
from tests.victims.experiments import Trouble, activity

PYTHON_IN_A_GROUP = (sys.executable, "-c", "import os, time; os.setpgid(0, 0); time.sleep(301)")


def test_what_was_done_is_held_until_its_parent_is_gone(play: Any, trouble: Trouble) -> None:
    one = play()
    one.begin()

    assert one.hear("begun") == "take_down"
    assert one.hear("held")
    assert trouble.log == ["down"]
    one.end()

    assert trouble.log == ["down", "up"]
    assert kept(one.journal)["rollbacks"][0]["status"] == "succeeded"


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM", "SIGUSR1"])
def test_every_wish_to_end_rolls_back_in_mid_action(
    number: str, play: Any, trouble: Trouble
) -> None:
    one = play(trouble.take_down(), trouble.slowly(300), trouble.take_down())
    one.begin()
    one.hear("begun")
    wait_until(lambda: len(trouble.log) == 2, WITHIN_S)

    one.process.send_signal(signal.Signals[number])

    assert one.process.wait(WITHIN_S) == 0
    assert trouble.log == ["down", "down", "up"], "and the next action was never begun"
    assert kept(one.journal)["status"] == "interrupted"


def test_what_rolled_back_by_itself_is_not_rolled_back_again(play: Any, trouble: Trouble) -> None:
    one = play()
    one.begin()
    one.hear("held")

    assert one.put_back() == (0, "")

    assert trouble.log == ["down", "up"]
    assert one.process.wait(WITHIN_S) == 0


def test_who_is_called_again_does_all_once_more(play: Any, trouble: Trouble) -> None:
    """It is, when the system was not seen well although all had been done."""
    one = play()
    one.begin()
    one.hear("held")
    one.put_back()

    assert one.put_back() == (0, "")

    assert trouble.log == ["down", "up", "up"]


def test_a_child_that_was_killed_leaves_the_rest_to_others(play: Any, trouble: Trouble) -> None:
    free = trouble.place / "free"
    second = activity("bring_up_when", arguments={**trouble.where, "free": str(free)})
    one = play(rollbacks=[trouble.bring_up(), second])
    one.begin()
    one.hear("held")
    one.process.stdin.close()
    wait_until(lambda: trouble.log == ["down", "up", "late"], WITHIN_S)
    os.kill(one.process.pid, signal.SIGKILL)
    free.touch()

    assert one.put_back() == (0, "")
    assert trouble.log == ["down", "up", "late", "late"]


def test_only_what_failed_is_done_again(play: Any, trouble: Trouble) -> None:
    broken = activity("replicas", arguments={"place": str(trouble.place / "not-yet")})
    one = play(rollbacks=[trouble.bring_up(), broken])

    code, because = one.put_back()
    assert code == 1
    assert "the rollback `replicas` failed: FileNotFoundError" in because
    (trouble.place / "not-yet").write_text("3", "utf-8")

    assert one.put_back() == (0, "")
    assert trouble.log == ["up"], "the first had been done"


def test_a_rollback_that_returned_false_was_not_done(play: Any) -> None:
    code, because = play(rollbacks=[activity("say_no")]).put_back()

    assert (code, because) == (1, "the rollback `say_no` failed: it returned false\n")


def test_what_was_put_back_before_it_began_never_begins(play: Any, trouble: Trouble) -> None:
    one = play()
    one.put_back()

    one.begin()

    assert one.process.wait(WITHIN_S) == 1
    assert trouble.log == ["up"]


@pytest.mark.slow
def test_what_never_ends_is_killed_with_all_that_it_started(play: Any, trouble: Trouble) -> None:
    # In a group of its own, as a shell with job control would start it.
    sleeper = {"type": "process", "path": "env", "arguments": [*PYTHON_IN_A_GROUP]}
    started = {"type": "action", "name": "sleep", "background": True, "provider": sleeper}
    one = play(started, trouble.take_down(), trouble.for_ever())
    one.begin()
    one.hear("begun")
    wait_until(lambda: len(trouble.log) == 2, WITHIN_S)

    began = time.monotonic()
    assert one.put_back() == (0, "")

    assert time.monotonic() - began < 15
    assert trouble.log == ["down", "down", "up"]
    assert one.process.wait(WITHIN_S) == -signal.SIGKILL
    wait_until(lambda: not living(one.process.pid), WITHIN_S)


def test_a_probe_in_the_background_is_no_fault(play: Any, trouble: Trouble) -> None:
    probe = activity("is_up", "probe", arguments=trouble.where, background=True)
    one = play(probe, activity("fail"))
    one.begin()

    assert "`fail` failed" in one.hear("failed")
    assert "begun" not in one.heard


def test_without_a_turn_all_is_rolled_back(play: Any, trouble: Trouble) -> None:
    assert play().put_back(turn=False) == (0, "")
    assert trouble.log == ["up"]


def test_when_the_run_folder_is_gone_all_is_rolled_back(play: Any, trouble: Trouble) -> None:
    one = play()
    one.turn = trouble.place / "gone" / "one.turn"

    assert one.put_back() == (0, "")
    assert trouble.log == ["up"]


def test_rollbacks_may_refer_to_actions_of_the_method(play: Any, trouble: Trouble) -> None:
    one = play(trouble.take_down(), trouble.bring_up(), rollbacks=[{"ref": "bring_up"}])

    assert one.put_back() == (0, "")
    assert trouble.log == ["up"]


def test_the_next_process_with_its_number_is_left_alone(play: Any) -> None:
    one = play()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        with Turn(one.turn) as turn:
            assert turn.take()
            turn.write(pid=stranger.pid, start_time=1)
            holder = subprocess.Popen(
                program("rollback", one.experiment, 0, one.turn), env=one.environment
            )
            wait_until(lambda: holder.poll() is None, WITHIN_S)
            assert stranger.poll() is None
        assert holder.wait(WITHIN_S) == 0
        assert stranger.poll() is None
        stranger.communicate(b"\n")


def test_an_experiment_that_cannot_be_played_says_why(play: Any, trouble: Trouble) -> None:
    one = play(activity("no_such_function"))
    one.begin()

    assert "InvalidActivity" in one.hear("failed")
    assert trouble.log == []
