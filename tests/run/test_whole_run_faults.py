"""A fault is proven to be there and proven to be gone, or the run says loudly that it is not."""

import pytest

from tests.box.running_box import RunningBox
from tests.run.whole import Shop, Start, drill


@pytest.mark.parametrize(
    ("restore", "because"),
    [
        pytest.param(
            "exit 7", "sh ended with status 7", id="restore-fails", marks=pytest.mark.slow
        ),
        pytest.param("true", "status 503", id="restore-lies"),
    ],
)
def test_a_component_that_does_not_come_back_is_code_6_until_somebody_restores_it(
    restore: str, because: str, start: Start, shop: Shop
) -> None:
    script = shop.place / "restore.sh"
    script.write_text(f"{restore}\n")
    run = start(drill(hold_s=1), shop.deployment(restore=f"sh {script}"))

    assert run.end() == 6
    found = run.run_json()
    assert (found["restored"], found["exit_code"], found["ended"]) == (False, 6, "aborted")
    assert "could not be confirmed as put back: act now" in found["sentence"]
    words = run.words()
    assert "NOT CONFIRMED AS PUT BACK" in words
    assert f"sh {script}" in words, "the command to do by hand"
    assert because in run.events("fault", state="unverified")[0]["because"]
    assert not run.ledger().closed
    assert run.left_nothing_behind()
    assert run.again().returncode == 8

    script.write_text(f"rm -f {shop.down}\n")

    assert run.nfrcheck("restore", "--yes").returncode == 0
    assert run.ledger().closed


@pytest.mark.slow
def test_what_was_not_put_back_is_the_last_fault_of_the_run(start: Start, shop: Shop) -> None:
    # All requests are answered well, but the component's own proof has been missing since.
    marked = shop.place / "was-killed"
    kill = f"touch {shop.down} {marked}"
    deployment = shop.deployment(kill=kill, verify=f"test ! -e {marked}")
    run = start(drill(hold_s=1).replace("repeat: 1", "repeat: 3"), deployment)

    assert run.end() == 6
    assert len(run.events("fault", state="commanded")) == 1


def test_a_part_that_is_unwell_before_is_not_touched(start: Start, shop: Shop) -> None:
    """Somebody else's fault may be in place there."""
    run = start(drill(), shop.deployment(verify="false"))

    assert run.end() == 8
    assert "component app is not well: false ended with status 1" in run.words()
    assert f"nfrcheck restore --scan -d {shop.place}/small.deployment.yaml" in run.words()
    assert not shop.server.asked, "nothing was sent"
    assert not run.out.exists()


def test_a_fault_without_effect_proves_nothing_and_is_healed_all_the_same(
    start: Start, shop: Shop
) -> None:
    run = start(drill(), shop.deployment(kill="true", restore=f"touch {shop.place}/restored"))

    assert run.end() == 4
    failover = run.target("failover")
    assert failover["verdict"] == "invalid"
    assert "global still answered with status 200 5 s after the command" in failover["because"]
    assert not run.events("phase", part="hold"), "nothing is held that is not there"
    assert (shop.place / "restored").exists()
    assert run.ledger().closed
    assert run.left_nothing_behind()


@pytest.mark.slow
def test_a_single_failure_of_its_own_is_not_taken_for_the_fault(start: Start, shop: Shop) -> None:
    answers = iter(range(10**9))
    plain = shop.answer
    shop.server.answer = lambda asked: (500, {}, b"") if next(answers) % 20 == 19 else plain(asked)
    run = start(drill(), shop.deployment(kill="true"))

    assert run.end() == 4
    assert not run.events("fault", state="confirmed")


@pytest.mark.slow
def test_what_was_down_before_does_not_prove_a_fault(start: Start, shop: Shop) -> None:
    shop.down.touch()
    run = start(drill(), shop.deployment(kill="true"))

    assert run.end() == 4
    because = run.target("failover")["because"]
    assert "global was unwell before the fault (status 503)" in because
    assert not run.events("fault", state="commanded"), "nothing is injected into what is down"
    assert run.run_json()["restored"] is None


@pytest.mark.slow
def test_a_control_that_fails_is_no_fault(start: Start, shop: Shop) -> None:
    run = start(drill(), shop.deployment(kill="false"))

    assert run.end() == 4
    assert run.target("failover")["verdict"] == "invalid"
    assert "false" in run.target("failover")["because"]
    assert run.run_json()["restored"]
    assert run.ledger().closed


@pytest.mark.slow
def test_a_fault_that_is_seen_and_healed_is_judged(start: Start, shop: Shop) -> None:
    run = start(drill(), shop.deployment())

    # One drill of one run on a machine that may be busy: what must hold is that it never fails.
    assert run.end() in {0, 3, 4}
    for state in ("armed", "commanded", "confirmed", "healing", "healed", "verified"):
        assert len(run.events("fault", state=state)) == 1
    assert run.run_json()["restored"]
    assert run.left_nothing_behind()


@pytest.mark.slow
def test_a_region_without_traffic_is_seen_to_be_drained(start: Start, box: RunningBox) -> None:
    """Its own entry answers as before: what shows the drain is its share of the traffic."""
    drain = drill("{kind: region-drain, region: b}", path="/web/v1/products/sku-1")
    deployment = box.folder / "box.deployment.yaml"
    run = start(
        drain.replace("baseline: 500 ms", "baseline: 2 s"), deployment, BOX_ALICE_TOKEN=box.token
    )

    assert run.end() in {0, 3, 4}
    assert run.events("fault", state="confirmed")
    assert run.run_json()["restored"]


@pytest.mark.slow
def test_a_ledger_that_others_can_change_is_refused_before_anything_is_done(
    start: Start, shop: Shop
) -> None:
    ledgers = shop.place / "state" / "ledgers"
    ledgers.mkdir(parents=True, mode=0o777)
    ledgers.chmod(0o777)
    run = start(drill(), shop.deployment())

    assert run.end() == 8
    assert "others can read or change it" in run.words()
    assert not shop.server.asked
