"""A link that is hurt is proven to be, is judged meanwhile, and is well again whoever dies."""

import os
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.box.running_box import RunningBox, wait_until
from tests.experiments.children import Server, running_server
from tests.run.kill_drill import HEALING_WITHIN_S, healing_delay, kill
from tests.run.whole import Start, WholeRun, drill
from tests.victims.fault_proxies import FaultProxy, fault_proxy
from tests.victims.small_proxy import Lie, SmallProxy, small_proxy

LATENCY = "{kind: link-latency, link: legacy, latency: 300 ms}"
JUDGED = "{slow: {check: latency, p50: < 900 ms, during: lose}}"


Deploy = Callable[[dict[str, Any]], Path]
"""The only entry leads to the server past the link: what is judged must not be slow."""


@pytest.fixture
def server() -> Iterator[Server]:
    with running_server() as running:
        yield running


@pytest.fixture
def deploy(tmp_path: Path, server: Server) -> Deploy:
    def write(control: dict[str, Any]) -> Path:
        path = tmp_path / "links.deployment.yaml"
        keys = ", ".join(f'{key}: "{value}"' for key, value in control.items())
        path.write_text(
            "nfrcheck: 1\n"
            f'entries: {{global: {{url: "{server.url}"}}}}\n'
            f"links: {{legacy: {{{keys}}}}}\n"
            "safety: {allow: [link-latency, link-hang], hosts: [127.0.0.1], max_rate: 500/s}\n",
            "utf-8",
        )
        return path

    return write


@pytest.fixture
def proxy(server: Server) -> Iterator[FaultProxy]:
    with fault_proxy(server.url.removeprefix("http://")) as running:
        yield running


@pytest.fixture
def small(server: Server) -> Iterator[SmallProxy]:
    with small_proxy(("127.0.0.1", int(server.server_address[1]))) as running:
        yield running


@pytest.fixture
def hurting(deploy: Deploy, proxy: FaultProxy, start: Start) -> WholeRun:
    """A run in whose drill the link is slow for long."""
    text = drill(LATENCY, JUDGED, hold_s=20)
    return start(text, deploy(proxy.control))


def test_a_slow_link_of_the_box_is_judged_while_it_is_slow(start: Start, box: RunningBox) -> None:
    fault = "{kind: link-latency, link: system-to-legacy, latency: 300 ms, jitter: 50 ms}"
    targets = (
        "{slow-legacy: {check: latency, p50: < 500 ms, during: lose}, "
        "promised: {check: latency, p50: < 200 ms, during: lose, class: advisory}}"
    )
    text = drill(fault, targets, path="/web/v1/products/sku-1", hold_s=3)
    run = start(text, box.folder / "box.deployment.yaml", BOX_ALICE_TOKEN=box.token)

    assert run.end() in {0, 3, 4}, run.words()
    for state in ("armed", "commanded", "confirmed", "healing", "healed", "verified"):
        assert len(run.events("fault", state=state)) == 1
    assert run.run_json()["restored"]
    assert run.target("slow-legacy")["measured"] > 0.25
    assert run.target("promised")["verdict"] in {"fail", "invalid"}
    assert not any(_toxics(box)), "nothing is left on any link"
    assert run.left_nothing_behind()


def _toxics(box: RunningBox) -> list[list[Any]]:
    told = httpx.get(f"http://127.0.0.4:{box.port}/proxies", trust_env=False).json()
    return [one["toxics"] for one in told.values()]


@pytest.mark.slow
def test_a_region_of_the_box_that_is_cut_off_is_seen_and_joined_again(
    start: Start, box: RunningBox
) -> None:
    text = drill("{kind: region-isolate, region: b}", path="/web/v1/products/sku-1", hold_s=2)
    run = start(text, box.folder / "box.deployment.yaml", BOX_ALICE_TOKEN=box.token)

    assert run.end() in {0, 3, 4}, run.words()
    (confirmed,) = run.events("fault", state="confirmed")
    assert confirmed["where"] == {"region": "b"}
    assert "links edge-to-b, a-to-b, b-to-a" in confirmed["touched"]
    assert run.events("fault", state="verified")


