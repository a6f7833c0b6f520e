"""What every fault keeps: arming changes nothing, a crash inside heals, armed twice heals twice."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from nfrcheck.deployments import CONTROLS, ActFailed
from nfrcheck.experiments.faults import FAULTS, Armed, LinkPart
from nfrcheck.run.guard_client import Arming, GuardianClient
from nfrcheck.run.ledger import open_ledgers
from nfrcheck.run.undo import confirm
from tests.experiments.children import running_server
from tests.victims.fault_proxies import FaultProxy, fault_proxy
from tests.victims.fixtures import Operations, Victim
from tests.victims.site import Town, component, entry

pytestmark = pytest.mark.usefixtures("state")

VERBS = ("kill", "restore", "pause", "resume", "drain", "undrain", "restart")
EVERY_FAULT = pytest.mark.parametrize("kind", FAULTS)
KEYS = {
    "link-latency": {"latency": "100 ms", "jitter": "10 ms"},
    "link-bandwidth": {"bandwidth": "10 kB/s"},
    "link-stall": {"stall": "100 ms", "share": "50 %"},
    "region-grey": {"mode": "slow", "latency": "100 ms"},
    "component-scale": {"replicas": "3"},
    "component-deploy": {"version": "v2"},
    "component-act": {"act": "freeze"},
    "chaos-toolkit": {"experiment": "lost-store.json"},
}


@dataclass(frozen=True, slots=True)
class Place:
    """What a fault is done to, and what became of it."""

    site: Town
    hurt: Callable[[], bool]
    changes: Callable[[], list[str]]
    """All that was done to it so far, or what is in place now."""


@pytest.fixture(scope="module")
def proxy() -> Iterator[FaultProxy]:
    with running_server() as server, fault_proxy(server.url.removeprefix("http://")) as running:
        yield running


@pytest.fixture
def place(
    kind: str,
    operations: Operations,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Place:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lost-store.json").write_text(json.dumps(lost_store(operations)), "utf-8")
    if kind.startswith("link") or kind in {"region-isolate", "region-grey"}:
        return _links(request.getfixturevalue("proxy"))
    return Place(town(operations), lambda: operations.changed, lambda: list(operations.log))


def _links(proxy: FaultProxy) -> Place:
    control = CONTROLS["toxiproxy"].model_validate(proxy.control)
    part = LinkPart(name="legacy", control=control, joins=("a", "b"))
    site = Town(regions={"a": None, "b": None}, links={"legacy": part}, lasting_s=5)
    return Place(site, proxy.is_hurt, lambda: [one.name for one in proxy.told.toxics])


def town(operations: Operations) -> Town:
    """Region b: a gateway, and a store behind it, each with its own way in."""
    controls = {
        part: CONTROLS["http"].model_validate(
            operations.control(part, *VERBS, **operations.changing(part))
        )
        for part in ("gateway", "store")
    }
    gateway = entry("gateway", operations.url, "b", path="/gateway")
    store = entry("store", operations.url, "b", path="/store")
    return Town(
        regions={"b": None},
        components={
            **component("gateway", controls["gateway"], region="b", by="gateway"),
            **component("store", controls["store"], region="b", by="store"),
        },
        entries={**gateway, **store},
        addresses={"127.0.0.1": "127.0.0.1"},
        confirm=("store",),
    )


def lost_store(operations: Operations) -> dict[str, Any]:
    """An experiment of Chaos Toolkit that asks as the controls do."""

    def ask(verb: str) -> dict[str, Any]:
        step = operations.step(verb, "store")
        provider = {"type": "http", "method": "POST", "url": step["url"]}
        return {"type": "action", "name": verb, "provider": provider}

    lists = {"method": [ask("kill")], "rollbacks": [ask("restore")]}
    return {"title": "the store is lost", "description": "as a whole", **lists}


def arm(kind: str, site: Town) -> Armed:
    part = kind.partition("-")[0]
    name = {"region": "b", "component": "store", "link": "legacy"}.get(part)
    named = {} if name is None else {part: name}
    armed = FAULTS[kind].model_validate(named | KEYS.get(kind, {})).arm(site)
    # What it is to be put back to is read at the last moment.
    armed = asyncio.run(armed.ready()) if armed.looks else armed
    return armed.kept_in(Path(), "drill.1")


def arming(armed: Armed, number: int = 1) -> Arming:
    return Arming(
        id=f"drill.{number}",
        undo=armed.undo,
        verify=armed.verify,
        note=armed.note,
        deadline_s=armed.deadline_s,
    )


def tell(story: Callable[[GuardianClient], Awaitable[None]]) -> int | None:
    """The guardian's exit code, after a controller that just ends."""

    async def run() -> int | None:
        guardian = await GuardianClient.start("run-1", deployment="test")
        try:
            await story(guardian)
        finally:
            code = await guardian.let_go()
        return code

    return asyncio.run(run())


