"""A region is made grey through the links into its data path, or by an act of that name."""

from typing import Any

import pytest
from pydantic import ValidationError

from nfrcheck.deployments import CONTROLS
from nfrcheck.errors import DeploymentError
from nfrcheck.experiments.faults import FAULTS, Armed, Component, LinkPart
from nfrcheck.model.signs import Sign
from tests.victims.site import Town, entry

VERIFY = {"verify": "./well.sh"}
ACTS = {
    "read-only": {"do": "./freeze.sh", "undo": "./thaw.sh"},
    "expired-cert": {"do": "./expire.sh", "undo": "./renew.sh"},
}


def link(name: str, *joins: str, to: str | None = None) -> dict[str, LinkPart]:
    control = CONTROLS["toxiproxy"].model_validate(
        {"kind": "toxiproxy", "url": "http://127.0.0.1:1"}
    )
    return {name: LinkPart(name=name, control=control, joins=joins, to=to)}


def part(
    name: str, region: str, *, shows: str = "", acts: dict[str, dict[str, str]] | None = None
) -> dict[str, Component]:
    control = CONTROLS["shell"].model_validate(VERIFY | ({"acts": acts} if acts else {}))
    signs = {shows: Sign(header="x-mode")} if shows else {}
    return {name: Component(name=name, control=control, region=region, shows=signs)}


LINKS = {
    **link("door", "b"),
    **link("app-to-store", to="store-b"),
    **link("front", to="b"),
    **link("elsewhere", to="store-a"),
    **link("a-to-b", "a", "b"),
}
STORES = {**part("store-a", "a"), **part("store-b", "b")}


def town(**parts: Any) -> Town:
    given = {"regions": {"a": None, "b": None}, "components": STORES, "links": LINKS, **parts}
    return Town(contact=False, **given)


def grey(mode: str, site: Town | None = None, **keys: Any) -> Armed:
    read = {"kind": "region-grey", "region": "b", "mode": mode, **keys}
    return FAULTS["region-grey"].model_validate(read).arm(site or town())


@pytest.mark.parametrize(
    ("mode", "keys", "touched"),
    [
        ("errors", {}, "grey region b: links app-to-store, front, reset"),
        (
            "errors",
            {"share": "50 %"},
            "links app-to-store, front, reset for 50% of the connections",
        ),
        ("slow", {}, "grey region b: links app-to-store, front, 500 ms more"),
        ("slow", {"latency": "80 ms"}, "80 ms more"),
        ("stalls", {}, "grey region b: links app-to-store, front, held back for 2000 ms"),
        ("stalls", {"share": "30 %", "stall": "1 s"}, "held back for 1000 ms for 30%"),
        ("one-way", {}, "grey region b: links app-to-store, front, cut in"),
    ],
)
def test_a_mode_hurts_the_links_into_the_data_path(
    mode: str, keys: dict[str, Any], touched: str
) -> None:
    armed = grey(mode, **keys)

    assert touched in armed.touched
    assert armed.where == {"region": "b", "mode": mode}
    assert [proof.link for proof in armed.proofs] == ["app-to-store", "front"]
    assert armed.undo


def test_without_such_links_those_that_are_joined_to_the_region_are_hurt() -> None:
    armed = grey("errors", town(links={**link("door", "b"), **link("b-to-a", "b", "a")}))

    assert [proof.link for proof in armed.proofs] == ["door"]


def test_it_must_be_felt_at_the_entries_of_the_region_and_be_over_there_afterwards() -> None:
    entries = {
        **entry("at-a", "https://a.example", region="a"),
        **entry("at-b", "https://b.example:8443", region="b", path="/x"),
        **entry("global", "https://example"),
    }

    armed = grey("slow", town(entries=entries))

    (felt,) = (proof for proof in armed.proofs if proof.felt)
    assert (felt.title, felt.way["url"]) == ("entry at-b", "https://b.example:8443/x")
    assert (felt.way["address"], felt.way["port"]) == ("127.0.0.1", 8443)
    assert felt.way in armed.verify


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"mode": "errors", "latency": "1 s"}, "no key of `mode: errors`"),
        ({"mode": "slow", "share": "5 %"}, "no key of `mode: slow`"),
        ({"mode": "one-way", "stall": "5 s"}, "no key of `mode: one-way`"),
        ({"mode": "bad"}, "Input should be"),
        ({}, "Field required"),
    ],
)
def test_a_key_that_would_do_nothing_is_not_read(keys: dict[str, str], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        FAULTS["region-grey"].model_validate({"region": "b", **keys})


@pytest.mark.parametrize(
    ("mode", "site", "words"),
    [
        pytest.param("slow", town(links={}), "no link leads into the data path", id="no-link"),
        pytest.param("slow", town(regions={"a": None}), "no region `b`", id="no-region"),
        pytest.param("read-only", town(), "no act `read-only`", id="no-act"),
        pytest.param(
            "read-only",
            town(components=part("store-b", "b", acts={"read-only": {"do": "x", "undo": "none"}})),
            "nothing undoes `read-only`",
            id="not-undone",
        ),
        pytest.param(
            "read-only",
            town(components=part("store-b", "b", acts=ACTS)),
            "nothing in an answer shows",
            id="not-shown",
        ),
    ],
)
def test_what_the_deployment_lacks_is_refused_with_what_to_declare(
    mode: str, site: Town, words: str
) -> None:
    with pytest.raises(DeploymentError, match=words) as refused:
        grey(mode, site)

    assert mode == "slow" or refused.value.remedy


def test_a_store_that_only_reads_is_an_act_of_a_component_that_its_answers_show() -> None:
    site = town(components=part("store-b", "b", shows="read-only", acts=ACTS))

    armed = grey("read-only", site)

    assert armed.touched == "read-only component store-b"
    assert [step["argv"] for step in armed.undo] == [["./thaw.sh"]]
    assert [(proof.what, proof.sign) for proof in armed.answers] == [
        ("read-only", Sign(header="x-mode"))
    ]


def test_a_certificate_that_ran_out_is_an_act_of_the_region_seen_at_its_entry() -> None:
    control = CONTROLS["shell"].model_validate(VERIFY | {"acts": ACTS})
    site = town(regions={"b": control}, entries=entry("at-b", "https://b.example", region="b"))

    armed = grey("expired-cert", site)

    assert (armed.touched, armed.answers, armed.proofs) == ("expired-cert region b", (), ())
    assert armed.where == {"region": "b", "mode": "expired-cert"}
    assert [step["kind"] for step in armed.verify] == ["http", "argv"]
