"""`doctor` during a run: one that is under way is told, and one that has died is not well."""

import os
import signal

from tests.run.whole import Shop, Start, drill


def test_a_run_that_is_under_way_is_named_and_is_no_fault_that_was_left(
    start: Start, shop: Shop
) -> None:
    run = start(drill(hold_s=60), shop.deployment())
    run.at("confirmed")

    doctor = run.nfrcheck("doctor")

    assert doctor.returncode == 0, doctor.stdout
    told = next(line for line in doctor.stdout.splitlines() if "under way" in line)
    named = f" ! run {run.folder.name} on small is under way: process {run.process.pid}, since 20"
    assert told.startswith(named)
    assert told.endswith(f", in {run.folder}")
    assert "restore" not in doctor.stdout
    run.signal(signal.SIGTERM)
    run.end()
    assert " ✓ no run has left anything behind\n" in run.nfrcheck("doctor").stdout


def test_a_run_that_died_is_bad_also_while_its_guardian_is_at_work(
    start: Start, shop: Shop
) -> None:
    run = start(drill(hold_s=60), shop.deployment())
    run.at("confirmed")
    guardian = run.pid("guardian.py")
    # It holds the ledger, and would have put all back before anybody looked.
    os.kill(guardian, signal.SIGSTOP)
    run.kill_group()
    run.process.wait()

    doctor = run.nfrcheck("doctor")

    assert doctor.returncode == 6
    has_died = f" ✗ run {run.folder.name} on small has died, and is being put back just now: "
    assert f"{has_died}component-kill: put back kill component app" in doctor.stdout
    assert "wait for its end, then nfrcheck doctor" in doctor.stdout
    os.kill(guardian, signal.SIGCONT)
    run.all_gone()
    assert run.nfrcheck("doctor").returncode == 0
