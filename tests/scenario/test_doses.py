"""Limits by dose fit the doses that the drill varies; one that does not is refused at its word."""

import pytest

from nfrcheck.checks.latency_degradation import LatencyDegradation
from nfrcheck.scenario.read import Pair

from .conftest import Complain, Read

SCENARIO = """\
nfrcheck: 1
load: {users: {rate: 50/s, journey: {home: {get: /, needs: [db]}, order: {post: /orders}}}}
drills:
  slow: {fault: {kind: link-latency, link: db, latency: 50 ms}, VARY, repeat: 1}
targets:
  latency-degradation: {drill: slow, KEYS}
"""
DEPLOYMENT = """\
nfrcheck: 1
entries: {app: {url: "http://127.0.0.1:8000"}}
links:
  db:
    kind: toxiproxy
    url: "http://127.0.0.1:8474"
    proxy: db
    listen: "127.0.0.1:1"
    upstream: "127.0.0.1:2"
safety: {allow: [link-latency, link-bandwidth]}
"""
BOTH = "limits: {50 ms: {p99: < 300 ms}, 200 ms: {p99: < 600 ms}}"
TWO = "vary: {latency: [50 ms, 200 ms]}"


def scenario(keys: str = BOTH, vary: str = TWO) -> str:
    return SCENARIO.replace("VARY", vary).replace("KEYS", keys)


def test_limits_for_each_dose_are_read(read: Read) -> None:
    pair: Pair = read(
        scenario(f"{BOTH}, per_hop: {{home: <= 1.2x}}, unaffected: <= 5 %"), DEPLOYMENT
    )

    rule = pair.scenario.target("latency-degradation").rule
    assert isinstance(rule, LatencyDegradation)
    assert [*rule.limits] == ["50 ms p99", "200 ms p99"]


@pytest.mark.parametrize(
    ("keys", "at", "message", "remedy"),
    [
        pytest.param(
            "limits: {50 ms: {p99: < 1 s}}",
            "{50 ms",
            "the dose `200 ms` of `slow` has no limit",
            "such as `200 ms: {p99: < 300 ms}`",
            id="missing",
        ),
        pytest.param(
            f"{BOTH[:-1]}, 20 ms: {{p99: < 1 s}}}}",
            "20 ms: {p99: < 1 s}",
            "no run of `slow` has a dose of `20 ms`",
            "did you mean `200 ms`?",
            id="never-given",
        ),
        pytest.param(
            f"{BOTH}, per_hop: {{hom: <= 1.2x}}",
            "hom:",
            "there is no route `hom`",
            "did you mean `home`?",
            id="route",
        ),
        pytest.param(
            f"{BOTH}, per_hop: {{home: < 2x, order: < 2x}}",
            "order:",
            "route `order` does not say that it needs `db`",
            "write `needs: [db]` in it, or leave it out of `per_hop`",
            id="route-without-need",
        ),
        pytest.param(
            f"{BOTH}, per_hop: 1.2x", "1.2x", "`per_hop` is an upper limit", "`< 1.2x`", id="words"
        ),
        pytest.param(
            f"{BOTH}, per_hop: {{home: 1.2x}}", "1.2x", "`home` is an upper limit", "`<", id="word"
        ),
        pytest.param(f"{BOTH}, unaffected: <= 2x", "<= 2x", "is a factor", "such as", id="kind"),
        pytest.param(
            "limits: {50 ms: {p99: 1 s}}", "1 s", "`p99` is an upper limit", "`< 1 s`", id="time"
        ),
        pytest.param("per_hop: <= 1.2x", "latency-deg", "`limits` is missing", "", id="none"),
    ],
)
def test_limits_that_do_not_fit_the_doses_are_refused_at_their_word(
    complain: Complain, keys: str, at: str, message: str, remedy: str
) -> None:
    text = scenario(keys)
    found = complain(text, DEPLOYMENT)

    first = next(each for each in found if message in each.message)
    assert (first.line, first.column) == (6, text.splitlines()[5].index(at) + 1)
    assert remedy in (first.remedy or "")


def test_a_drill_without_doses_cannot_be_judged_by_them(complain: Complain) -> None:
    [found] = complain(scenario(vary="hold: 5 s"), DEPLOYMENT)

    assert found.message == "the drill `slow` varies nothing, so it has no doses"
    assert found.remedy == "such as `vary: {latency: [50 ms, 200 ms]}`"


def test_a_slope_needs_delays(complain: Complain) -> None:
    fault = "kind: link-bandwidth, link: db, bandwidth: 10 kB/s}, vary: {bandwidth: [10 kB/s]}"
    text = scenario("limits: {10 kB/s: {p99: < 1 s}}, per_hop: <= 1.2x", fault)
    text = text.replace("fault: {kind: link-latency, link: db, latency: 50 ms}, ", "fault: {")

    [found] = complain(text, DEPLOYMENT)

    assert found.message == "`per_hop` needs delays, and `slow` varies `bandwidth`"
    assert (found.line, found.remedy) == (6, "`vary: {latency: [...]}`")


def test_without_a_faulted_link_nothing_is_known_to_be_unaffected(complain: Complain) -> None:
    fault = "kind: component-kill, component: app}, vary: {component: [app, web]}"
    text = scenario("limits: {app: {p99: < 1 s}, web: {p99: < 1 s}}, unaffected: <= 10 ms", fault)
    text = text.replace("fault: {kind: link-latency, link: db, latency: 50 ms}, ", "fault: {")

    found = complain(text, DEPLOYMENT)

    [first] = [each for each in found if each.code == "NFR015"]
    assert first.message == "`unaffected` needs a faulted link, and `slow` faults none"
    assert (first.line, first.column) == (6, text.splitlines()[5].index("unaffected") + 1)


def test_every_named_drill_must_give_the_doses(complain: Complain) -> None:
    other = (
        "  more: {fault: {kind: link-latency, link: db, latency: 1 s}, vary: {latency: [1 s]}}\n"
    )
    text = scenario(f"drill: [slow, more], {BOTH}").replace("drill: slow, ", "")
    text = text.replace("targets:", f"{other}targets:")

    [found] = complain(text, DEPLOYMENT)

    assert found.message == "the dose `1 s` of `more` has no limit"
