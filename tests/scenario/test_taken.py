"""A key that changes nothing is refused where it stands: nobody may take it for a promise."""

import pytest

from nfrcheck.checks import CHECKS
from nfrcheck.scenario.taken import ALWAYS, TAKEN
from nfrcheck.scenario.targets import CommonKeys
from nfrcheck.scenario.typed import known_keys
from tests.scenario.conftest import Complain, Read

DEPLOYMENT = """\
nfrcheck: 1
entries: {edge: {url: "http://127.0.0.1:8000"}, us: {url: "http://127.0.0.2:8000"}}
components: {node: {kind: shell, entry: us, kill: "true", restore: "true", verify: "true"}}
safety: {allow: [component-kill]}
"""
SCENARIO = """\
nfrcheck: 1
load: {shop: {entry: {edge: 90 %, us: 10 %}, rate: 100/s, journey: {home: {get: /}}}}
probes:
  east: {get: /, every: 100 ms, entry: edge}
  west: {get: /, every: 100 ms, entry: us}
  orders: {kind: writes, post: /o, json: {}, id: /id, read: {get: "/o/{id}"}, rate: 1/s, entry: us}
drills: {k: {fault: {kind: component-kill, component: node}}}
targets:
  TARGET
"""
LIMITS = {
    "availability": "at_least: 99 %",
    "deploy-without-downtime": "failed: <= 0",
    "failover": "error_window: <= 5 s",
    "latency": "p99: < 1 s",
    "recovery-point": "at_most: 0 writes, probe: orders",
    "recovery-surge": "peak: <= 20 %",
    "static-stability": "at_least: 99 %",
    "yearly-availability": "at_least: 99 %, incidents: {k: 2/year}",
}
LINE = 9


def scenario(check: str, keys: str) -> str:
    return SCENARIO.replace("TARGET", f"{check}: {{{LIMITS[check]}, {keys}}}")


def test_each_check_says_which_of_the_common_keys_it_uses() -> None:
    assert set(TAKEN) == set(CHECKS)
    for keys in TAKEN.values():
        assert {*keys, *ALWAYS} <= set(known_keys(CommonKeys))


@pytest.mark.parametrize(
    ("check", "keys", "remedy"),
    [
        pytest.param("availability", "drill: k", "did you mean `during: k`?", id="state"),
        pytest.param("latency", "drill: [k, k]", "did you mean `during: [k, k]`?", id="states"),
        pytest.param(
            "availability", "entries: us", "did you mean `only: {entry: us}`?", id="one-entry"
        ),
        pytest.param(
            "availability", "entries: [us, edge]", "one target for each", id="several-entries"
        ),
        pytest.param(
            "latency",
            "samples: 5000",
            "did you mean `evidence: {min_samples: 5000}`?",
            id="samples",
        ),
        pytest.param("availability", "sink: logs", "leave it out", id="sink"),
        pytest.param("availability", "contract: shop", "leave it out", id="contract"),
        pytest.param("availability", "issuer: sso", "leave it out", id="issuer"),
        pytest.param("availability", "buses: eu", "leave it out", id="buses"),
        pytest.param("availability", "accept: [x-1]", "leave it out", id="accept"),
        pytest.param("failover", "during: steady", "the course of `drill`", id="course"),
        pytest.param("failover", "each: client", "leave it out", id="each-client"),
        pytest.param("failover", "after: 3 s", "leave it out", id="after"),
        pytest.param("failover", "evidence: {margin: 2x}", "leave it out", id="evidence"),
        pytest.param("static-stability", "during: steady", "the course of `drill`", id="held"),
        pytest.param("deploy-without-downtime", "after: 9 s", "leave it out", id="roll-out"),
        pytest.param("recovery-point", "load: shop", "leave it out", id="writes"),
        pytest.param("recovery-surge", "load: shop", "leave it out", id="connections"),
        pytest.param("yearly-availability", "drill: k", "`incidents`", id="incidents"),
        pytest.param("yearly-availability", "each: route", "leave it out", id="year"),
    ],
)
def test_a_key_that_would_change_nothing_is_refused(
    check: str, keys: str, remedy: str, complain: Complain
) -> None:
    named = "" if check in {"recovery-point", "recovery-surge"} else ", load: shop"

    (found,) = complain(scenario(check, keys + named), DEPLOYMENT)

    assert (found.code, found.path, found.line) == ("NFR163", "a.nfr.yaml", LINE)
    assert found.message == f"`{check}` does not use `{keys.partition(':')[0]}`"
    assert remedy in str(found.remedy)


@pytest.mark.parametrize(
    ("check", "keys"),
    [
        pytest.param("availability", "load: shop, during: k, only: {entry: us}", id="state"),
        pytest.param("availability", "load: shop, evidence: {min_samples: 5000}", id="samples"),
        pytest.param("latency", "probe: east, each: client, exclude: 404, after: 1 s", id="each"),
        pytest.param("static-stability", "load: shop, each: entry, after: 1 s", id="held"),
        pytest.param("deploy-without-downtime", "load: shop, only: {entry: us}", id="roll-out"),
        pytest.param("yearly-availability", "load: shop, probe: east, during: steady", id="year"),
        pytest.param("recovery-surge", "drill: k", id="connections-need-no-load"),
    ],
)
def test_what_a_check_uses_is_read(check: str, keys: str, read: Read) -> None:
    assert read(scenario(check, keys), DEPLOYMENT).scenario.target(check).id == check


def test_a_check_that_comes_later_takes_what_the_language_has(read: Read) -> None:
    written = "tls-posture: {entries: [us], samples: 5, accept: [x-1], during: k}"

    [target] = read(SCENARIO.replace("TARGET", written), DEPLOYMENT).scenario.targets

    assert target.later
    assert target.samples == 5


@pytest.mark.parametrize(
    ("keys", "second"),
    [
        pytest.param("probe: [east, west]", "probe: west", id="two-probes"),
        pytest.param("load: shop, probe: west", "probe: west", id="a-load-and-a-probe"),
    ],
)
def test_a_second_stream_that_nobody_would_look_at_is_refused(
    keys: str, second: str, complain: Complain
) -> None:
    (found,) = complain(scenario("availability", keys), DEPLOYMENT)

    assert (found.code, found.line) == ("NFR164", LINE)
    assert "one target for each" in str(found.remedy)
    assert f"`{second}`" in str(found.remedy)


@pytest.mark.parametrize("stretch", ["warm-up", "examine"])
def test_what_is_never_judged_is_no_stretch(stretch: str, complain: Complain) -> None:
    (found,) = complain(scenario("availability", f"load: shop, during: {stretch}"), DEPLOYMENT)

    assert (found.code, found.line) == ("NFR014", LINE)
    assert found.message.startswith(f"`{stretch}` ")


@pytest.mark.parametrize("check", ["availability", "static-stability", "yearly-availability"])
def test_a_promise_of_nothing_is_refused(check: str, complain: Complain) -> None:
    written = scenario(check, "load: shop").replace("at_least: 99 %", "at_least: 0 %")

    (found,) = complain(written, DEPLOYMENT)

    assert (found.code, found.line) == ("NFR014", LINE)
    assert found.message == "`at_least: 0 %` promises nothing"
