"""What is broken is named by its place; without `each` a part can fail a target, not pass it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from nfrcheck.checks.availability import Availability
from nfrcheck.model.history import Span, Stream
from nfrcheck.model.question import EvidenceRules
from nfrcheck.model.records import REFUSED, Cell
from nfrcheck.model.verdict import Outcome, Verdict
from tests.checks.histories import (
    answered,
    history,
    in_cell,
    question,
    spread,
    stream,
)

NINETY = Availability.model_validate({"at_least": "90 %", "longest_outage": "off"})
FOUR_CELLS = (
    Cell("region-a", "home"),
    Cell("region-a", "order"),
    Cell("region-b", "home"),
    Cell("region-b", "order"),
)


def judged(made: Stream, check: Availability = NINETY, **more: Any) -> Verdict:
    return check.judge(history(made), question(**more))


@pytest.mark.parametrize(
    ("cells", "broken", "where"),
    [
        pytest.param(FOUR_CELLS, (1, 3), {"route": "order"}, id="route"),
        pytest.param(FOUR_CELLS, (2, 3), {"entry": "region-b"}, id="entry"),
        pytest.param(
            (Cell("global", "home", "a"), Cell("global", "home", "b")),
            (1,),
            {"region": "b"},
            id="region",
        ),
        pytest.param(
            (Cell("global", "home", client="fresh"), Cell("global", "home", client="pooled")),
            (0,),
            {"client": "fresh"},
            id="client",
        ),
        pytest.param(
            (
                Cell("global", "home", principal="alice"),
                Cell("global", "home", principal="bob"),
            ),
            (1,),
            {"principal": "bob"},
            id="principal",
        ),
        pytest.param(FOUR_CELLS, (0, 1, 2, 3), {}, id="everything-alike"),
    ],
)
def test_the_stratum_that_alone_is_broken_fails_and_is_named(
    cells: Sequence[Cell], broken: tuple[int, ...], where: dict[str, str]
) -> None:
    made = stream(rate=400.0, cells=cells)

    found = judged(answered(made, in_cell(made, *broken) & spread(made, 0.4), status=503))

    assert (found.outcome, dict(found.where)) == (Outcome.FAIL, where)
    assert all(f"{key} {value}: " in found.because for key, value in where.items())
    assert judged(made).outcome is Outcome.PASS


def test_a_thin_stratum_that_is_broken_fails_a_target_that_holds_on_the_whole() -> None:
    cells = (*[Cell("global", "home")] * 49, Cell("global", "order"))
    made = stream(rate=1000.0, cells=cells)

    found = judged(answered(made, in_cell(made, 49) & spread(made, 0.5), status=500))

    assert (found.outcome, dict(found.where)) == (Outcome.FAIL, {"route": "order"})


def test_without_each_the_whole_passes_and_the_row_counts_the_strata_proven_alone() -> None:
    cells = (*[Cell("global", "home")] * 199, Cell("global", "order"))
    made = stream(rate=1000.0, cells=cells)
    nines = Availability.model_validate({"at_least": "99.9 %"})
    rules = EvidenceRules(planned_seconds=60.0)

    pooled = judged(made, nines, rules=rules)
    each = judged(made, nines, rules=rules, each=("route",))

    assert pooled.outcome is Outcome.PASS
    assert pooled.supports.endswith("1 of 2 strata are proven alone")
    assert each.outcome is Outcome.INCONCLUSIVE
    assert dict(each.where) == {"route": "order"}


def test_with_each_every_stratum_must_pass() -> None:
    made = stream(rate=400.0, cells=FOUR_CELLS)

    found = judged(made, each=("route", "entry"))

    assert found.outcome is Outcome.PASS
    assert [part.name for part in found.parts] == [
        "route home",
        "route order",
        "entry region-a",
        "entry region-b",
    ]


def test_only_judges_what_it_names_and_nothing_else() -> None:
    made = stream(rate=400.0, cells=FOUR_CELLS)
    broken = answered(made, in_cell(made, 3), status=503)

    healthy = judged(broken, only={"route": "order", "entry": "region-a"}, each=("route",))
    sick = judged(broken, only={"route": "order", "entry": "region-b"})

    assert (healthy.outcome, healthy.samples) == (Outcome.PASS, 6000)
    assert (sick.outcome, sick.samples) == (Outcome.FAIL, 6000)


@pytest.mark.parametrize("key", ["vantage", "topic", "direction", "run"])
@pytest.mark.parametrize("asked", ["each", "only"])
def test_what_requests_do_not_tell_apart_is_not_run(key: str, asked: str) -> None:
    more: dict[str, Any] = {asked: {key: "x"} if asked == "only" else (key,)}
    found = judged(stream(), **more)

    assert found.outcome is Outcome.NOT_RUN
    assert key in found.because


REGIONS = (Cell("global", "home"), Cell("global", "home", "a"), Cell("global", "home", "b"))


def by_region(bad_share: float, rate: float = 300.0) -> Stream:
    """Answers alternate between the regions; a bad one names none."""
    made = stream(rate=rate, cells=REGIONS[1:])
    made = replace(made, cells=REGIONS, cell=(made.cell + 1).astype(np.uint8))
    bad = spread(made, bad_share)
    return replace(
        answered(made, bad, status=REFUSED), cell=np.where(bad, 0, made.cell).astype(np.uint8)
    )


def test_a_bad_answer_without_a_region_may_be_any_regions_for_a_pass_and_is_none_s_for_a_fail() -> (
    None
):
    ten_percent = by_region(0.08)

    pooled = judged(ten_percent)
    each = judged(ten_percent, each=("region",))

    assert pooled.outcome is Outcome.PASS
    assert each.outcome is Outcome.INCONCLUSIVE
    assert {part.name: part.figures["homeless"] for part in each.parts} == {
        "region a": pooled.failures,
        "region b": pooled.failures,
    }
    assert judged(by_region(0.001), each=("region",)).outcome is Outcome.PASS


def test_a_region_alone_is_judged_with_the_bad_answers_that_name_none() -> None:
    hidden = judged(by_region(0.3), only={"region": "b"})

    assert hidden.outcome is Outcome.INCONCLUSIVE
    assert hidden.failures
    assert judged(by_region(0.0), only={"region": "b"}).outcome is Outcome.PASS


@pytest.mark.parametrize("asked", [{"each": ("region",)}, {"only": {"region": "a"}}])
def test_regions_that_no_answer_can_name_are_not_run(asked: dict[str, Any]) -> None:
    found = judged(stream(), **asked)

    assert found.outcome is Outcome.NOT_RUN
    assert "served_by" in found.because


def test_a_principal_beside_requests_of_nobody_is_judged_by_itself() -> None:
    """Alice sends 2 % of all requests, and a quarter of hers fail: 0.5 % of all."""
    cells = (Cell("global", "home"), Cell("global", "order", principal="alice"))
    made = stream(rate=100.0, seconds=600.0, cells=cells)
    number = np.arange(len(made))
    made = replace(made, cell=(number % 50 == 0).astype(np.uint8))
    made = answered(made, number % 200 == 0, status=503)
    steady = Span(name="steady", start=0.0, end=600.0)
    check = Availability.model_validate({"at_least": "99 %"})

    found = check.judge(history(made, spans=[steady]), question(each=("principal",)))

    assert found.outcome is Outcome.FAIL
    assert found.where == {"principal": "alice"}
