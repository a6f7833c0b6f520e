"""A fault of a link counts only while requests through the link show it, with its size."""

import asyncio
import re
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from nfrcheck.deployments import CONTROLS
from nfrcheck.experiments.faults import FAULTS, Armed, LinkPart
from nfrcheck.run import links
from nfrcheck.run.guard_client import Arming, GuardianClient
from nfrcheck.run.healing import Healed
from nfrcheck.run.links import LinkWatch
from nfrcheck.run.stop import Stop, Stopped
from tests.experiments.children import Server, running_server
from tests.victims.site import Town
from tests.victims.small_proxy import Lie, SmallProxy, small_proxy

pytestmark = [pytest.mark.usefixtures("state"), pytest.mark.slow]

WITHIN_S = 0.6
LATENCY = {"link": "legacy", "latency": "300 ms"}


def town(control: dict[str, Any]) -> Town:
    part = LinkPart(name="legacy", control=CONTROLS["toxiproxy"].model_validate(control))
    return Town(links={"legacy": part}, lasting_s=1.0)


def arm(control: dict[str, Any], kind: str = "link-latency", **keys: str) -> Armed:
    return FAULTS[kind].model_validate(LATENCY | keys).arm(town(control))


Story = Callable[[SmallProxy, Server], Coroutine[Any, Any, None]]


def tell(story: Story, lie: Lie | None = None) -> None:
    with running_server() as server:
        address = ("127.0.0.1", int(server.server_address[1]))
        with small_proxy(address, lie) as proxy:
            asyncio.run(story(proxy, server))


async def proven(armed: Armed, within_s: float = WITHIN_S) -> str | None:
    """What is missing of the proof."""
    watch = LinkWatch()
    assert await watch.calm([armed]) is None
    await armed.inject()
    return await watch.wait(armed, within_s, Stop())


def test_a_fault_is_seen_with_its_size() -> None:
    async def story(proxy: SmallProxy, _server: Server) -> None:
        assert await proven(arm(proxy.control()), within_s=5.0) is None

    tell(story)


@pytest.mark.parametrize(
    ("lie", "at_least", "at_most"),
    [
        pytest.param(Lie(times=0), 0, 60, id="does-nothing"),
        pytest.param(Lie(times=0.5), 145, 250, id="half-of-it"),
        pytest.param(Lie(times=1.5), 445, 600, id="more-than-that"),
        pytest.param(Lie(starts_s=30), 0, 60, id="starts-late"),
    ],
)
def test_a_control_that_lies_proves_nothing(lie: Lie, at_least: int, at_most: int) -> None:
    async def story(proxy: SmallProxy, _server: Server) -> None:
        unseen = await proven(arm(proxy.control()))

        assert proxy.toxics, "it was brought in, and read back"
        found = re.fullmatch(
            r"link legacy was to be slower by 300 ms: its answers came (\d+) ms later than before, "
            r"1 s after the command",
            str(unseen),
        )
        assert found is not None, unseen
        assert at_least <= int(found[1]) <= at_most

    tell(story, lie)


def test_a_fault_that_begins_late_proves_nothing() -> None:
    async def story(proxy: SmallProxy, _server: Server) -> None:
        armed, watch = arm(proxy.control()), LinkWatch()
        assert await watch.calm([armed]) is None
        await armed.inject()

        unseen = await watch.wait(armed, 5.0, Stop())

        assert re.fullmatch(
            r"link legacy was hurt late, more than [23]\.\d s after the command", str(unseen)
        ), unseen

    tell(story, Lie(starts_s=3))


def test_a_fault_on_another_link_is_not_seen() -> None:
    """The deployment says where the clients connect, and that is not this proxy."""

    async def story(proxy: SmallProxy, server: Server) -> None:
        elsewhere = f"127.0.0.1:{server.server_address[1]}"
        unseen = await proven(arm(proxy.control(listen=elsewhere)))

        assert proxy.toxics, "it was brought in, and read back"
        assert unseen is not None
        assert "ms later than before" in unseen

    tell(story)


def test_a_fault_that_ends_early_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "AGAIN_S", 0.2)

    async def story(proxy: SmallProxy, _server: Server) -> None:
        armed, watch, stop = arm(proxy.control()), LinkWatch(), Stop()
        assert await watch.calm([armed]) is None
        await armed.inject()
        assert await watch.wait(armed, 5.0, stop) is None
        asyncio.get_running_loop().call_later(0.5, proxy.end)
        began = asyncio.get_running_loop().time()

        gone = await watch.hold([armed], 30, stop)

        assert asyncio.get_running_loop().time() - began < 10
        assert gone is not None
        assert "before the end of its hold: link legacy was to be slower by 300 ms" in gone

    tell(story)


