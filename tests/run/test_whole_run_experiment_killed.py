"""What an experiment hurts on a box is seen for as long as it lasts, and is gone whoever is killed.

The same at random moments: `python -m tests.run.kill_drill --only chaos-toolkit`.
"""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.box.running_box import RunningBox
from tests.run import box_experiments
from tests.run.kill_drill import BOTH, FAULTS, RESTORE_S, check, is_back, kill, on_box, restored

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("victim", ["controller", BOTH])
@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(box_experiments.LOST, id="lost-gateway"),
        pytest.param(box_experiments.SLOW, id="slow-store"),
    ],
)
def test_an_experiment_on_the_box_is_rolled_back_when_the_controller_is_killed(
    fault: str, victim: str, tmp_path: Path, box: RunningBox
) -> None:
    assert fault in FAULTS, "the drill at random moments has it as well"
    run = on_box(tmp_path, box, fault)
    try:
        run.at("confirmed")
        assert not is_back(box), "it hurts something that would stay"

        killed_at = datetime.now(UTC)
        kill(run, victim)

        if victim == BOTH:
            restored(run)
        check(run, box, killed_at, RESTORE_S)
    finally:
        run.over()


def test_a_kill_drill_of_no_fault_at_all_is_a_mistake() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "tests.run.kill_drill", "--only", "chaos-tolkit"],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert told.returncode == 2
    assert "no fault has `chaos-tolkit` in its line" in told.stderr
