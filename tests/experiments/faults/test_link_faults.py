"""A fault of a link says what it wants, is proven at the link itself, or is refused beforehand."""

from typing import Any

import pytest
from pydantic import ValidationError

from nfrcheck.deployments import CONTROLS
from nfrcheck.errors import DeploymentError
from nfrcheck.experiments.faults import FAULTS, Armed, LinkPart
from nfrcheck.model.links import Disturbance
from tests.victims.site import Town, entry

NOWHERE = {"kind": "toxiproxy", "url": "http://127.0.0.1:1"}


def part(name: str, *joins: str, by: str | None = None, **keys: Any) -> dict[str, LinkPart]:
    control = CONTROLS["toxiproxy"].model_validate(NOWHERE | keys)
    return {name: LinkPart(name=name, control=control, joins=joins, entry=by)}


def town(**parts: Any) -> Town:
    regions = {"a": None, "b": None}
    return Town(regions=regions, contact=False, **parts)


def arm(kind: str, site: Town, **keys: Any) -> Armed:
    return FAULTS[kind].model_validate({"kind": kind, **keys}).arm(site)


def wanted(kind: str, **keys: Any) -> Disturbance:
    site = town(links=part("l"))
    (proof,) = arm(kind, site, link="l", **keys).proofs
    return proof.wanted


@pytest.mark.parametrize(
    ("kind", "keys", "words"),
    [
        ("link-latency", {"latency": "300 ms"}, "300 ms more"),
        ("link-latency", {"latency": "1 s", "jitter": "50 ms"}, "1000 ms more, give or take 50 ms"),
        ("link-bandwidth", {"bandwidth": "1 MB/s"}, "1e+06 B/s"),
        ("link-stall", {"stall": "2 s", "share": "5 %"}, "held back for 2000 ms for 5%"),
        ("link-cut", {}, "cut"),
        ("link-reset", {"share": "50 %"}, "reset for 50%"),
        ("link-hang", {}, "left without an answer"),
        ("link-slow-close", {}, "closed 2000 ms late"),
    ],
)
def test_it_wants_what_is_written(kind: str, keys: dict[str, str], words: str) -> None:
    assert wanted(kind, **keys).words.startswith(words)


def test_a_share_is_everybody_if_it_is_not_said() -> None:
    assert wanted("link-hang").share == 1
    assert wanted("link-hang", share="40 %").share == 0.4


@pytest.mark.parametrize(
    ("kind", "keys"),
    [
        ("link-latency", {}),
        ("link-latency", {"latency": "0 ms"}),
        ("link-latency", {"latency": "300 ms", "share": "5 %"}),
        ("link-bandwidth", {"bandwidth": "0 kB/s"}),
        ("link-hang", {"share": "0 %"}),
        ("link-hang", {"share": "101 %"}),
        ("link-cut", {"direction": "sideways"}),
    ],
    ids=lambda value: "-".join(value.values()) if isinstance(value, dict) else value,
)
def test_a_fault_that_would_do_nothing_is_not_read(kind: str, keys: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        FAULTS[kind].model_validate({"link": "l", **keys})


def test_it_is_undone_by_its_name_and_proven_through_the_link_and_the_entry_over_it() -> None:
    site = town(
        links=part("l", by="app", proxy="p", listen="127.0.0.1:81"),
        entries=entry("app", "http://app.example", path="/x"),
    )

    armed = arm("link-latency", site, link="l", latency="300 ms")

    assert [step["url"] for step in armed.undo] == [
        "http://127.0.0.1:1/proxies/p/toxics/nfrcheck-run-1-latency"
    ]
    assert [step["kind"] for step in armed.verify] == ["link", "http"]
    assert armed.verify[1]["url"] == "http://app.example/x"
    assert (armed.where, armed.touched) == ({"link": "l"}, "latency link l, 300 ms more")


def test_a_link_of_several_proxies_is_hurt_and_proven_at_each() -> None:
    site = town(links=part("l", proxy=["p", "q"], listen=["127.0.0.1:81", "127.0.0.1:82"]))

    armed = arm("link-hang", site, link="l")

    assert len(armed.undo) == 2
    assert [proof.way["port"] for proof in armed.proofs] == [81, 82]


def test_it_ends_by_itself_some_time_after_it_was_to_be_healed() -> None:
    site = town(links=part("l"))
    assert arm("link-cut", site, link="l").proofs[0].wanted.lasting_s is None

    site.lasting_s = 10.0

    lasting = arm("link-cut", site, link="l").proofs[0].wanted.lasting_s
    assert lasting is not None
    assert lasting >= 10 + 5 + 5, "its proof and its healing take their time"


@pytest.mark.parametrize(
    ("site", "words"),
    [
        pytest.param(town(), "has no link `l`", id="unknown"),
        pytest.param(town(links={"l": LinkPart(name="l")}), "l has no control", id="no-control"),
        pytest.param(
            town(
                links={
                    "l": LinkPart(
                        name="l", control=CONTROLS["shell"].model_validate({"kill": "true"})
                    )
                }
            ),
            "a control that no link fault knows",
            id="shell",
        ),
    ],
)
def test_what_has_no_way_to_be_hurt_is_refused(site: Town, words: str) -> None:
    with pytest.raises(DeploymentError, match=words):
        arm("link-cut", site, link="l")


JOINED = {
    **part("ab", "a", "b"),
    **part("ba", "b", "a"),
    **part("to-b", "b"),
    **part("inside"),
}


def test_a_region_is_cut_off_at_every_link_that_joins_it() -> None:
    armed = arm("region-isolate", town(links=JOINED), region="b")

    assert [proof.link for proof in armed.proofs] == ["ab", "ba", "to-b"]
    assert armed.where == {"region": "b"}
    assert armed.touched == "cut region b: links ab, ba, to-b, cut"


@pytest.mark.parametrize(
    ("direction", "cuts"),
    [
        # What enters b is what others send to it, and what answers it.
        ("in", {"ab": "out", "ba": "in", "to-b": "out"}),
        ("out", {"ab": "in", "ba": "out", "to-b": "in"}),
        ("both", {"ab": "both", "ba": "both", "to-b": "both"}),
    ],
)
def test_a_direction_is_that_of_the_region(direction: str, cuts: dict[str, str]) -> None:
    armed = arm("region-isolate", town(links=JOINED), region="b", direction=direction)

    assert {proof.link: proof.wanted.direction for proof in armed.proofs} == cuts


def test_a_region_that_can_be_isolated_by_itself_is() -> None:
    verbs = {verb: f"./region.sh {verb}" for verb in ("isolate", "rejoin", "verify")}
    site = town(links=JOINED)
    site.regions = {"b": CONTROLS["shell"].model_validate(verbs)}

    armed = arm("region-isolate", site, region="b")

    assert (armed.touched, armed.proofs) == ("isolate region b", ())
    assert armed.undo[0]["argv"] == ["./region.sh", "rejoin"]
    with pytest.raises(DeploymentError, match="knows no direction"):
        arm("region-isolate", site, region="b", direction="in")


def test_a_region_that_nothing_joins_is_refused() -> None:
    with pytest.raises(DeploymentError, match="no link joins it"):
        arm("region-isolate", town(links=part("inside")), region="b")
