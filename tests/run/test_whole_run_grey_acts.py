"""A region of the box only reads, or shows a certificate that ran out; afterwards it is well."""

import os
import signal
from datetime import UTC, datetime

import pytest

from tests.box.running_box import RunningBox, expired, takes_orders, wait_until, whole
from tests.run.kill_drill import check, is_back
from tests.run.whole import Start, WholeRun, drill

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

TARGET = "{grey-region: {drill: lose, leaves_within: 2 s}}"
PRODUCT = "/web/v1/products/sku-1"
BROWSE = f"{{browse: {{get: {PRODUCT}}}}}"
SHOP = (
    f"{{browse: {{weight: 7, get: {PRODUCT}}}, order: {{weight: 1, as: alice, "
    "post: /web/v1/orders, json: {sku: sku-1, quantity: 1}, expect: {status: 201}}}"
)
PARTS = {"read-only": "store-b", "expired-cert": "gw-b"}


def grey(mode: str) -> str:
    return f"kind: region-grey, region: b, mode: {mode}"


def scenario(mode: str) -> str:
    return drill(f"{{{grey(mode)}}}", TARGET, path=PRODUCT, hold_s=4).replace(BROWSE, SHOP)


def started(start: Start, box: RunningBox, mode: str) -> WholeRun:
    wait_until(lambda: whole(box, "b"), 10)
    deployment = box.folder / "box.deployment.yaml"
    return start(scenario(mode), deployment, BOX_ALICE_TOKEN=box.token)


@pytest.mark.parametrize(
    ("mode", "codes", "verdicts"),
    [
        # Its reads are good, so that no errors come in a row: the router of the box keeps it.
        pytest.param("read-only", {1, 3, 4}, {"fail", "inconclusive", "invalid"}, id="read-only"),
        pytest.param(
            "expired-cert", {0, 3, 4}, {"pass", "inconclusive", "invalid"}, id="expired-cert"
        ),
    ],
)
def test_it_is_proven_and_gone_afterwards(
    mode: str, codes: set[int], verdicts: set[str], start: Start, box: RunningBox
) -> None:
    run = started(start, box, mode)

    run.at("confirmed")
    assert (not takes_orders(box, box.b)) if mode == "read-only" else expired(box, box.b)
    assert run.end() in codes, run.words()

    (confirmed,) = run.events("fault", state="confirmed")
    assert confirmed["where"] == {"region": "b", "mode": mode}
    assert confirmed["touched"] == f"{mode} component {PARTS[mode]}"
    assert run.events("fault", state="verified")
    assert run.target("grey-region")["verdict"] in verdicts
    assert run.run_json()["restored"]
    assert run.ledger().closed
    assert is_back(box)
    assert run.left_nothing_behind()


@pytest.mark.parametrize("mode", PARTS)
def test_it_is_undone_when_the_controller_is_killed(
    mode: str, start: Start, box: RunningBox
) -> None:
    run = started(start, box, mode)
    run.at("confirmed")

    killed_at = datetime.now(UTC)
    run.signal(signal.SIGKILL)

    assert check(run, box, killed_at).startswith("healing began")


@pytest.mark.parametrize("mode", PARTS)
def test_what_nobody_undid_is_told_refuses_the_next_run_and_is_put_back(
    mode: str, start: Start, box: RunningBox
) -> None:
    run = started(start, box, mode)
    run.at("confirmed")
    run.signal(signal.SIGSTOP)
    os.kill(run.pid("guardian.py"), signal.SIGKILL)
    run.kill_group()
    run.all_gone()
    assert not is_back(box)

    told = run.nfrcheck("doctor")
    assert told.returncode == 6
    assert f"put back {mode} component {PARTS[mode]}" in told.stdout
    assert run.again().returncode == 8

    assert run.nfrcheck("restore", "--yes").returncode == 0
    assert is_back(box)


@pytest.mark.parametrize("mode", PARTS)
def test_what_is_in_no_ledger_refuses_a_run_and_is_found_by_a_scan(
    mode: str, start: Start, box: RunningBox
) -> None:
    wait_until(lambda: whole(box, "b"), 10)
    deployment = box.folder / "box.deployment.yaml"
    box.act(f"components/{PARTS[mode]}/{mode}")

    run = start(scenario(mode), deployment, BOX_ALICE_TOKEN=box.token)

    assert run.end() == 8
    assert f"component {PARTS[mode]} is not well" in run.words()
    seen = run.nfrcheck("restore", "--scan", "--list", "-d", deployment)
    assert seen.returncode == 6
    assert f"put back component {PARTS[mode]}: curl -X POST" in seen.stdout
    ended = run.nfrcheck("restore", "--scan", "--yes", "-d", deployment)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert is_back(box)
