"""What this version cannot send is said where it stands, and its targets are NOT RUN."""

import pytest

from nfrcheck.plan import Options, plan

from .conftest import DEPLOYMENT, Read, load_of, probe_of

PEOPLE = "principals: {alice: {}, bob: {certificate: {cert: bob.pem, key: {file: bob.key}}}}\n"


@pytest.mark.parametrize(
    ("shop", "reason"),
    [
        ("{rate: 5/s, contract: orders}", "a `contract` load"),
        ("{locustfile: users.py, users: 10}", "a `locustfile` load"),
        ("{rate: 5/s, journey: {a: {steps: [{b: {get: /}}, {c: {get: /}}]}}}", "`steps`"),
        ("{rate: 5/s, journey: {a: {get: '/{x}', save: {x: /id}}}}", "`save`"),
    ],
)
def test_a_probe_of_routes_that_this_version_cannot_send_is_not_run(
    read: Read, shop: str, reason: str
) -> None:
    asked = "targets: {availability: {at_least: 99 %, probe: edge}}\n"
    deployment = f"{DEPLOYMENT}contracts: {{orders: {{openapi: o.yaml}}}}\n"

    pair = read(
        f"nfrcheck: 1\nload:\n  shop: {shop}\nprobes:\n  edge: {{routes_of: shop, every: 1 s}}\n"
        f"{asked}",
        deployment,
    )

    said = {(one.line, one.code): one.message for one in pair.diagnostics if one.line == 5}
    assert reason in said[5, "NFR020"]
    assert plan(pair.scenario, pair.deployment, Options()).traffic == ()
    assert "will be NOT RUN" in (pair.scenario.target("availability").later or "")


def test_a_probe_may_ask_for_the_routes_of_a_load_whose_rate_is_not_run(read: Read) -> None:
    pair = read(probe_of("{routes_of: shop, every: 1 s}").replace("5/s", "5/s .. 9/s"))

    traffic = plan(pair.scenario, pair.deployment, Options()).traffic
    assert [(spec.stream, [route.path for route in spec.routes]) for spec in traffic] == [
        ("edge", ["/"])
    ]


@pytest.mark.parametrize(
    ("part", "text"),
    [
        ("load", "{rate: 5/s, as: bob, journey: {a: {get: /}}}"),
        ("load", "{rate: 5/s, journey: {a: {get: /, as: alice}, b: {get: /, as: bob}}}"),
        ("probe", "{get: /, every: 1 s, as: bob}"),
        ("probe", "{post: /, id: /id, read: {get: '/{id}', as: bob}, rate: 5/s}"),
    ],
    ids=["load", "route", "probe", "read"],
)
def test_a_certificate_of_a_principal_is_not_sent_yet(read: Read, part: str, text: str) -> None:
    pair = read(load_of(text) if part == "load" else probe_of(text), DEPLOYMENT + PEOPLE)

    (found,) = pair.diagnostics
    name = {"load": "shop", "probe": "edge"}[part]
    assert (found.code, found.severity, found.path) == ("NFR020", "later", "a.nfr.yaml")
    assert found.line == {"load": 3, "probe": 5}[part]
    assert "a principal with a `certificate`" in found.message
    assert name not in {
        spec.stream for spec in plan(pair.scenario, pair.deployment, Options()).traffic
    }
    assert bool(pair.scenario.target("availability").later) == (part == "load")


def test_who_shows_a_certificate_in_a_load_does_so_in_a_probe_of_its_routes(read: Read) -> None:
    shop = "{rate: 5/s, as: bob, journey: {a: {get: /}}}"
    edge = "probes:\n  edge: {routes_of: shop, every: 1 s}\n"

    pair = read(f"{load_of(shop)}{edge}", DEPLOYMENT + PEOPLE)

    assert [one.message.rpartition("the targets of ")[2] for one in pair.diagnostics] == [
        "the load `shop` will be NOT RUN",
        "the probe `edge` will be NOT RUN",
    ]


def test_a_certificate_that_nobody_shows_stands_in_nobodys_way(read: Read) -> None:
    pair = read(load_of("{rate: 5/s, as: alice, journey: {a: {get: /}}}"), DEPLOYMENT + PEOPLE)

    assert pair.diagnostics == ()
