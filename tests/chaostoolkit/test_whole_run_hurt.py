"""However `chaos run` ends, what it had injected is put back; what was not seen does not count."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nfrcheck.run.ledger import Ledger, make_folder
from tests.box.running_box import PRODUCT, RunningBox, wait_until, whole
from tests.chaostoolkit.chaos import AFTER, ALWAYS, END_WITHIN_S, ChaosRun, activity, experiment
from tests.run.kill_drill import RESTORE_S, is_back
from tests.run.whole import Shop

pytestmark = pytest.mark.slow

KILL = {"kind": "component-kill", "component": "app"}
Begin = Callable[..., ChaosRun]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    begun: list[ChaosRun] = []

    def one(written: dict[str, Any]) -> ChaosRun:
        begun.append(ChaosRun.of(tmp_path, written))
        return begun[-1]

    yield one
    for run in begun:
        run.over()


def inject(fault: dict[str, str], deployment: Path, **more: Any) -> dict[str, Any]:
    arguments = {"fault": fault, "deployment": str(deployment), **more}
    return activity("action", "inject", arguments=arguments, pauses={"after": 120})


@pytest.fixture
def broken(begin: Begin, box: RunningBox) -> ChaosRun:
    """An experiment that has just lost region b of the box, and pauses for long."""
    wait_until(lambda: whole(box, "b") and is_back(box), END_WITHIN_S)
    lose = {"kind": "region-kill", "region": "b"}
    deployment = box.folder / "box.deployment.yaml"
    run = begin(experiment(inject(lose, deployment, get=PRODUCT), runtime=ALWAYS))
    wait_until(lambda: "Pausing after activity" in run.said or run.process.poll() is not None, 60)
    assert run.process.poll() is None, run.said
    assert not is_back(box)
    return run


@pytest.mark.parametrize("victim", ["process", "group"])
def test_kill_9_of_chaos_is_healed(victim: str, broken: ChaosRun, box: RunningBox) -> None:
    if victim == "group":
        os.killpg(broken.process.pid, signal.SIGKILL)
    else:
        broken.process.kill()

    wait_until(lambda: is_back(box), RESTORE_S)
    wait_until(lambda: not broken.pids(), END_WITHIN_S)
    assert not broken.open_ledgers()


def test_when_the_guardian_is_killed_as_well_restore_puts_back(
    broken: ChaosRun, box: RunningBox
) -> None:
    # All at once: each of them would heal if it saw the end of another one.
    pids = broken.pids()
    assert broken.pids(["guardian.py"])
    for number in (signal.SIGSTOP, signal.SIGKILL):
        for pid in pids:
            os.kill(pid, number)
    broken.process.wait(END_WITHIN_S)
    wait_until(lambda: not broken.pids(), END_WITHIN_S)
    assert not is_back(box)
    assert broken.open_ledgers() == 1

    done = broken.nfrcheck("restore", "--yes")

    assert done.returncode == 0, done.stdout + done.stderr
    assert is_back(box)
    assert not broken.open_ledgers()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda one: one.name)
@pytest.mark.parametrize("runtime", [{}, ALWAYS], ids=["no-rollbacks", "rollbacks"])
def test_a_signal_ends_chaos_when_all_is_put_back(
    number: signal.Signals, runtime: dict[str, Any], begin: Begin, shop: Shop
) -> None:
    run = begin(experiment(inject(KILL, shop.deployment()), runtime=runtime))
    wait_until(lambda: "Pausing after activity" in run.said, END_WITHIN_S)
    assert shop.down.exists()

    run.process.send_signal(number)

    assert run.end() == 1, run.said
    assert not shop.down.exists()
    assert not run.open_ledgers()
    assert not run.pids()
    assert run.journal()["status"] == "interrupted"


def test_a_signal_while_it_is_injected_leaves_nothing_and_is_no_proof(
    begin: Begin, shop: Shop
) -> None:
    unseen = shop.deployment(kill="true", within="20 s")
    method = inject(KILL, unseen) | {"pauses": {"after": 0}}
    run = begin(experiment(method, activity("probe", "fault_is_proven")))
    wait_until(lambda: bool(run.pids(["guardian.py"])), END_WITHIN_S)

    # chaoslib takes it for a failed action, and goes on.
    run.process.send_signal(signal.SIGTERM)

    assert run.end() == 1, run.said
    assert run.output("fault_is_proven") is False
    assert run.journal()["deviated"] is True
    assert not run.open_ledgers()
    assert not run.pids()


@pytest.mark.parametrize("asked", [True, False], ids=["hypothesis-asks", "nobody-asks"])
def test_a_fault_that_nobody_saw_deviates_if_the_hypothesis_asks(
    asked: bool, begin: Begin, shop: Shop
) -> None:
    written = experiment(inject(KILL, shop.deployment(kill="true")) | {"pauses": {"after": 0}})
    if not asked:
        written["steady-state-hypothesis"]["probes"].pop(0)
    run = begin(written)

    code = run.end()

    journal = run.journal()
    assert journal["run"][0]["status"] == "failed"
    assert "no fault was proven" in journal["run"][0]["exception"][-1]
    assert journal["status"] == "completed"
    assert (code, journal["deviated"]) == ((1, True) if asked else (0, False))
    assert not run.open_ledgers()


@pytest.mark.parametrize(
    ("runtime", "ended"),
    [
        pytest.param(AFTER, (1, True, 1), id="as-ours"),
        pytest.param({}, (0, False, 0), id="by-default-chaos-does-nothing-and-ends-with-0"),
    ],
)
def test_a_fault_of_another_run_that_is_in_place_is_no_success(
    runtime: dict[str, Any], ended: tuple[int, bool, int], begin: Begin, shop: Shop
) -> None:
    ledger = shop.place / "state" / "ledgers" / "another.ndjson"
    make_folder(ledger.parent)
    Ledger.create(ledger, run="another", deployment="small").release()
    method = inject(KILL, shop.deployment()) | {"pauses": {"after": 0}}
    run = begin(experiment(method, runtime=runtime))

    code = run.end()

    journal = run.journal()
    assert (code, journal["deviated"], len(journal["run"])) == ended
    assert not shop.down.exists()


def test_a_system_that_is_not_well_is_not_hurt_and_is_no_success(begin: Begin, shop: Shop) -> None:
    deployment = shop.deployment(kill=f"touch {shop.place}/hurt", verify="true")
    shop.down.touch()
    method = inject(KILL, deployment) | {"pauses": {"after": 0}}
    run = begin(experiment(method, runtime=AFTER))

    assert run.end() == 1, run.said

    assert "was unwell before the fault" in run.said
    assert run.journal()["deviated"] is True
    assert not (shop.place / "hurt").exists()


def test_what_cannot_be_put_back_deviates_and_names_the_remedy(begin: Begin, shop: Shop) -> None:
    method = inject(KILL, shop.deployment(restore="true")) | {"pauses": {"after": 0}}
    run = begin(experiment(method, activity("action", "heal")))

    assert run.end() == 1, run.said

    assert run.journal()["deviated"] is True
    assert "NOT CONFIRMED AS PUT BACK, run `nfrcheck restore`" in run.said
    assert run.open_ledgers() == 1


def test_the_undo_is_on_disk_before_the_fault(begin: Begin, shop: Shop) -> None:
    state = shop.place / "state"
    look = f"sh -c 'cat {state}/ledgers/*.ndjson > {shop.place}/seen; touch {shop.down}'"
    method = inject(KILL, shop.deployment(kill=look)) | {"pauses": {"after": 0}}
    run = begin(experiment(method, activity("action", "heal")))

    assert run.end() == 0, run.said

    assert '"state": "armed"' in (shop.place / "seen").read_text("utf-8")
    assert not shop.down.exists()


def test_the_deployment_says_what_may_be_injected(begin: Begin, shop: Shop) -> None:
    deployment = shop.deployment()
    text = deployment.read_text("utf-8")
    deployment.write_text(text.replace("allow: [component-kill]", "allow: [region-kill]"), "utf-8")
    run = begin(experiment(inject(KILL, deployment) | {"pauses": {"after": 0}}))

    assert run.end() == 1, run.said

    assert "`safety` does not allow the fault component-kill" in run.said
    assert not run.open_ledgers()
    assert not shop.down.exists()
