"""Each entry is asked at its own address, also where two of them have one host."""

import socket
from pathlib import Path

import pytest

from nfrcheck.errors import DeploymentError
from nfrcheck.plan import Options, plan
from nfrcheck.plan.addresses import pin
from nfrcheck.plan.steps import Plan
from nfrcheck.scenario.read import read_deployment, read_pair

LOADS = """\
nfrcheck: 1
load:
  front: {entry: edge, rate: 5/s, journey: {home: {get: /}}}
  back: {entry: us, rate: 5/s, journey: {home: {get: /}}}
targets: {availability: {at_least: 99 %, load: front}}
"""
EDGE, US = "resolve: 127.0.0.1", "resolve: 127.0.0.2"
DNS = "127.0.0.9"


def entries(edge: str, us: str) -> str:
    return f"""\
nfrcheck: 1
entries:
  edge: {{url: "http://shop.test", {edge}}}
  us: {{url: "http://shop.test", {us}}}
"""


def made(
    folder: Path, deployment: str, *, scenario: str = LOADS, options: Options | None = None
) -> Plan:
    (folder / "a.nfr.yaml").write_text(scenario)
    (folder / "a.deployment.yaml").write_text(deployment)
    pair = read_pair(folder / "a.nfr.yaml", folder / "a.deployment.yaml")
    return plan(pair.scenario, pair.deployment, options or Options())


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names that DNS was asked for."""
    names: list[str] = []

    def answer(host: str, *_: object, **__: object) -> list[tuple[object, ...]]:
        names.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (DNS, 0))]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return names


def test_two_entries_of_one_host_are_sent_to_two_addresses(tmp_path: Path) -> None:
    found = made(tmp_path, entries(EDGE, US))

    sent = {spec.stream: end.address for spec in found.traffic for end in spec.endpoints.values()}
    assert sent == {"front": "127.0.0.1", "back": "127.0.0.2"}
    assert {name: end.address for name, end in found.entries.items()} == {
        "edge": "127.0.0.1",
        "us": "127.0.0.2",
    }


@pytest.mark.parametrize(
    ("edge", "us", "addresses"),
    [
        pytest.param("", US, [DNS, "127.0.0.2"], id="the-second-has-its-own"),
        pytest.param(EDGE, "", ["127.0.0.1", DNS], id="the-first-has-its-own"),
    ],
)
def test_dns_is_asked_for_the_entry_that_says_no_address(
    edge: str, us: str, addresses: list[str], tmp_path: Path, asked: list[str]
) -> None:
    found = made(tmp_path, entries(edge, us), options=Options(contact=True))

    assert [end.address for end in found.entries.values()] == addresses
    assert asked == ["shop.test"]


def test_a_host_is_asked_of_dns_once_for_all_its_entries(tmp_path: Path, asked: list[str]) -> None:
    made(tmp_path, entries("region: a", "region: b") + "regions: {a: {}, b: {}}\n")
    assert asked == []

    found = made(
        tmp_path,
        entries("region: a", "region: b") + "regions: {a: {}, b: {}}\n",
        options=Options(contact=True),
    )

    assert [end.address for end in found.entries.values()] == [DNS, DNS]
    assert asked == ["shop.test"]


@pytest.mark.parametrize(
    ("edge", "us", "address"),
    [
        pytest.param(EDGE, EDGE, "127.0.0.1", id="all-entries-say-the-same"),
        pytest.param(EDGE, US, None, id="nobody-knows-which"),
        pytest.param(EDGE, "", "shop.test", id="the-name-itself-is-asked-for"),
    ],
)
def test_what_is_asked_of_the_host_itself_goes_where_its_entries_say(
    edge: str, us: str, address: str | None, tmp_path: Path
) -> None:
    path = tmp_path / "a.deployment.yaml"
    path.write_text(entries(edge, us))

    assert pin(read_deployment(path), ask_dns=False).get("shop.test") == address


DRILL = """\
drills: {lose: {fault: {kind: component-kill, component: node}, repeat: 1}}
"""
NODE = 'components: {node: {kind: shell, entry: us, kill: "true", restore: "true", verify: "true"}}'


@pytest.mark.parametrize(("edge", "us"), [("resolve: 192.0.2.9", US), (US, "resolve: 192.0.2.9")])
def test_one_address_elsewhere_is_not_hidden_by_one_on_loopback(
    edge: str, us: str, tmp_path: Path
) -> None:
    with pytest.raises(DeploymentError, match="anything but loopback"):
        made(tmp_path, f"{entries(edge, us)}{NODE}\n", scenario=f"{LOADS}{DRILL}")


@pytest.mark.parametrize(("edge", "us"), [("resolve: 192.0.2.9", US), (US, "resolve: 192.0.2.9")])
def test_every_address_of_a_host_must_be_in_scope(edge: str, us: str, tmp_path: Path) -> None:
    scope = "safety: {hosts: [shop.test, 127.0.0.2]}\n"

    with pytest.raises(DeploymentError, match=r"192\.0\.2\.9` is not among the hosts"):
        made(tmp_path, entries(edge, us) + scope)
