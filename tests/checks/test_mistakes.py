"""A wrong path, token or address is a question to the author, and no finding."""

from typing import Any

import numpy as np
import pytest

from nfrcheck.checks.availability import Availability
from nfrcheck.model.history import Stream
from nfrcheck.model.records import REFUSED, Cell
from nfrcheck.model.verdict import Outcome, Verdict
from tests.checks.histories import (
    answered,
    between,
    history,
    in_cell,
    question,
    spread,
    stream,
)

NINETY = Availability.model_validate({"at_least": "90 %", "longest_outage": "off"})
FOUR_NINES = Availability.model_validate({"at_least": "99.99 %"})
LENIENT = Availability.model_validate({"at_least": "50 %"})
ROUTES = (Cell("global", "home"), Cell("global", "order"))


def judged(made: Stream, check: Availability = NINETY, **more: Any) -> Verdict:
    return check.judge(history(made), question(**more))


@pytest.mark.parametrize(
    ("status", "question_back"),
    [
        pytest.param(401, "401 on 100 % of route order: is the token right?", id="token"),
        pytest.param(403, "403 on 100 % of route order: may this principal do this?", id="scope"),
        pytest.param(404, "404 on 100 % of route order: is the path right?", id="path"),
        pytest.param(405, "405 on 100 % of route order: is the method right?", id="method"),
        pytest.param(422, "422 on 100 % of route order: is the request right?", id="body"),
    ],
)
@pytest.mark.parametrize("expected", [None, False], ids=["no-expectation", "201-expected"])
def test_a_route_that_answers_only_4xx_is_a_question_to_the_author(
    status: int, question_back: str, *, expected: bool | None
) -> None:
    made = stream(cells=ROUTES)

    found = judged(answered(made, in_cell(made, 1), status=status, expected=expected), FOUR_NINES)

    assert (found.outcome, found.because) == (Outcome.INVALID, question_back)


def test_a_wrong_path_everywhere_is_invalid_however_it_is_expected() -> None:
    made = stream()
    everything = np.ones(len(made), dtype=np.bool_)

    for expected in (None, False):
        found = judged(answered(made, everything, status=404, expected=expected), FOUR_NINES)
        assert found.outcome is Outcome.INVALID
        assert found.because == "404 on 100 % of all requests: is the path right?"


def test_an_outage_beside_a_wrong_route_still_stands() -> None:
    made = stream(cells=ROUTES)
    wrong = answered(made, in_cell(made, 1), status=404, expected=False)

    found = judged(answered(wrong, in_cell(made, 0) & between(made, 20, 30), status=503), LENIENT)

    assert found.outcome is Outcome.FAIL
    assert "one outage" in found.because


@pytest.mark.parametrize(
    ("share", "allowed", "outcome"),
    [
        pytest.param(0.05, "1 %", Outcome.INVALID, id="5-percent-are-too-many"),
        pytest.param(0.05, "10 %", Outcome.PASS, id="5-percent-are-allowed"),
        pytest.param(0.005, "1 %", Outcome.PASS, id="half-a-percent"),
    ],
)
def test_client_errors_are_neither_good_nor_bad_up_to_a_share(
    share: float, allowed: str, outcome: Outcome
) -> None:
    check = Availability.model_validate({"at_least": "90 %", "client_errors": allowed})
    made = stream()

    found = judged(answered(made, spread(made, share), status=404), check)

    assert found.outcome is outcome


def test_client_errors_of_one_stratum_are_not_hidden_by_the_others() -> None:
    cells = (
        *[Cell("global", "home", principal="alice")] * 9,
        Cell("global", "home", principal="bob"),
    )
    made = stream(rate=200.0, cells=cells)

    found = judged(answered(made, in_cell(made, 9) & spread(made, 0.08), status=403))

    assert found.outcome is Outcome.INVALID
    assert "principal bob: may this principal do this?" in found.because


def test_an_expected_4xx_is_no_mistake() -> None:
    made = stream(cells=ROUTES)

    assert (
        judged(answered(made, in_cell(made, 1), status=404, expected=True)).outcome is Outcome.PASS
    )


def all_of(made: Stream, status: int, *, expected: bool | None = None) -> Stream:
    everything = np.ones(len(made), dtype=np.bool_)
    return answered(made, everything, status=status, expected=expected, latency_s=0.001)


def test_a_host_that_never_answered_was_never_measured() -> None:
    dead = all_of(stream(), REFUSED)

    for answers in ({"global": False}, {}):
        found = FOUR_NINES.judge(history(dead, answered=answers), question())
        assert found.outcome is Outcome.INVALID
        assert found.because == "global never answered: is the address right, is it up?"


def test_a_host_that_dies_after_the_preflight_fails() -> None:
    found = FOUR_NINES.judge(history(all_of(stream(), REFUSED)), question())

    assert found.outcome is Outcome.FAIL


def test_a_run_that_ended_because_nobody_answered_says_so() -> None:
    found = FOUR_NINES.judge(history(spans=(), answered={"global": False}), question())

    assert found.outcome is Outcome.INVALID
    assert "global never answered" in found.because


def test_one_entry_that_never_answered_is_named_and_no_finding() -> None:
    cells = (Cell("region-a", "home"), Cell("region-b", "home"))
    made = stream(cells=cells)
    dead = answered(made, in_cell(made, 1), status=REFUSED)

    never = FOUR_NINES.judge(history(dead, answered={"region-a": True}), question())
    once = FOUR_NINES.judge(
        history(dead, answered={"region-a": True, "region-b": True}), question()
    )

    assert never.outcome is Outcome.INVALID
    assert never.because == "region-b never answered: is the address right, is it up?"
    assert (once.outcome, dict(once.where)) == (Outcome.FAIL, {"entry": "region-b"})


@pytest.mark.parametrize(
    ("status", "expected", "words"),
    [
        pytest.param(503, None, "every answer was 503; ", id="5xx"),
        pytest.param(200, False, "is `expect` right? ", id="200-that-is-not-expected"),
        pytest.param(503, False, "is `expect` right? ", id="5xx-where-another-is-expected"),
    ],
)
def test_what_was_never_once_good_fails_and_asks_for_what_was_declared(
    status: int, words: str, *, expected: bool | None
) -> None:
    for check in (FOUR_NINES, FOUR_NINES.model_copy(update={"longest_outage": None})):
        found = judged(all_of(stream(), status, expected=expected), check)
        assert found.outcome is Outcome.FAIL
        assert found.because.startswith(f"never once good: {words}")
    assert not judged(all_of(stream(), 200, expected=True)).because.startswith("never")
