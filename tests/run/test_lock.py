"""One run at a time on a deployment; the lock ends with its holder, however that ends."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nfrcheck.run.lock import Held, Place, hold, holder
from tests.box.running_box import wait_until

pytestmark = pytest.mark.usefixtures("state")

HOLDS = (
    "import sys, pathlib; from nfrcheck.run.lock import Place, hold\n"
    "with hold(Place(name='staging eu/us', path=pathlib.Path(sys.argv[1])), 'game day weekly'):\n"
    "    print('held', flush=True); sys.stdin.read()\n"
)


def place(folder: Path, name: str = "box") -> Place:
    return Place(name=name, path=folder / "box.deployment.yaml")


def test_a_second_one_is_told_who_has_it_until_the_first_is_killed(tmp_path: Path) -> None:
    staging = place(tmp_path, "staging eu/us")
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(staging.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "held\n"

        said = f"staging eu/us is held by game day weekly, process {first.pid}, since "
        with pytest.raises(Held, match=said), hold(staging, "another"):
            pytest.fail("both have it")
        assert str(holder(staging)).startswith(said)

        first.send_signal(signal.SIGKILL)
        first.wait(10)
        wait_until(lambda: holder(staging) is None)
        with hold(staging, "another"):
            assert "another" in str(holder(staging))


def test_others_of_the_same_name_in_another_folder_are_not_held(tmp_path: Path) -> None:
    one, two = place(tmp_path / "one"), place(tmp_path / "two")
    with hold(one, "x"):
        assert holder(two) is None
        with hold(two, "y"):
            pass
    assert holder(one) is None


def test_another_way_to_the_same_file_is_the_same_deployment(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")

    with (
        hold(place(tmp_path / "real"), "x"),
        pytest.raises(Held),
        hold(place(tmp_path / "link"), "y"),
    ):
        pytest.fail("both have it")


def test_a_run_beside_a_fault_that_is_held_is_let_through_and_no_other(tmp_path: Path) -> None:
    box = place(tmp_path)
    with hold(box, "run held-1", shares=True):
        for beside in ((), ("held",), ("other",)):
            with pytest.raises(Held, match="run held-1"), hold(box, "run x", beside=beside):
                pytest.fail("it was let through")
        with (
            hold(box, "run load-1", beside=("held-1",)),
            pytest.raises(Held, match="run load-1"),
            hold(box, "run load-2", beside=("held-1",)),
        ):
            pytest.fail("two beside one fault disturb each other")


def test_a_run_that_is_no_held_fault_lets_nobody_through(tmp_path: Path) -> None:
    box = place(tmp_path)
    with hold(box, "run one"), pytest.raises(Held), hold(box, "run two", beside=("one",)):
        pytest.fail("both have it")


def test_nothing_begins_while_a_run_beside_outlives_the_fault(tmp_path: Path) -> None:
    box = place(tmp_path)
    held = hold(box, "run held-1", shares=True)
    held.__enter__()
    with hold(box, "run load-1", beside=("held-1",)):
        held.__exit__(None, None, None)
        with pytest.raises(Held, match="run load-1"), hold(box, "run x"):
            pytest.fail("it was let through")
        assert "run load-1" in str(holder(box))
