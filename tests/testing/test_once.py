"""One scenario is one run, whoever asks: items, tests, workers; and nobody waits for the dead."""

import pytest

from tests.testing.suites import Suite

pytestmark = pytest.mark.slow

SIX = {f"t{number}": {"verdict": "pass"} for number in range(6)}
MARKED = """\
import pytest

@pytest.mark.nfr("t0", "t1", scenario="shop.nfr.yaml")
def test_it(nfr):
    nfr.assert_met()
    assert nfr["t0"].measured == 0.25
    assert nfr["t0"].interval.high == 0.26
    assert nfr["t0"].samples == 4000
    assert nfr["t0"].verdict == "pass"
    assert len(nfr) == 2
"""


def test_items_and_marked_tests_share_a_run(suite: Suite) -> None:
    suite.scenario(targets=SIX)
    suite.write("test_it.py", MARKED)

    ended = suite.run("--nfr=all")

    assert "7 passed" in ended.said
    assert len(suite.runs) == 1


def test_what_is_measured_while_a_fault_is_held_stands_for_nothing_else(suite: Suite) -> None:
    suite.scenario(targets=SIX)
    lost = "@pytest.fixture\ndef lost(nfr_region):\n    with nfr_region.kill('b'):\n        yield\n"
    held = "@pytest.mark.nfr('t0', scenario='shop.nfr.yaml')\ndef test_held(lost, nfr): ...\n"
    suite.write("test_it.py", f"{MARKED}\n{lost}\n{held}")

    ended = suite.run("--nfr=all", "test_it.py")

    assert "2 passed" in ended.said, ended.said
    runs = [line for line in suite.runs if "--only" in line]
    assert ["--beside" in line for line in runs] == [False, True], suite.runs


def test_a_run_is_asked_for_all_that_was_selected(suite: Suite) -> None:
    suite.scenario(targets=SIX)
    suite.write("test_it.py", MARKED)

    suite.run("--nfr=all", "-k", "t2 or test_it")

    assert suite.runs[0].endswith("--only t0 --only t1 --only t2")
    assert len(suite.runs) == 1


def test_four_workers_make_one_run(suite: Suite) -> None:
    suite.scenario(targets=SIX, takes_s=1)

    ended = suite.run("--nfr=all", "-n", "4")

    assert "6 passed" in ended.said
    assert len(suite.runs) == 1


def test_runs_of_two_scenarios_do_not_overlap(suite: Suite) -> None:
    for name in ("a", "b"):
        suite.scenario(f"{name}.nfr.yaml", targets=SIX, takes_s=1)

    ended = suite.run("--nfr=all", "-n", "4", "--durations=0")

    assert "12 passed" in ended.said
    assert len(suite.runs) == 2


def test_when_the_worker_that_runs_it_dies_the_others_fail_with_the_reason(suite: Suite) -> None:
    suite.scenario(targets=SIX, kills_its_parent=True)

    ended = suite.run("--nfr=all", "-n", "2", "--max-worker-restart=4")

    assert ended.code == 1
    assert len(suite.runs) == 1, "it was not begun again"
    assert "6 failed" in ended.said
    assert "the test process that ran shop.nfr.yaml was ended in the middle" in ended.said
