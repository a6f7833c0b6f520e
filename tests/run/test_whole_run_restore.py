"""A whole run and `restore`: neither takes the other's fault away, and a lost ledger is told."""

import os
import shutil
import signal

from tests.run.whole import Shop, Start, drill


def test_a_scan_leaves_the_fault_of_a_run_that_is_under_way(start: Start, shop: Shop) -> None:
    deployment = shop.deployment(verify=f"test ! -e {shop.down}")
    run = start(drill(hold_s=60), deployment)
    run.at("confirmed")

    refused = run.nfrcheck("restore", "--scan", "--yes", "-d", deployment)

    assert refused.returncode == 8
    assert f"small is held by run {run.folder.name}, process {run.process.pid}" in refused.stderr
    assert shop.down.exists()

    run.signal(signal.SIGTERM)
    run.end()
    after = run.nfrcheck("restore", "--scan", "-d", deployment)
    assert after.returncode == 0, after.stderr
    assert "all 1 parts of small are well" in after.stdout


def test_a_run_that_lost_its_guardian_and_its_ledger_says_so_and_ends_as_not_restored(
    start: Start, shop: Shop
) -> None:
    run = start(drill(hold_s=60), shop.deployment())
    run.at("confirmed")

    shutil.rmtree(run.state)
    os.kill(run.pid("guardian.py"), signal.SIGKILL)

    assert run.end() == 6
    assert "the guardian is gone, and its ledger cannot be used: " in run.words()
    assert run.run_json()["restored"] is False
    assert run.left_nothing_behind()
