"""Nothing that an experiment started injects after its rollbacks; they undo what was done."""

import os
import signal
from typing import Any

import pytest

from nfrcheck.experiments.chaos.kept import UNSET
from tests.box.running_box import wait_until
from tests.experiments.chaos.playing import WITHIN_S, kept, living
from tests.victims.experiments import Trouble, activity


def late(trouble: Trouble, *, background: bool) -> dict[str, Any]:
    """A command that injects when everybody has gone home, if nobody ends it."""
    began, words = trouble.place / "began", trouble.place / "log"
    line = f"sh -c 'touch {began}; sleep 20; echo late >> {words}'; :"
    provider = {"type": "process", "path": "sh", "arguments": ["-c", line]}
    return {"type": "action", "name": "late", "background": background, "provider": provider}


@pytest.mark.parametrize("background", [True, False], ids=["background", "foreground"])
def test_no_command_of_a_method_that_was_cut_short_outlives_its_rollbacks(
    background: bool, play: Any, trouble: Trouble
) -> None:
    one = play(trouble.take_down(), late(trouble, background=background))
    one.begin()
    wait_until((trouble.place / "began").exists, WITHIN_S)

    assert one.end() == 0

    assert not living(one.process.pid)
    assert trouble.log == ["down", "up"]
    cut = kept(one.journal)["run"][1]
    assert "status" not in cut, "it has neither succeeded nor failed"


def test_no_command_outlives_a_child_that_was_killed(play: Any, trouble: Trouble) -> None:
    one = play(trouble.take_down(), late(trouble, background=False))
    one.begin()
    wait_until((trouble.place / "began").exists, WITHIN_S)
    os.kill(one.process.pid, signal.SIGKILL)
    one.process.wait(WITHIN_S)
    assert living(one.process.pid)

    assert one.put_back() == (0, "")

    assert not living(one.process.pid)
    assert trouble.log == ["down", "up"]


def test_what_a_whole_method_left_running_is_there_for_its_rollbacks_and_gone_after_them(
    play: Any, trouble: Trouble
) -> None:
    """What it did meanwhile is undone once more."""
    pid = trouble.place / "pid"
    line = f"sleep 301 > /dev/null 2>&1 & echo $! > {pid}"
    start = {"type": "process", "path": "sh", "arguments": ["-c", line]}
    look = {"type": "process", "path": "sh", "arguments": ["-c", f"kill -0 $(cat {pid})"]}
    one = play(
        {"type": "action", "name": "start", "provider": start},
        rollbacks=[{"type": "action", "name": "look", "provider": look}, trouble.bring_up()],
    )
    one.begin()
    one.hear("held")

    assert one.put_back() == (0, "")

    assert [run["output"]["status"] for run in kept(one.journal)["rollbacks"][:1]] == [0]
    assert not living(one.process.pid)
    assert trouble.log == ["up", "up"]


def test_without_its_copy_the_experiment_itself_is_rolled_back(play: Any, trouble: Trouble) -> None:
    one = play()
    one.original, one.experiment = one.experiment, trouble.place / "gone.json"

    assert one.put_back() == (0, "")
    assert trouble.log == ["up"]


def test_a_variable_that_was_not_set_is_not_there_when_it_is_put_back(
    play: Any, trouble: Trouble
) -> None:
    where = {"type": "env", "key": "A_PLACE", "default": str(trouble.down)}
    back = activity("bring_up", arguments={"place": "${where}"})
    one = play(rollbacks=[back], configuration={"where": where})
    one.environment |= {"A_PLACE": "/nowhere/else", UNSET: "ANOTHER A_PLACE"}

    assert one.put_back() == (0, "")
    assert trouble.log == ["up"]
