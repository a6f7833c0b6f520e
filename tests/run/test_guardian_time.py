"""A fault does not outlast its time, also while its controller lives and stands still."""

import asyncio
import os
import signal

import pytest

from nfrcheck.run.guard_client import Arming, GuardianClient
from nfrcheck.run.ledger import ledger_path, open_ledgers, read
from nfrcheck.run.restore import restore
from tests.box.running_box import wait_until
from tests.run.stories import tell
from tests.victims.fixtures import Operations, lines

pytestmark = [pytest.mark.usefixtures("state"), pytest.mark.slow]


def arming(operations: Operations, part: str, hold_s: float | None) -> Arming:
    return Arming(
        id=part,
        undo=[operations.step("restore", part)],
        verify=[operations.check(part)],
        deadline_s=1,
        hold_s=hold_s,
    )


def states() -> list[str]:
    return [line["state"] for line in lines(ledger_path("run-1"))]


def test_it_is_put_back_without_an_order_and_its_controller_is_told_so(
    operations: Operations,
) -> None:
    async def story(guardian: GuardianClient) -> None:
        await guardian.arm(arming(operations, "a", 0.1))
        operations.down.add("a")
        # Blocks the whole controller, as a stopped one is.
        wait_until(lambda: "lapsed" in states(), 10)
        assert not operations.down
        healed = await guardian.heal("a")
        assert (healed.ok, healed.verified, healed.overdue) == (True, True, True)
        assert "its time was over" in str(healed.because)
        assert await guardian.close() == []

    tell(story)

    assert states().index("overdue") < states().index("healing") < states().index("lapsed")
    assert read(ledger_path("run-1")).closed


def test_all_of_a_drill_are_put_back_when_the_time_of_one_is_over(operations: Operations) -> None:
    async def story(guardian: GuardianClient) -> None:
        await guardian.arm(arming(operations, "a", 0.1))
        await guardian.arm(arming(operations, "b", 60))
        wait_until(lambda: states().count("lapsed") == 2, 10)

    tell(story)

    assert operations.log[:2] == ["restore b", "restore a"]


def test_what_was_injected_after_its_time_is_put_back_all_the_same(operations: Operations) -> None:
    """A controller that was stopped between arming and injecting does not know of it yet."""

    async def story(guardian: GuardianClient) -> None:
        await guardian.arm(arming(operations, "a", 0.0))
        wait_until(lambda: "lapsed" in states(), 10)
        operations.down.add("a")
        assert "its time was over" in str(await guardian.hold(60))

    tell(story)  # ends without an order to heal

    assert not operations.down


def test_what_was_injected_late_when_nobody_is_left_keeps_the_ledger_open(
    operations: Operations,
) -> None:
    """Put back when its time was over, injected all the same, and then both are killed."""

    async def story(guardian: GuardianClient) -> None:
        await guardian.arm(arming(operations, "a", 0.0))
        wait_until(lambda: "lapsed" in states(), 10)
        os.kill(guardian.pid, signal.SIGKILL)
        operations.down.add("a")

    tell(story)

    assert [record.run for record in open_ledgers()] == ["run-1"]
    assert restore(ledger_path("run-1")).closed
    assert not operations.down


def test_what_comes_after_it_was_put_back_is_put_back_again(operations: Operations) -> None:
    """The command was under way at the other side when its controller was killed."""

    async def story(guardian: GuardianClient) -> None:
        long = operations.check("a") | {"times": 15, "within_s": 10}
        undo = [operations.step("restore", "a")]
        await guardian.arm(Arming(id="a", undo=undo, verify=[long], deadline_s=10))
        healing = asyncio.create_task(guardian.heal("a"))
        await asyncio.to_thread(wait_until, lambda: bool(operations.log), 10)
        operations.down.add("a")
        assert (await healing).verified

    tell(story)

    assert operations.log == ["restore a", "restore a"]
    assert not operations.down


def test_what_comes_when_all_was_well_again_is_put_back_all_the_same(
    operations: Operations,
) -> None:
    """Its controller is gone before it could see the fault: the command may still be under way."""

    async def story(guardian: GuardianClient) -> None:
        await guardian.arm(arming(operations, "a", None))
        gone = asyncio.create_task(guardian.let_go())
        await asyncio.to_thread(wait_until, lambda: "lapsed" in states(), 10)
        operations.down.add("a")
        assert await gone == 0

    tell(story)

    assert not operations.down
    assert read(ledger_path("run-1")).closed


def test_what_is_seen_to_hold_may_stay_longer(operations: Operations) -> None:
    async def story(guardian: GuardianClient) -> None:
        await guardian.arm(arming(operations, "a", 60))
        operations.down.add("a")
        assert await guardian.hold(0.1) is None
        wait_until(lambda: "lapsed" in states(), 10)

    tell(story)

    assert not operations.down


def test_an_order_that_comes_in_time_finds_it_in_place(operations: Operations) -> None:
    async def story(guardian: GuardianClient) -> None:
        await guardian.arm(arming(operations, "a", 0.1))
        assert await guardian.hold(60) is None
        await asyncio.sleep(0.3)  # three times the end that it had: nothing may happen meanwhile
        healed = await guardian.heal("a")
        assert (healed.verified, healed.overdue, healed.because) == (True, False, None)

    tell(story)

    assert "overdue" not in states()