@EVERY_FAULT
def test_arming_changes_nothing(kind: str, place: Place) -> None:
    armed = arm(kind, place.site)

    assert armed.injections
    assert not place.hurt()
    assert place.changes() == []


@pytest.mark.sampled
@EVERY_FAULT
def test_a_crash_inside_still_heals(kind: str, place: Place) -> None:
    armed = arm(kind, place.site)

    async def crash(guardian: GuardianClient) -> None:
        await guardian.arm(arming(armed))
        await armed.inject()
        assert place.hurt() or kind == "component-restart"
        raise RuntimeError("our own bug")

    with pytest.raises(RuntimeError):
        tell(crash)

    assert not place.hurt()
    assert open_ledgers() == []
    assert all(confirm(check).ok for check in armed.verify)


@pytest.mark.sampled
@EVERY_FAULT
def test_armed_twice_heals_twice(kind: str, place: Place) -> None:
    armed = arm(kind, place.site)
    undone = []

    async def twice(guardian: GuardianClient) -> None:
        for number in (1, 2):
            again = armed.kept_in(Path(), f"drill.{number}")
            await guardian.arm(arming(again, number))
            await again.inject()
            before = len(place.changes())
            assert (await guardian.heal(f"drill.{number}")).verified
            undone.append(place.changes()[before:])
            assert not place.hurt()

    assert tell(twice) == 0
    assert undone[0] == undone[1]
    assert undone[0] or place.site.links, "a link that was healed holds nothing any more"


@EVERY_FAULT
def test_what_was_never_brought_in_is_put_back_all_the_same(kind: str, place: Place) -> None:
    """The controller may die between the ledger and the command."""
    armed = arm(kind, place.site)

    async def nothing(guardian: GuardianClient) -> None:
        await guardian.arm(arming(armed))
        assert (await guardian.heal("drill.1")).verified

    assert tell(nothing) == 0
    assert not place.hurt()


def test_a_region_that_is_half_lost_is_healed_whole(operations: Operations) -> None:
    """One part refuses to be killed: the drill fails, and the other part still comes back."""
    armed = arm("region-kill", town(operations))
    operations.broken = ["kill gateway"]

    async def half(guardian: GuardianClient) -> None:
        await guardian.arm(arming(armed))
        with pytest.raises(ActFailed):
            await armed.inject()
        assert operations.down == {"store"}
        assert (await guardian.heal("drill.1")).verified

    assert tell(half) == 0
    assert not operations.down


def test_a_restart_that_went_well_is_not_followed_by_another(operations: Operations) -> None:
    site = town(operations)
    control = CONTROLS["http"].model_validate(operations.control("store", "restart"))
    site.components = component("store", control, by="store")
    armed = arm("component-restart", site)

    async def restart(guardian: GuardianClient) -> None:
        for number in (1, 2):
            await guardian.arm(arming(armed, number))
        await armed.inject()
        assert (await guardian.heal("drill.1")).verified
        assert operations.log == ["restart store"]
        operations.down.add("store")
        assert (await guardian.heal("drill.2")).verified
        assert operations.log == ["restart store"] * 2

    assert tell(restart) == 0


@pytest.mark.parametrize("kind", ["component-kill", "component-pause", "component-restart"])
def test_a_real_process_comes_back(kind: str, victim: Victim) -> None:
    control = CONTROLS["process"].model_validate(victim.control)
    site = Town(
        components=component("store", control, by="store"), entries=entry("store", victim.url)
    )

    async def drill(guardian: GuardianClient) -> None:
        for number in (1, 2):
            armed = arm(kind, site)
            await guardian.arm(arming(armed, number))
            await armed.inject()
            if kind != "component-restart":
                assert not confirm(victim.check, 0.2).ok
            healed = await guardian.heal(f"drill.{number}")
            assert (healed.verified, healed.because) == (True, None)

    assert tell(drill) == 0
    assert confirm(victim.check).ok
    assert open_ledgers() == []


def test_a_process_that_was_started_again_since_is_the_one_that_is_resumed(victim: Victim) -> None:
    control = CONTROLS["process"].model_validate(victim.control)
    site = Town(
        components=component("store", control, by="store"), entries=entry("store", victim.url)
    )
    planned = arm("component-pause", site)
    asyncio.run(control.act("restart"))

    (before,), (now,) = planned.undo, asyncio.run(planned.ready()).undo

    assert before["pid"] != now["pid"] == victim.pid
