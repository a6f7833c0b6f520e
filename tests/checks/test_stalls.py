"""One freeze that was seen is a counter-example, whatever the percentile is."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from nfrcheck.checks.latency import Latency
from nfrcheck.model.history import Stream
from nfrcheck.model.question import EvidenceRules
from nfrcheck.model.records import Cell
from nfrcheck.model.verdict import Outcome, Verdict
from tests.checks.histories import (
    answered,
    between,
    health,
    history,
    question,
    stream,
)

OFF = {"longest_stall": "off"}
P99 = Latency.model_validate({"p99": "< 200 ms"} | OFF)
RULES = EvidenceRules(planned_seconds=60.0)
ROUTES = (Cell("global", "home"), Cell("global", "order"))


def judged(made: Stream, check: Latency = P99, **more: Any) -> Verdict:
    return check.judge(history(made), question(rules=RULES, **more))


ONCE = Latency.model_validate({"p50": "< 200 ms"})


@pytest.mark.parametrize(
    ("frozen_s", "keys", "outcome"),
    [
        pytest.param(3.0, {}, Outcome.FAIL, id="3-s"),
        pytest.param(0.9, {}, Outcome.PASS, id="0.9-s-is-none"),
        pytest.param(3.0, OFF, Outcome.PASS, id="off"),
        pytest.param(3.0, {"longest_stall": "5 s"}, Outcome.PASS, id="allowed"),
    ],
)
def test_one_freeze_that_was_seen_fails_at_once(
    frozen_s: float, keys: Mapping[str, str], outcome: Outcome
) -> None:
    made = stream()
    frozen = between(made, 20.0, 20.0 + frozen_s)
    held = replace(made, done=np.where(frozen, 20.0 + frozen_s + 0.01, made.done))

    found = judged(held, Latency.model_validate({"p50": "< 100 ms", **keys}))

    assert found.outcome is outcome


def test_the_sentence_of_a_stall_says_how_long_and_from_when() -> None:
    made = stream()

    found = judged(answered(made, between(made, 20, 23), latency_s=4.0), ONCE)

    assert found.because == (
        "one stall of 2.8 s from 20.0 s to 23.0 s (300 requests in a row, "
        "none faster than 200 ms); at most 1.0 s is allowed"
    )
    assert found.figures["stall_from_s"] == pytest.approx(20.0)


def test_a_stall_of_one_route_is_found_there() -> None:
    made = stream(cells=ROUTES)
    frozen = between(made, 20, 23) & (made.cell == 1)

    found = judged(answered(made, frozen, latency_s=4.0), ONCE)

    assert (found.outcome, dict(found.where)) == (Outcome.FAIL, {"route": "order"})
    assert found.samples == 3000


def test_a_stall_stands_even_where_nothing_else_can_be_judged() -> None:
    made = stream()
    frozen = answered(made, between(made, 20, 23), latency_s=4.0)
    lines = health("load-shop.0", 45)

    found = ONCE.judge(history(frozen, health=lines), question())
    nothing = ONCE.judge(history(made, health=lines), question())

    assert (found.outcome, nothing.outcome) == (Outcome.FAIL, Outcome.INVALID)
    assert "silent" in nothing.because
