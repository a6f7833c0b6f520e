"""An outage that is seen fails the target while the run goes on, and both its ends are named."""

from pathlib import Path

import pytest

from tests.run.going_out import (
    NEAR_S,
    TARGETS,
    ends,
    errors,
    frozen,
    killed,
    server_process,
    told_in_time,
)
from tests.run.whole import Shop, Start, has_failed, quiet

pytestmark = pytest.mark.whole


def test_errors_for_a_while_fail_the_run_at_once_and_both_ends_are_named(
    shop: Shop, start: Start
) -> None:
    run = start(quiet(9, targets=TARGETS), shop.deployment())

    began, over = errors(run, shop, after_s=3, seconds=3)

    assert has_failed(run)
    if run.target()["verdict"] != "fail":
        return  # the machine was too busy to tell
    assert told_in_time(run, began)
    first, last = ends(run.target()["because"])
    assert first == pytest.approx(began, abs=NEAR_S)
    assert last == pytest.approx(over, abs=NEAR_S)


def test_a_server_that_dies_for_good_ends_a_run_that_waits_for_a_decision(
    tmp_path: Path, start: Start
) -> None:
    with server_process(tmp_path) as (pid, deployment):
        text = quiet(targets=TARGETS).replace(
            "steady: 2 s", "steady: {until: decided, at_most: 5 min}"
        )
        # 50 % is decided long before it dies; no run of this length can decide the other one.
        run = start(text.replace("at_least: 50 %", "at_least: 99.999 %"), deployment)

        began = killed(run, pid, after_s=3)

        assert has_failed(run)
    if run.target()["verdict"] != "fail":
        return  # the machine was too busy to tell
    assert told_in_time(run, began)
    assert run.run_json()["seconds"] < began + 15, "not the five minutes that it had"
    first, last = ends(run.target()["because"])
    assert first == pytest.approx(began, abs=NEAR_S)
    assert last is None


@pytest.mark.slow
def test_a_server_that_freezes_fails_its_latency(tmp_path: Path, start: Start) -> None:
    with server_process(tmp_path) as (pid, deployment):
        run = start(quiet(8, targets="{latency: {p99: < 200 ms}}"), deployment)

        began = frozen(run, pid, after_s=2, seconds=3)

        assert run.end() in {1, 4}
    found = run.target("latency")
    if found["verdict"] != "invalid":  # the machine was too busy to tell
        assert "one stall of" in found["because"]
        first, last = ends(found["because"])
        assert first == pytest.approx(began, abs=NEAR_S)
        assert last == pytest.approx(began + 3, abs=NEAR_S)
