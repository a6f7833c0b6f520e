"""The client of Toxiproxy is bounded in time, believes little, and may be asked twice."""

import time
from collections.abc import Iterator

import pytest

from nfrcheck.deployments.toxiproxy_client import Toxic, Toxiproxy, ToxiproxyError, Version
from tests.victims.small_proxy import SmallProxy, small_proxy

SLOW = Toxic(name="slow", type="latency", attributes={"latency": 300, "jitter": 0})


@pytest.fixture
def proxy() -> Iterator[SmallProxy]:
    with small_proxy(("127.0.0.1", 9)) as running:
        yield running


def test_it_reads_what_a_server_tells(proxy: SmallProxy) -> None:
    client = Toxiproxy(proxy.url)

    (found,) = client.proxies().values()

    assert (found.name, found.listen, found.enabled) == ("legacy", proxy.listen, True)
    assert client.version() == Version(text="2.12.0", embedded=False)


def test_what_was_added_is_read_back_and_removed_twice(proxy: SmallProxy) -> None:
    client = Toxiproxy(proxy.url)

    assert client.add("legacy", SLOW) == SLOW
    assert client.proxy("legacy").toxics == (SLOW,)
    assert [client.remove("legacy", "slow") for _ in range(2)] == [True, False]
    assert client.proxy("legacy").toxics == ()


@pytest.mark.parametrize("old", [False, True], ids=["patch", "a-server-without-patch"])
def test_a_proxy_is_switched_off_by_any_version(old: bool, proxy: SmallProxy) -> None:
    proxy.old = old

    Toxiproxy(proxy.url).set_enabled("legacy", enabled=False)

    assert not proxy.enabled


@pytest.mark.parametrize(
    ("version", "method"),
    [("2.12.0", "PATCH"), ("2.6.0", "PATCH"), ("2.5.0", "POST"), ("git", "PATCH"), ("", "PATCH")],
)
def test_the_undo_speaks_as_the_version_does(version: str, method: str) -> None:
    assert Version(text=version, embedded=False).update == method


def test_an_error_carries_the_servers_words_and_status(proxy: SmallProxy) -> None:
    with pytest.raises(ToxiproxyError, match="status 404: proxy not found") as caught:
        Toxiproxy(proxy.url).proxy("nobody")

    assert caught.value.status == 404


def test_a_server_that_hangs_is_given_up(proxy: SmallProxy) -> None:
    proxy.hangs.set()
    began = time.monotonic()

    with pytest.raises(ToxiproxyError, match="timed out"):
        Toxiproxy(proxy.url, timeout_s=0.2).version()

    assert time.monotonic() - began < 2


def test_nobody_there_is_an_error_with_the_address() -> None:
    with pytest.raises(ToxiproxyError, match=r"http://127\.0\.0\.1:1/version: .*refused"):
        Toxiproxy("http://127.0.0.1:1").version()


@pytest.mark.parametrize("name", ["a/b", ".", "..", ""])
def test_a_name_that_could_not_be_asked_for_again_is_refused(name: str) -> None:
    with pytest.raises(ToxiproxyError, match="cannot be asked for"):
        Toxiproxy("http://127.0.0.1:1").create(name, listen="127.0.0.1:0", upstream="127.0.0.1:9")
