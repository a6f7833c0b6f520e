"""One nfrcheck at a time: who holds the turn may take it again, and a child keeps it."""

import subprocess
import sys
from pathlib import Path

import pytest

from nfrcheck.testing.turn import NoTurn, Turn


def test_two_do_not_have_it_at_once(tmp_path: Path) -> None:
    with Turn(tmp_path).taken(), pytest.raises(NoTurn), Turn(tmp_path).taken(0.1):
        pass

    with Turn(tmp_path).taken(0.1):
        pass


def test_who_has_it_may_take_it_again(tmp_path: Path) -> None:
    turn = Turn(tmp_path)

    with turn.taken() as first, turn.taken(0.1) as second:
        assert first == second
    with Turn(tmp_path).taken(0.1):
        pass


def test_a_child_keeps_it_when_its_parent_is_gone(tmp_path: Path) -> None:
    with Turn(tmp_path).taken() as descriptor:
        child = subprocess.Popen(
            [sys.executable, "-c", "import sys; sys.stdin.read()"],
            stdin=subprocess.PIPE,
            pass_fds=(descriptor,),
        )

    with pytest.raises(NoTurn), Turn(tmp_path).taken(0.1):
        pass

    child.communicate()
    with Turn(tmp_path).taken(1.0):
        pass
