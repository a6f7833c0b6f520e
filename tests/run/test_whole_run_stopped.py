"""Whoever stops a run, the fault is put back first, and what was seen until then is written."""

import os
import re
import signal
import time
from pathlib import Path

import pytest

from tests.experiments.children import Answer, Asked
from tests.run.whole import Shop, Start, WholeRun, drill


def long(more: str = "") -> str:
    """A drill that nobody would wait for."""
    return drill(more=more, hold_s=60, targets="{availability: {at_least: 50 %, during: run}}")


def healed_well(run: WholeRun, shop: Shop) -> bool:
    assert not shop.down.exists()
    assert run.ledger().closed
    assert [entry.state for entry in run.ledger().entries] == ["verified"]
    return run.left_nothing_behind()


def watched_s(run: WholeRun) -> float:
    """How long the recovery was watched."""
    (verified,) = run.events("fault", state="verified")
    (settled,) = run.events("phase", part="settle", state="end")
    return float(settled["t"] - verified["t"])


@pytest.mark.parametrize(
    "name",
    ["SIGINT", *(pytest.param(name, marks=pytest.mark.slow) for name in ("SIGTERM", "SIGHUP"))],
)
def test_the_first_signal_heals_watches_the_recovery_and_writes_what_was_seen(
    name: str, start: Start, shop: Shop
) -> None:
    run = start(long(), shop.deployment())
    run.at("confirmed")

    run.signal(signal.Signals[name])

    assert run.end() == 130
    found = run.run_json()
    assert (found["ended"], found["restored"], found["exit_code"]) == ("interrupted", True, 130)
    assert 0.9 < watched_s(run) < 4, "the recovery is watched for the time to settle"
    assert (run.folder / "scorecard.html").exists()
    assert healed_well(run, shop)


def test_the_recovery_is_not_watched_for_longer_than_ten_seconds_and_a_second_signal_ends_it(
    start: Start, shop: Shop
) -> None:
    run = start(long().replace("settle: 1 s", "settle: 600 s"), shop.deployment())
    run.at("confirmed")
    run.signal(signal.SIGINT)
    run.at("verified")

    run.signal(signal.SIGINT)

    assert run.end() == 130
    assert watched_s(run) < 8
    assert run.run_json()["ended"] == "interrupted"
    assert healed_well(run, shop)


def test_the_third_signal_ends_it_at_once_and_the_guardian_heals_alone(
    start: Start, shop: Shop
) -> None:
    slow = shop.place / "slow.sh"
    slow.write_text(f"sleep 4; rm -f {shop.down}\n")
    run = start(long(), shop.deployment(restore=f"sh {slow}", verify="true", within="10 s"))
    run.at("confirmed")
    run.signal(signal.SIGINT)
    run.at("healing")

    for _ in range(2):
        run.signal(signal.SIGINT)
        # Two signals that arrive together are one: the first must be taken before the second.
        time.sleep(0.5)

    assert run.process.wait(2) == 130
    assert shop.down.exists(), "it ended before the healing did"
    assert not (run.folder / "run.json").exists()
    run.all_gone()
    assert healed_well(run, shop)


@pytest.mark.slow
def test_a_signal_before_any_fault_ends_it_without_a_window(start: Start, shop: Shop) -> None:
    text = drill().replace("baseline: 500 ms", "baseline: 60 s")
    run = start(text.replace("settle: 1 s", "settle: 600 s"), shop.deployment())
    run.at("baseline")

    run.signal(signal.SIGINT)

    assert run.end() == 130
    assert not run.events("phase", part="settle"), "there is no recovery to be watched"
    assert run.run_json()["restored"] is None
    assert run.ledger().closed


@pytest.mark.slow
def test_ctrl_z_does_not_put_a_run_to_sleep_with_its_fault_in_place(
    start: Start, shop: Shop
) -> None:
    run = start(drill(), shop.deployment())
    run.at("confirmed")

    run.signal(signal.SIGTSTP)

    assert run.end() in {0, 3, 4}
    assert healed_well(run, shop)


def test_a_guard_on_errors_heals_first_and_is_named(start: Start, shop: Shop) -> None:
    guard = ", abort_if: {error_ratio: above 50 %, for: 1 s}"
    run = start(long(guard), shop.deployment())

    assert run.end() == 5
    found = run.run_json()
    assert (found["ended"], found["restored"]) == ("aborted", True)
    assert re.search(r"error_ratio was [\d.]+ %, above 50 % for 1 s", found["sentence"])
    assert healed_well(run, shop)


@pytest.mark.slow
def test_a_stop_file_heals_first_and_is_named(start: Start, shop: Shop, tmp_path: Path) -> None:
    guard = f", abort_if: {{file: {tmp_path}/stop}}"
    run = start(long(guard), shop.deployment())
    run.at("confirmed")

    (tmp_path / "stop").touch()

    assert run.end() == 5
    assert f"the stop file {tmp_path}/stop is there" in run.run_json()["sentence"]
    assert healed_well(run, shop)


@pytest.mark.slow
def test_a_stop_url_heals_first_and_is_named(start: Start, shop: Shop) -> None:
    def answer(asked: Asked) -> Answer:
        if asked.path == "/stop":
            return (200 if shop.down.exists() else 404), {}, b""
        return shop.answer(asked)

    shop.server.answer = answer
    run = start(long(f', abort_if: {{url: "{shop.server.url}/stop"}}'), shop.deployment())

    assert run.end() == 5
    assert f"the stop URL {shop.server.url}/stop says stop" in run.run_json()["sentence"]
    assert run.events("fault", state="commanded")
    assert healed_well(run, shop)


@pytest.mark.slow
def test_a_guard_that_can_see_nothing_any_more_stops_the_run(start: Start, shop: Shop) -> None:
    guard = ", abort_if: {p99: above 60 s, for: 1 s}"
    run = start(long(guard), shop.deployment())
    run.at("confirmed")

    os.kill(run.pid("loads.child"), signal.SIGKILL)

    assert run.end() == 5
    assert "p99 cannot be seen: load-shop.0 is silent" in run.run_json()["sentence"]
    assert healed_well(run, shop)


def test_the_time_limit_heals_first_and_is_named(start: Start, shop: Shop) -> None:
    run = start(long(), shop.deployment(), "--max-time", "1.5 s")

    assert run.end() == 5
    assert "the time limit of 1.5 s was reached" in run.run_json()["sentence"]
    assert run.events("fault", state="commanded")
    assert healed_well(run, shop)
