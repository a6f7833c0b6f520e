"""Every fault of a link, brought in, seen with its size while it holds, and gone afterwards."""

import asyncio
from unittest.mock import patch

from nfrcheck.deployments import CONTROLS
from nfrcheck.experiments.faults import FAULTS, Armed, LinkPart
from nfrcheck.run import links
from nfrcheck.run.guard_client import Arming, GuardianClient
from nfrcheck.run.links import LinkWatch
from nfrcheck.run.stop import Stop
from tests.victims.fault_proxies import FaultProxy
from tests.victims.site import Town

ONE_WAY = [
    ("link-cut", {"direction": "in"}),
    ("link-cut", {"direction": "out"}),
    ("region-isolate", {"direction": "in"}),
    ("region-grey", {"mode": "one-way"}),
]
CASES = [
    ("link-latency", {"latency": "300 ms"}),
    ("link-latency", {"latency": "300 ms", "jitter": "50 ms"}),
    ("link-stall", {"stall": "400 ms"}),
    ("link-cut", {}),
    ("link-reset", {}),
    ("link-reset", {"share": "40 %"}),
    ("link-hang", {}),
    ("region-isolate", {}),
    ("region-grey", {"mode": "errors"}),
    ("region-grey", {"mode": "slow"}),
    ("region-grey", {"mode": "stalls", "stall": "400 ms"}),
]
LONGER = [
    ("link-latency", {"latency": "20 ms"}),
    ("link-bandwidth", {"bandwidth": "50 kB/s"}),
    ("link-stall", {"stall": "400 ms", "share": "20 %"}),
    ("link-hang", {"share": "40 %"}),
    ("link-slow-close", {}),
]


def named(case: tuple[str, dict[str, str]]) -> str:
    kind, keys = case
    return "-".join([kind, *keys.values()]).replace(" ", "")


def armed_on(proxy: FaultProxy, kind: str, keys: dict[str, str]) -> Armed:
    control = CONTROLS["toxiproxy"].model_validate(proxy.control)
    part = LinkPart(name="legacy", control=control, joins=("a", "b"))
    site = Town(regions={"a": None, "b": None}, links={"legacy": part}, lasting_s=2.0)
    what = {"region": "b"} if kind.startswith("region") else {"link": "legacy"}
    return FAULTS[kind].model_validate(what | keys).arm(site)


def go_through(proxy: FaultProxy, kind: str, keys: dict[str, str]) -> None:
    asyncio.run(_go_through(proxy, armed_on(proxy, kind, keys)))


async def _go_through(proxy: FaultProxy, armed: Armed) -> None:
    watch, stop = LinkWatch(), Stop()
    guardian = await GuardianClient.start("run-1", deployment="test")
    assert await watch.calm([armed]) is None
    with patch.object(links, "AGAIN_S", 0.0):
        assert await watch.still([armed], stop, light=False), "it is seen before it is there"
    await guardian.arm(Arming(id="d.1", undo=armed.undo, verify=watch.verify(armed), deadline_s=10))
    await armed.inject()
    assert await watch.wait(armed, 5.0, stop) is None
    assert await watch.hold([armed], 0.6, stop) is None
    assert proxy.is_hurt()
    healed = await guardian.heal("d.1")
    assert (healed.verified, healed.because) == (True, None)
    assert watch.late(healed.seconds, armed, 5.0) is None
    assert not proxy.is_hurt()
    assert await guardian.close() == []
