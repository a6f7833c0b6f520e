"""Whatever `{name}` is sent, something fills it: what is not known is refused where it stands."""

from dataclasses import replace

import pytest

from nfrcheck.plan import Options, plan
from nfrcheck.scenario.read import Pair
from nfrcheck.wire.traffic import compile_traffic

from .conftest import OF_SHOP, Complain, Read, load_of, probe_of


def compiled(pair: Pair) -> None:
    """As each child does it before it sends anything."""
    for spec in plan(pair.scenario, pair.deployment, Options()).traffic:
        compile_traffic(replace(spec, folder=".", t0_ns=1, run_id="r"))


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("{rate: 5/s, headers: {x-sku: 'a-{sku}'}, journey: {a: {get: /}}}", 38),
        ("{rate: 5/s, journey: {a: {get: /, headers: {x-sku: '{sku}'}}}}", 60),
        ("{rate: 5/s, journey: {a: {get: /, query: {'{sku}': a}}}}", 51),
    ],
    ids=["headers-of-the-load", "headers-of-a-route", "the-name-of-a-parameter"],
)
def test_a_hole_of_a_load_that_nothing_fills_is_refused(
    complain: Complain, text: str, column: int
) -> None:
    found = complain(load_of(text))

    assert [(one.code, one.line, one.column) for one in found] == [("NFR016", 3, column)]
    assert found[0].message == "`{sku}` is neither in `data` nor saved nor built in"


@pytest.mark.parametrize(
    "text",
    [
        "{get: '/o/{sku}', every: 1 s}",
        "{get: /, headers: {x-sku: '{sku}'}, every: 1 s}",
        "{get: /, query: {of: '{sku}'}, every: 1 s}",
        "{post: '/{sku}', id: /id, read: '/{id}', rate: 5/s}",
        "{post: /, json: {a: ['{sku}']}, id: /id, read: '/{id}', rate: 5/s}",
        "{post: /, id: /id, read: '/{sku}/{id}', rate: 5/s}",
        "{post: /, id: /id, read: {get: '/{id}', headers: {x-sku: '{sku}'}}, rate: 5/s}",
    ],
    ids=["path", "header", "query", "write", "body", "read", "header-of-a-read"],
)
def test_a_hole_of_a_probe_that_nothing_fills_is_refused(complain: Complain, text: str) -> None:
    found = complain(probe_of(text))

    assert [(one.code, one.line) for one in found] == [("NFR016", 5)]
    assert found[0].message == "`{sku}` is not built in, and a probe has no `data`"


def test_what_is_built_in_is_sent_by_loads_and_by_probes(read: Read) -> None:
    """The id of a write is known where it is read back, and nowhere else."""
    shop = (
        "{rate: 5/s, data: {s: 'a-{1..2}'}, headers: {x: '{s}{run}'}, journey: {a: {get: '/{n}'}}}"
    )
    writes = "{post: '/{uuid}', id: /id, read: {get: '/{id}', headers: {x: '{id}'}}, rate: 5/s}"

    compiled(
        read(
            f"nfrcheck: 1\nload:\n  shop: {shop}\nprobes:\n  edge: {writes}\n"
            f"  look: {{get: '/{{n}}', headers: {{x: '{{uuid}}'}}, every: 1 s}}\n{OF_SHOP}"
        )
    )
