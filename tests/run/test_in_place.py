"""Faults that somebody has in place are seen before anything is touched, at every control."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nfrcheck.errors import Refused
from nfrcheck.plan import Options, plan
from nfrcheck.run.in_place import refuse_what_is_in_place
from nfrcheck.scenario.read import read_pair
from tests.experiments.children import running_server
from tests.run.whole import drill, quiet
from tests.victims.fixtures import Operations, Victim
from tests.victims.small_proxy import SmallProxy, small_proxy

pytestmark = pytest.mark.usefixtures("state")

SHELL = {"kind": "shell", "entry": "global", "kill": "true", "restore": "true", "within": "300 ms"}
DRILL = drill()
QUIET = quiet()
Look = Callable[..., tuple[str, ...]]


@pytest.fixture
def look(tmp_path: Path) -> Iterator[Look]:
    """Looks at a deployment with the component `app` to be killed, and what else is given."""

    with running_server() as server:

        def one(
            scenario: str = DRILL,
            app: dict[str, Any] | None = None,
            components: dict[str, Any] | None = None,
            links: dict[str, Any] | None = None,
            beside: tuple[str, ...] = (),
        ) -> tuple[str, ...]:
            deployment = {
                "nfrcheck": 1,
                "entries": {"global": {"url": server.url}},
                "components": {"app": SHELL | (app or {}), **(components or {})},
                "links": links or {},
                "safety": {"allow": ["component-kill"], "hosts": ["127.0.0.1"], "max_rate": "99/s"},
            }
            path = tmp_path / "small.deployment.yaml"
            path.write_text(json.dumps(deployment), "utf-8")
            (tmp_path / "small.nfr.yaml").write_text(scenario, "utf-8")
            pair = read_pair(tmp_path / "small.nfr.yaml", path)
            made = plan(pair.scenario, pair.deployment, Options(run_id="run-1", contact=True))
            return refuse_what_is_in_place(pair.deployment, made, beside)

        yield one


@pytest.fixture
def proxy() -> Iterator[SmallProxy]:
    with small_proxy(("127.0.0.1", 9)) as running:
        yield running


def toxic(name: str) -> dict[str, Any]:
    return {"name": name, "type": "noop", "stream": "upstream", "toxicity": 1, "attributes": {}}


def test_where_all_is_well_nothing_stands_against_it(
    look: Look, victim: Victim, proxy: SmallProxy
) -> None:
    components = {"store": {**victim.control, "entry": "global"}}

    assert look(components=components, links={"legacy": proxy.control()}) == ()


@pytest.mark.parametrize("scenario", [DRILL, QUIET], ids=["drill", "quiet"])
def test_a_process_that_is_paused_refuses(scenario: str, look: Look, victim: Victim) -> None:
    os.kill(victim.pid, signal.SIGSTOP)
    components = {"store": {**victim.control, "entry": "global"}}

    with pytest.raises(Refused, match=f"component store: its process {victim.pid} is paused"):
        look(scenario, components=components)


@pytest.mark.parametrize("scenario", [DRILL, QUIET], ids=["drill", "quiet"])
def test_a_link_that_another_run_hurts_refuses_though_nothing_touches_it(
    scenario: str, look: Look, proxy: SmallProxy
) -> None:
    proxy.take(toxic("nfrcheck-other-run-latency"))

    with pytest.raises(Refused, match=r"link legacy: .* of another run already: nfrcheck-other-"):
        look(scenario, links={"legacy": proxy.control()})


def test_a_link_that_is_cut_refuses(look: Look, proxy: SmallProxy) -> None:
    proxy.enabled = False

    with pytest.raises(Refused, match="link legacy: the proxy legacy is disabled already"):
        look(links={"legacy": proxy.control()})


def test_the_fault_of_a_run_that_is_known_may_be_there(look: Look, proxy: SmallProxy) -> None:
    proxy.take(toxic("nfrcheck-held-1-latency"))
    links = {"legacy": proxy.control()}

    assert look(links=links, beside=("held-1",)) == ()
    with pytest.raises(Refused, match="of another run"):
        look(links=links, beside=("other",))


def test_what_the_owner_of_the_link_has_set_is_none_of_a_run(look: Look, proxy: SmallProxy) -> None:
    """Such as the delay of a line, in an environment without one."""
    proxy.take(toxic("wide-area"))

    assert look(links={"legacy": proxy.control()}) == ()


def test_a_part_to_be_touched_that_is_unwell_refuses(look: Look) -> None:
    with pytest.raises(Refused, match="component app is not well: false ended with status 1"):
        look(app={"verify": "false"})


def test_so_does_one_whose_verify_is_a_request(look: Look, operations: Operations) -> None:
    operations.down.add("app")

    with pytest.raises(Refused, match=r"component app is not well: .*status 503"):
        look(
            app=operations.control("app", "kill", "restore", "verify", within="300 ms")
            | {"verify": f"GET {operations.url}/app"}
        )


def test_an_unwell_part_that_nothing_touches_is_a_note(look: Look) -> None:
    notes = look(components={"other": {**SHELL, "verify": "false"}})

    assert notes == (
        "component other is not well: false ended with status 1: nothing of this run touches it",
    )


def test_a_run_that_only_measures_runs_no_command(look: Look, tmp_path: Path) -> None:
    look(QUIET, app={"verify": f"touch {tmp_path}/asked"})

    assert not (tmp_path / "asked").exists()


def test_a_server_of_proxies_that_is_gone_is_no_reason_while_nothing_needs_it(look: Look) -> None:
    assert look(links={"legacy": {"kind": "toxiproxy", "url": "http://127.0.0.1:9"}}) == ()


def test_a_host_that_safety_does_not_allow_is_not_asked(look: Look, proxy: SmallProxy) -> None:
    proxy.take(toxic("nfrcheck-other-run-latency"))
    elsewhere = proxy.control(url=proxy.url.replace("127.0.0.1", "localhost"))

    assert look(links={"legacy": elsewhere}) == ()
    assert proxy.asked == []
