"""The controller may inject only what the guardian holds, and learns at once when it is lost."""

import asyncio
import os
import signal
import statistics
import time
from pathlib import Path

import pytest

from nfrcheck.errors import NotRestored, Refused
from nfrcheck.run.guard_client import Arming, GuardianClient, GuardianLost
from nfrcheck.run.ledger import ledger_path, open_ledgers, read
from nfrcheck.run.restore import restore
from tests.run.stories import tell
from tests.victims.fixtures import Operations

pytestmark = [pytest.mark.usefixtures("state"), pytest.mark.slow]


def arming(operations: Operations, part: str = "a", id_: str = "kill.1") -> Arming:
    return Arming(
        id=id_,
        undo=[operations.step("restore", part)],
        verify=[operations.check(part)],
        note=f"restore {part}",
        deadline_s=1,
    )


def test_a_ci_runner_that_clears_up_after_a_job_does_not_find_the_guardian(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Runners kill every process that still has their mark in its environment."""
    for mark in ("RUNNER_TRACKING_ID", "JENKINS_NODE_COOKIE"):
        monkeypatch.setenv(mark, "of-this-job")
    monkeypatch.setenv("BUILD_ID", "17")
    monkeypatch.setenv("A_TOKEN", "kept")

    async def story(guardian: GuardianClient) -> None:
        environment = environment_of(guardian.pid)
        assert "of-this-job" not in environment
        assert "\0BUILD_ID=" not in f"\0{environment}"
        assert "A_TOKEN=kept" in environment
        await guardian.close()

    tell(story)


def environment_of(pid: int) -> str:
    return Path(f"/proc/{pid}/environ").read_text("utf-8")


def test_a_fault_is_healed_verified_and_the_ledger_closed(operations: Operations) -> None:
    async def story(guardian: GuardianClient) -> None:
        await guardian.arm(arming(operations))
        operations.down.add("a")
        healed = await guardian.heal("kill.1")
        assert (healed.ok, healed.verified, healed.because) == (True, True, None)
        assert await guardian.close() == []

    tell(story)

    assert not operations.down
    assert read(ledger_path("run-1")).closed


def test_the_undo_is_on_disk_when_arm_returns(operations: Operations) -> None:
    async def story(guardian: GuardianClient) -> None:
        wanted = arming(operations)
        await guardian.arm(wanted)
        (entry,) = read(guardian.ledger).open_entries
        assert list(entry.undo) == wanted.undo
        assert list(entry.verify) == wanted.verify

    tell(story)


def test_arming_takes_milliseconds(operations: Operations) -> None:
    seconds = []

    async def story(guardian: GuardianClient) -> None:
        for number in range(20):
            check = {"kind": "tcp", "host": "127.0.0.1", "port": operations.port}
            undo = operations.step("restore", "a")
            began = time.monotonic()
            await guardian.arm(Arming(id=f"kill.{number}", undo=[undo], verify=[check]))
            seconds.append(time.monotonic() - began)

    tell(story)

    assert statistics.median(seconds) < 0.05


def test_close_heals_what_is_still_armed(operations: Operations) -> None:
    async def story(guardian: GuardianClient) -> None:
        await guardian.arm(arming(operations))
        operations.down.add("a")
        assert await guardian.close() == []

    tell(story)

    assert not operations.down


def test_what_does_not_heal_stays_open_and_is_named(operations: Operations) -> None:
    operations.broken = ["restore a"] * 100

    async def story(guardian: GuardianClient) -> None:
        undo = [operations.step("restore", "a") | {"within_s": 0.1}]
        check = operations.check("a")
        await guardian.arm(Arming(id="kill.1", undo=undo, verify=[check], deadline_s=0.1))
        healed = await guardian.heal("kill.1")
        assert (healed.ok, healed.verified) == (False, False)
        assert "status 500" in str(healed.because)
        assert await guardian.close() == ["kill.1"]

    tell(story)

    assert [record.run for record in open_ledgers()] == ["run-1"]


def test_one_that_was_refused_is_not_armed(operations: Operations) -> None:
    async def story(guardian: GuardianClient) -> None:
        await guardian.arm(arming(operations))
        with pytest.raises(Refused, match="armed before"):
            await guardian.arm(arming(operations))
        with pytest.raises(Refused, match="nothing would put it back"):
            await guardian.arm(Arming(id="x", undo=[], verify=[operations.check("a")]))
        # A refusal is no loss: the guardian goes on.
        await guardian.arm(arming(operations, id_="kill.2"))

    tell(story)


def test_a_run_does_not_start_on_a_ledger_that_exists(operations: Operations) -> None:
    tell(lambda guardian: guardian.arm(arming(operations)))

    with pytest.raises(Refused, match="exists"):
        tell(lambda guardian: guardian.arm(arming(operations)))


def test_nothing_can_be_armed_once_the_guardian_is_dead(operations: Operations) -> None:
    async def story(guardian: GuardianClient) -> None:
        await guardian.arm(arming(operations))
        watch = asyncio.create_task(guardian.wait_lost())
        os.kill(guardian.pid, signal.SIGKILL)
        assert "status -9" in await watch
        assert not guardian.alive
        with pytest.raises(GuardianLost, match="guardian is gone") as caught:
            await guardian.arm(arming(operations, id_="kill.2"))
        assert isinstance(caught.value, NotRestored)
        assert str(guardian.ledger) in str(caught.value.remedy)

    operations.down.add("a")
    tell(story)

    # Its lock died with it: what it held can be put back from the ledger.
    assert restore(ledger_path("run-1")).closed
    assert not operations.down


def test_a_guardian_that_hangs_is_lost_and_heals_later(
    operations: Operations, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(guardian: GuardianClient) -> None:
        await guardian.arm(arming(operations))
        monkeypatch.setattr("nfrcheck.run.guard_client._ANSWER_S", 0.2)
        os.kill(guardian.pid, signal.SIGSTOP)
        with pytest.raises(GuardianLost, match=r"did not answer to arm in 0\.2 s"):
            await guardian.arm(arming(operations, id_="kill.2"))
        os.kill(guardian.pid, signal.SIGCONT)
        # It lives, but what it did with the order is not known: it stays lost.
        with pytest.raises(GuardianLost):
            await guardian.arm(arming(operations, id_="kill.3"))
        assert await guardian.let_go() == 0

    operations.down.add("a")
    tell(story)

    assert not operations.down


def test_a_guardian_that_was_stopped_does_not_keep_its_ledger_from_those_who_heal(
    operations: Operations, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nfrcheck.run.guard_client._HEAL_GRACE_S", 0.1)

    async def story(guardian: GuardianClient) -> None:
        brief = {"within_s": 0.5}
        undo = [operations.step("restore", "a") | brief]
        verify = [operations.check("a") | brief]
        await guardian.arm(Arming(id="kill.1", undo=undo, verify=verify, deadline_s=0.1))
        os.kill(guardian.pid, signal.SIGSTOP)
        with pytest.raises(GuardianLost, match="did not answer to close"):
            await guardian.close()
        assert restore(ledger_path("run-1")).closed

    operations.down.add("a")
    tell(story)

    assert not operations.down


def test_whoever_watches_is_told_of_a_guardian_that_was_stopped(
    operations: Operations, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nfrcheck.run.guard_client._LOOK_S", 0.05)

    async def story(guardian: GuardianClient) -> None:
        await guardian.arm(arming(operations))
        watch = asyncio.create_task(guardian.wait_lost())
        await asyncio.sleep(0)
        os.kill(guardian.pid, signal.SIGSTOP)
        with pytest.raises(GuardianLost, match="was stopped"):
            await asyncio.wait_for(guardian.hold(60), 10)
        assert "was stopped" in await watch
        with pytest.raises(GuardianLost, match="was stopped"):
            await guardian.close()
        assert restore(ledger_path("run-1")).closed

    operations.down.add("a")
    tell(story)

    assert not operations.down


def test_an_answer_that_nobody_waited_for_is_not_taken_for_the_next(
    operations: Operations,
) -> None:
    async def story(guardian: GuardianClient) -> None:
        os.kill(guardian.pid, signal.SIGSTOP)
        impatient = asyncio.create_task(guardian.arm(arming(operations, id_="kill.1")))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        impatient.cancel()
        os.kill(guardian.pid, signal.SIGCONT)
        await guardian.arm(arming(operations, id_="kill.2"))
        assert (await guardian.heal("kill.2")).verified

    tell(story)


def test_it_holds_no_descriptor_of_the_controller() -> None:
    ours, its = os.pipe()
    os.set_inheritable(its, True)

    async def story(guardian: GuardianClient) -> None:
        assert descriptor(os.getpid(), its) not in descriptors(guardian.pid)

    tell(story)
    os.close(ours)
    os.close(its)


def descriptors(pid: int) -> set[Path]:
    return {entry.readlink() for entry in Path(f"/proc/{pid}/fd").iterdir()}


def descriptor(pid: int, number: int) -> Path:
    return Path(f"/proc/{pid}/fd/{number}").readlink()


def test_it_runs_in_a_session_of_its_own() -> None:
    async def story(guardian: GuardianClient) -> None:
        assert os.getsid(guardian.pid) == guardian.pid

    tell(story)
