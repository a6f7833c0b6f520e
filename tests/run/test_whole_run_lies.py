"""A fault that does nothing, hits something else, comes late or stays proves nothing."""

import socket
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.experiments.children import Server, running_server
from tests.run.whole import Shop, Start, WholeRun, drill
from tests.victims.fault_proxies import fault_proxy
from tests.victims.small_proxy import Lie, SmallProxy, small_proxy

pytestmark = pytest.mark.slow

LATENCY = "{kind: link-latency, link: legacy, latency: 300 ms}"
Behind = Callable[[Mapping[str, object]], Path]
JUDGED = "{slow: {check: latency, p50: < 900 ms, during: lose}}"


@pytest.fixture
def server() -> Iterator[Server]:
    with running_server() as running:
        yield running


@pytest.fixture
def small(server: Server) -> Iterator[SmallProxy]:
    with small_proxy(("127.0.0.1", int(server.server_address[1]))) as running:
        yield running


@pytest.fixture
def behind(server: Server, tmp_path: Path) -> Behind:
    """A deployment whose only entry leads past the link `legacy`, which has this control."""

    def write(control: Mapping[str, object]) -> Path:
        path = tmp_path / "links.deployment.yaml"
        keys = ", ".join(f'{key}: "{value}"' for key, value in control.items())
        path.write_text(
            "nfrcheck: 1\n"
            f'entries: {{global: {{url: "{server.url}"}}}}\n'
            f"links: {{legacy: {{{keys}}}}}\n"
            "safety: {allow: [link-latency], hosts: [127.0.0.1], max_rate: 500/s}\n",
            "utf-8",
        )
        return path

    return write


def proves_nothing(run: WholeRun, target: str, because: str) -> bool:
    """No PASS, and the reason; whatever was done is put back all the same."""
    assert run.end() == 4, run.words()
    (row,) = run.run_json()["targets"]
    assert (row["id"], row["verdict"]) == (target, "invalid")
    assert because in row["because"]
    assert run.run_json()["restored"]
    assert run.ledger().closed
    return run.left_nothing_behind()


def script(shop: Shop, text: str) -> str:
    path = shop.place / "kill.sh"
    path.write_text(text, "utf-8")
    return f"sh {path}"


@pytest.mark.slow
def test_a_kill_that_kills_another_server(start: Start, shop: Shop) -> None:
    kill = script(shop, f"touch {shop.place}/another-is-down\n")
    run = start(drill(), shop.deployment(kill=kill))

    assert proves_nothing(run, "failover", "global still answered with status 200 5 s after")
    assert (shop.place / "another-is-down").exists()


def test_a_kill_that_comes_late(start: Start, shop: Shop) -> None:
    """Its command ends at once, and the server is down three seconds later."""
    kill = script(shop, f"(sleep 3; touch {shop.down}) > /dev/null 2>&1 &\n")
    run = start(drill(), shop.deployment(kill=kill))

    assert proves_nothing(run, "failover", "it began late: it was still answered well")
    assert not shop.down.exists()


@pytest.mark.slow
def test_a_kill_that_comes_after_it_was_put_back(start: Start, shop: Shop) -> None:
    """Never seen in time, healed, and then it comes: the end of the run puts it back again."""
    kill = script(shop, f"(sleep 6; touch {shop.down}) > /dev/null 2>&1 &\n")
    run = start(drill().replace("settle: 1 s", "settle: 3 s"), shop.deployment(kill=kill))

    assert proves_nothing(run, "failover", "global still answered with status 200 5 s after")
    assert not shop.down.exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lie", "because"),
    [
        pytest.param(Lie(times=0.1), "was to be slower by 300 ms: its answers came", id="30-ms"),
        pytest.param(Lie(starts_s=3), "link legacy was hurt late, more than", id="3-s-late"),
    ],
)
def test_a_toxic_that_is_another_one_than_the_proxy_says(
    lie: Lie, because: str, start: Start, behind: Behind, small: SmallProxy
) -> None:
    small.lie = lie
    control = small.control(within="20 s")
    run = start(drill(LATENCY, JUDGED, hold_s=6), behind(control))

    assert proves_nothing(run, "slow", because)
    assert small.toxics == {}


@pytest.mark.slow
def test_a_toxic_on_another_proxy(start: Start, server: Server, behind: Behind) -> None:
    """The deployment names one proxy, and the address of another one."""
    upstream = server.url.removeprefix("http://")
    with fault_proxy(upstream) as proxy:
        other = proxy.client.create("other", listen="127.0.0.1:0", upstream=upstream)
        control = {**proxy.control, "listen": other.listen}
        run = start(drill(LATENCY, JUDGED), behind(control))

        assert proves_nothing(run, "slow", "was to be slower by 300 ms: its answers came")
        assert not proxy.is_hurt()


@pytest.mark.slow
def test_a_toxic_that_stays_when_it_was_removed_is_code_6(
    start: Start, behind: Behind, small: SmallProxy
) -> None:
    """Its API says that it is gone; requests through the link say that it is not."""
    small.lie = Lie(stays_s=3600)
    control = small.control(within="2 s")
    run = start(drill(LATENCY, JUDGED, hold_s=1), behind(control))

    assert run.end() == 6, run.words()
    assert small.toxics == {}, "so says its API"
    words = run.words()
    assert "NOT CONFIRMED AS PUT BACK: link-latency: put back latency link legacy" in words
    assert f"curl -X DELETE {small.url}/proxies/legacy/toxics/nfrcheck-" in words
    assert f"through the link at {small.listen}: the answer began after" in words
    assert not run.ledger().closed

    assert run.nfrcheck("restore", "--yes").returncode == 6
    small.end()
    assert run.nfrcheck("restore", "--yes").returncode == 0
    assert run.left_nothing_behind()


@pytest.mark.slow
def test_a_server_that_nobody_listens_on_is_not_what_a_kill_did(start: Start, shop: Shop) -> None:
    """It was down before: that something is down now does not prove a kill."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    run = start(drill(), shop.deployment(url=f"http://127.0.0.1:{port}", kill="true"))

    assert run.end() == 4
    assert run.target("failover")["verdict"] in {"invalid", "not-run"}
    assert not run.events("fault", state="commanded")