def test_whoever_asks_to_stop_does_not_wait_for_a_slow_answer() -> None:
    async def story(proxy: SmallProxy, _server: Server) -> None:
        armed, watch, stop = arm(proxy.control(), latency="5 s"), LinkWatch(), Stop()
        assert await watch.calm([armed]) is None
        await armed.inject()
        loop = asyncio.get_running_loop()
        loop.call_later(0.3, stop.ask, "interrupted", "Ctrl-C")
        began = loop.time()

        with pytest.raises(Stopped):
            await watch.wait(armed, WITHIN_S, stop)

        assert loop.time() - began < 2

    tell(story)


def test_a_link_that_is_slow_by_itself_is_well_when_it_is_as_before() -> None:
    """Healing is compared to what was seen before the fault, not to a fixed number."""

    async def story(proxy: SmallProxy, server: Server) -> None:
        def slow(_asked: object) -> tuple[int, dict[str, str], bytes]:
            time.sleep(0.4)
            return 200, {}, b"{}"

        server.answer = slow
        healed, _late = await _healed(arm(proxy.control()))
        assert (healed.verified, healed.because) == (True, None)

    tell(story)


async def _healed(armed: Armed, limit_s: float = 1.0) -> tuple[Healed, str | None]:
    """How it went, and why that was too late."""
    watch, guardian = LinkWatch(), await GuardianClient.start("run-1", deployment="test")
    assert await watch.calm([armed]) is None
    await guardian.arm(Arming(id="d.1", undo=armed.undo, verify=watch.verify(armed), deadline_s=5))
    await armed.inject()
    assert await watch.wait(armed, 5.0, Stop()) is None
    healed = await guardian.heal("d.1")
    await guardian.close()
    return healed, watch.late(healed.seconds, armed, limit_s)


def test_healing_is_not_verified_while_the_fault_stays_and_is_called_late() -> None:
    async def story(proxy: SmallProxy, _server: Server) -> None:
        healed, late = await _healed(arm(proxy.control()))

        assert healed.verified
        assert healed.seconds >= 4, "it was asked until it was gone"
        assert late is not None
        assert "it left late" in late

    tell(story, Lie(stays_s=4))


def test_healing_in_time_is_not_late() -> None:
    async def story(proxy: SmallProxy, _server: Server) -> None:
        _healing, late = await _healed(arm(proxy.control()), limit_s=2.0)
        assert late is None

    tell(story)


@pytest.mark.parametrize("failing", [[], [503], [500, 500]], ids=["at-once", "after-one", "two"])
def test_an_answer_that_says_failed_is_tried_again_until_it_is_gone(failing: list[int]) -> None:
    """Toxiproxy answers 503 to what it did all the same; the second time it is gone: 404."""

    async def story(proxy: SmallProxy, _server: Server) -> None:
        armed, watch = arm(proxy.control()), LinkWatch()
        guardian = await GuardianClient.start("run-1", deployment="test")
        assert await watch.calm([armed]) is None
        arming = Arming(id="d.1", undo=armed.undo, verify=watch.verify(armed), deadline_s=5)
        await guardian.arm(arming)
        await armed.inject()
        proxy.failing = list(failing)

        healed = await guardian.heal("d.1")

        assert (healed.ok, healed.verified) == (True, True)
        assert proxy.toxics == {}
        await guardian.close()

    tell(story)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        pytest.param(None, "closed without an answer", id="no-answer"),
        pytest.param((503, {}, b""), "status 503", id="unwell"),
    ],
)
def test_a_link_that_is_unwell_before_shows_no_fault(answer: Any, words: str) -> None:
    async def story(proxy: SmallProxy, server: Server) -> None:
        server.answer = lambda _asked: answer
        armed = arm(proxy.control(verify=f"GET {server.url}/"))

        unwell = await LinkWatch().calm([armed])

        assert unwell is not None
        assert "link legacy was unwell before the fault" in unwell
        assert words in unwell
        assert "POST" not in " ".join(proxy.asked)

    tell(story)


def test_a_bandwidth_that_nobody_could_notice_is_not_brought_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(links, "CALM_S", 0.5)

    async def story(proxy: SmallProxy, server: Server) -> None:
        def slow(_asked: object) -> tuple[int, dict[str, str], bytes]:
            time.sleep(0.02)
            return 200, {}, b"{}"

        server.answer = slow
        armed = FAULTS["link-bandwidth"].model_validate({"link": "legacy", "bandwidth": "1 MB/s"})
        unwell = await LinkWatch().calm([armed.arm(town(proxy.control()))])

        assert unwell is not None
        assert "its `verify` needs a longer answer" in unwell

    tell(story)