@pytest.mark.parametrize(
    ("lie", "because"),
    [
        pytest.param(Lie(times=0), "its answers came", id="does-nothing"),
        pytest.param(Lie(times=2), "its answers came", id="does-more", marks=pytest.mark.slow),
        pytest.param(Lie(stays_s=7), "it left late", id="ends-late", marks=pytest.mark.slow),
    ],
)
def test_a_control_that_says_yes_and_lies_proves_nothing(
    lie: Lie, because: str, deploy: Deploy, small: SmallProxy, start: Start
) -> None:
    small.lie = lie
    within = small.control(within="20 s")
    run = start(drill(LATENCY, JUDGED, hold_s=6), deploy(within))

    assert run.end() == 4, run.words()
    assert run.target("slow")["verdict"] == "invalid"
    assert because in run.target("slow")["because"]
    assert run.run_json()["restored"]
    assert small.toxics == {}
    assert run.ledger().closed


def test_a_fault_that_ends_while_it_is_to_hold_proves_nothing(
    deploy: Deploy, small: SmallProxy, start: Start
) -> None:
    run = start(drill(LATENCY, JUDGED, hold_s=20), deploy(small.control()))
    run.at("confirmed")

    small.end()

    assert run.end() == 4, run.words()
    because = run.target("slow")["because"]
    assert "it ended" in because
    assert "before the end of its hold: link legacy was to be slower by 300 ms" in because
    assert small.toxics == {}


@pytest.mark.parametrize("name", ["somebodys", "nfrcheck-2026-another-run-latency"])
def test_a_link_that_somebody_hurts_is_not_touched(
    name: str, deploy: Deploy, server: Server, small: SmallProxy, start: Start
) -> None:
    toxic = {"name": name, "type": "noop", "stream": "upstream", "toxicity": 1, "attributes": {}}
    small.take(toxic)
    run = start(drill(LATENCY, JUDGED), deploy(small.control()))

    assert run.end() == 8
    assert name in run.words()
    assert not server.asked, "nothing was sent"
    assert small.toxics == {name: toxic}


@pytest.mark.slow
def test_an_api_that_hangs_when_it_is_to_heal_ends_in_code_6_with_the_command(
    deploy: Deploy, small: SmallProxy, start: Start
) -> None:
    control = small.control(within="1 s")
    run = start(drill(LATENCY, JUDGED, hold_s=1), deploy(control))
    run.at("confirmed")
    small.hangs.set()

    assert run.end() == 6
    words = run.words()
    assert "NOT CONFIRMED AS PUT BACK" in words
    (name,) = small.toxics
    assert f"curl -X DELETE {small.url}/proxies/legacy/toxics/{name}" in words
    assert not run.ledger().closed

    small.hangs.clear()
    assert run.nfrcheck("restore", "--yes").returncode == 0
    assert small.toxics == {}


@pytest.mark.parametrize("victim", ["controller", "process-group"])
def test_the_link_is_well_within_a_second_when_the_controller_is_killed(
    victim: str, hurting: WholeRun, proxy: FaultProxy
) -> None:
    hurting.at("confirmed")
    assert proxy.is_hurt()

    killed_at = datetime.now(UTC)
    kill(hurting, victim)

    wait_until(lambda: not proxy.is_hurt(), 5)
    hurting.all_gone()
    assert healing_delay(hurting, killed_at) < HEALING_WITHIN_S
    assert hurting.ledger().closed
    assert hurting.left_nothing_behind()


def test_the_fault_ends_by_itself_when_nobody_is_left_to_heal_it(
    deploy: Deploy, proxy: FaultProxy, start: Start
) -> None:
    place = deploy({**proxy.control, "expires": "10 s"})
    run = start(drill(LATENCY, JUDGED, hold_s=5), place)
    run.at("confirmed")
    # Both at once: a controller that still ran would heal, and so would its guardian.
    run.signal(signal.SIGSTOP)
    os.kill(run.pid("guardian.py"), signal.SIGKILL)
    run.kill_group()
    run.all_gone()
    assert proxy.is_hurt()

    wait_until(lambda: not proxy.is_hurt(), 15)

    assert run.again().returncode == 8, "its ledger is open until somebody has looked"
    assert run.nfrcheck("restore", "--yes").returncode == 0
    assert run.ledger().closed


def test_every_toxic_gets_an_end_of_its_own(hurting: WholeRun, proxy: FaultProxy) -> None:
    """Later than planned, for a fault that ends too early proves nothing."""
    hurting.at("confirmed")

    (toxic,) = httpx.get(f"{proxy.client.url}/proxies/legacy/toxics", trust_env=False).json()

    assert 20 < toxic["ttl_s"] < 120
