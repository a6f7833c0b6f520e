"""A toxiproxy control knows the undo before it brings a fault in, and adds to nobody else's."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from nfrcheck.deployments import ActFailed, ToxiproxyControl
from nfrcheck.deployments.toxiproxy import ToxiproxyLink
from nfrcheck.errors import DeploymentError, Refused
from nfrcheck.model.links import Disturbance
from tests.victims.small_proxy import SmallProxy, small_proxy

SLOW = Disturbance(effect="latency", run="run-1", seconds=0.3, lasting_s=20)
CUT = Disturbance(effect="cut", run="run-1", lasting_s=20)
NAME = "nfrcheck-run-1-latency"


@pytest.fixture
def proxy() -> Iterator[SmallProxy]:
    with small_proxy(("127.0.0.1", 9)) as running:
        yield running


def link(there: SmallProxy, keys: dict[str, str] | None = None) -> ToxiproxyLink:
    control = ToxiproxyControl.model_validate(there.control(**(keys or {})))
    return control.link("legacy", contact=True)


def test_the_name_of_a_fault_holds_its_run(proxy: SmallProxy) -> None:
    (undo,) = link(proxy).undo(SLOW)

    assert undo["url"] == f"{proxy.url}/proxies/legacy/toxics/{NAME}"
    assert (undo["method"], undo["also"]) == ("DELETE", [404])


def test_looking_at_a_link_changes_nothing(proxy: SmallProxy) -> None:
    found = link(proxy)

    assert found.listen == (proxy.listen,)
    assert {asked.split()[0] for asked in proxy.asked} == {"GET"}


def test_without_contact_nobody_is_asked(proxy: SmallProxy) -> None:
    found = ToxiproxyControl.model_validate(proxy.control()).link("legacy", contact=False)

    assert found.undo(CUT)[0]["method"] == "PATCH"
    assert found.ways()
    assert proxy.asked == []


def test_what_is_brought_in_is_what_was_wanted(proxy: SmallProxy) -> None:
    asyncio.run(link(proxy).disturb(SLOW))

    assert proxy.toxics[NAME]["attributes"] == {"latency": 300, "jitter": 0}
    assert "ttl_s" not in proxy.toxics[NAME], "Toxiproxy itself knows no such word"


def test_a_cut_closes_the_proxy_and_its_undo_opens_it(proxy: SmallProxy) -> None:
    found = link(proxy)

    asyncio.run(found.disturb(CUT))

    assert not proxy.enabled
    (undo,) = found.undo(CUT)
    assert (undo["method"], json.loads(undo["body"])) == ("PATCH", {"enabled": True})


@pytest.mark.parametrize(
    ("name", "words"),
    [
        pytest.param("somebodys", "has a toxic already: somebodys", id="a-stranger"),
        pytest.param("nfrcheck-run-0-cut", "has a toxic of another run already", id="a-run"),
    ],
)
def test_a_link_that_somebody_hurts_already_is_refused(
    name: str, words: str, proxy: SmallProxy
) -> None:
    proxy.take({"name": name, "type": "latency", "stream": "upstream", "toxicity": 1.0} | LATE)

    with pytest.raises(Refused, match=words):
        link(proxy)


LATE = {"attributes": {"latency": 1}}


def test_a_proxy_that_is_off_already_is_refused(proxy: SmallProxy) -> None:
    proxy.enabled = False

    with pytest.raises(Refused, match="is disabled already"):
        link(proxy)


def test_who_came_in_the_meantime_is_seen_before_anything_is_changed(proxy: SmallProxy) -> None:
    found = link(proxy)
    proxy.take({"name": "later", "type": "latency", "stream": "upstream", "toxicity": 1.0} | LATE)

    with pytest.raises(ActFailed, match="has a toxic already: later"):
        asyncio.run(found.disturb(SLOW))

    assert NAME not in proxy.toxics


def test_a_second_fault_of_the_same_run_may_join_the_first(proxy: SmallProxy) -> None:
    found = link(proxy)
    asyncio.run(found.disturb(SLOW))

    asyncio.run(found.disturb(Disturbance(effect="slow-close", run="run-1", seconds=2)))

    assert set(proxy.toxics) == {NAME, "nfrcheck-run-1-slow-close"}


def test_a_proxy_that_forgets_what_it_took_is_no_fault(
    proxy: SmallProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = link(proxy)
    monkeypatch.setattr(SmallProxy, "take", lambda _proxy, _toxic: None)

    with pytest.raises(ActFailed, match="does not have it"):
        asyncio.run(found.disturb(SLOW))


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        pytest.param({"proxy": "other"}, "has no proxy `other`", id="no-such-proxy"),
        pytest.param({"upstream": "10.0.0.1:80"}, r"leads to 127\.0\.0\.1:9, not", id="elsewhere"),
    ],
)
def test_a_proxy_that_is_another_is_refused(
    keys: dict[str, str], words: str, proxy: SmallProxy
) -> None:
    with pytest.raises(DeploymentError, match=words):
        link(proxy, keys)


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (Disturbance(effect="cut", run="r", direction="in"), "cannot cut one direction alone"),
        (Disturbance(effect="hang", run="r", share=0.01), "`share` of at least 5%"),
        (Disturbance(effect="bandwidth", run="r", bytes_s=1500), "whole kB/s, not to 1500 B/s"),
        (Disturbance(effect="latency", run="r", seconds=0.0005), "whole milliseconds"),
    ],
    ids=["one-way", "small-share", "odd-bandwidth", "half-a-millisecond"],
)
def test_what_it_cannot_do_is_refused_by_its_name(
    wanted: Disturbance, words: str, proxy: SmallProxy
) -> None:
    refusal = link(proxy).refusal(wanted)

    assert refusal is not None
    assert refusal.startswith("link legacy: its control `toxiproxy` ")
    assert words.replace("\\", "") in refusal


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"proxy": ["a", "b"], "listen": "127.0.0.1:1"}, "one address for each `proxy`"),
        ({"proxy": "a/b"}, "cannot be asked for"),
        ({"listen": "nowhere"}, "is not an address"),
        ({"url": "127.0.0.1:8474"}, "is not an address"),
        ({"verify": "POST http://h/"}, "changes nothing"),
    ],
    ids=["listen", "name", "no-port", "url", "verify"],
)
def test_a_control_that_could_not_work_is_refused_where_it_is_written(
    keys: dict[str, Any], words: str
) -> None:
    with pytest.raises((ValidationError, DeploymentError), match=words):
        ToxiproxyControl.model_validate({"kind": "toxiproxy", **keys})


def test_a_proxy_on_every_address_is_asked_where_its_api_is() -> None:
    control = ToxiproxyControl.model_validate({"url": "http://10.1.2.3:8474"})

    assert control.way("[::]:5432")["address"] == "10.1.2.3"
    assert control.way("127.0.0.1:5432")["address"] == "127.0.0.1"
