"""No fault outlives its run: whoever is killed, and whenever, the region is back and it is known.

The same at random moments: `python -m tests.run.kill_drill`.
"""

import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.box.running_box import RunningBox, wait_until
from tests.run.kill_drill import (
    HEALING_WITHIN_S,
    RESTORE_S,
    check,
    healing_delay,
    is_back,
    kill,
    on_box,
)
from tests.run.whole import WholeRun


@pytest.fixture
def lose_b(tmp_path: Path, box: RunningBox) -> Iterator[WholeRun]:
    """A run that loses region b."""
    run = on_box(tmp_path, box)
    yield run
    run.over()


@pytest.mark.parametrize(
    ("moment", "victim"),
    [
        pytest.param("baseline", "controller", id="before-arming"),
        pytest.param("armed", "process-group", id="armed-whole-group"),
        pytest.param("commanded", "controller", id="injected"),
        pytest.param("confirmed", "process-group", id="hold-whole-group"),
        pytest.param("healing", "controller", id="healing", marks=pytest.mark.slow),
        pytest.param("verified", "process-group", id="settle", marks=pytest.mark.slow),
    ],
)
def test_the_region_is_back_when_the_controller_is_killed(
    moment: str, victim: str, lose_b: WholeRun, box: RunningBox
) -> None:
    lose_b.at(moment)

    killed_at = datetime.now(UTC)
    kill(lose_b, victim)

    check(lose_b, box, killed_at)
    assert moment == "baseline" or healing_delay(lose_b, killed_at) < HEALING_WITHIN_S
    listed = lose_b.nfrcheck("restore", "--list").stdout
    assert listed == "nothing is left: every ledger is closed\n"


@pytest.mark.slow
def test_a_killed_load_is_no_verdict_and_the_fault_is_healed(
    lose_b: WholeRun, box: RunningBox
) -> None:
    lose_b.at("confirmed")

    kill(lose_b, "load")

    assert lose_b.end() == 4
    assert lose_b.target()["verdict"] == "invalid"
    assert "load-shop.0 failed" in lose_b.target()["because"]
    assert lose_b.run_json()["restored"]
    assert is_back(box)
    assert lose_b.left_nothing_behind()


def test_when_the_guardian_dies_too_the_ledger_stays_open_until_it_is_restored(
    lose_b: WholeRun, box: RunningBox
) -> None:
    lose_b.at("confirmed")
    # Both at once: a controller that still ran would heal, and so would its guardian.
    lose_b.signal(signal.SIGSTOP)
    os.kill(lose_b.pid("guardian.py"), signal.SIGKILL)
    lose_b.kill_group()
    lose_b.all_gone()
    assert not is_back(box)

    refused = lose_b.again()
    restored = lose_b.nfrcheck("restore", "--yes")

    assert refused.returncode == 8
    assert lose_b.folder.name in refused.stderr
    assert "nfrcheck restore" in refused.stderr
    assert len(list(lose_b.out.glob("*/"))) == 1, "nothing was begun"
    assert restored.returncode == 0
    assert is_back(box)
    assert lose_b.ledger().closed


def test_the_run_heals_by_itself_when_only_its_guardian_is_killed(
    lose_b: WholeRun, box: RunningBox
) -> None:
    lose_b.at("confirmed")

    os.kill(lose_b.pid("guardian.py"), signal.SIGKILL)

    wait_until(lambda: is_back(box), RESTORE_S)
    assert lose_b.end() == 5
    assert "the guardian is gone, so nothing may be injected" in lose_b.words()
    assert lose_b.run_json()["restored"]
    assert lose_b.ledger().closed
    assert lose_b.left_nothing_behind()


@pytest.mark.slow
def test_the_run_heals_by_itself_when_its_guardian_is_stopped(
    lose_b: WholeRun, box: RunningBox
) -> None:
    """It lives and holds the ledger, and does nothing."""
    lose_b.at("commanded")

    os.kill(lose_b.pid("guardian.py"), signal.SIGSTOP)

    wait_until(lambda: is_back(box), RESTORE_S)
    assert lose_b.end() in {5, 6}
    assert lose_b.ledger().closed
    assert lose_b.left_nothing_behind()


@pytest.mark.slow
def test_without_its_guardian_nothing_more_is_injected(lose_b: WholeRun) -> None:
    lose_b.at("baseline")

    os.kill(lose_b.pid("guardian.py"), signal.SIGKILL)

    assert lose_b.end() == 5
    assert not lose_b.events("fault", state="commanded")
    assert lose_b.run_json()["restored"] is None
    assert lose_b.left_nothing_behind()
