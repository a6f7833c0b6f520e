"""A fault that was put back long before its time has not shown that it is borne."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from nfrcheck.checks.capacity_without_region import CapacityWithoutRegion
from nfrcheck.checks.deploy_without_downtime import DeployWithoutDowntime
from nfrcheck.checks.static_stability import StaticStability
from nfrcheck.model.history import History, Span, Stream
from nfrcheck.model.question import EvidenceRules, Question
from nfrcheck.model.verdict import Outcome, Verdict
from tests.checks.histories import answered, between, drill, history, question, stream

STABLE = StaticStability.model_validate({"at_least": "95 %"})
ROLLED = DeployWithoutDowntime.model_validate({"failed": "<= 0"})
CARRIES = CapacityWithoutRegion.model_validate({"p50": "< 200 ms"})


def seen(made: Stream, held_s: float, runs: int = 2) -> History:
    courses = [drill(run=run + 1, at=10.0 + 30.0 * run, hold_s=held_s) for run in range(runs)]
    spans = [span for spans, _ in courses for span in spans]
    return history(made, spans=spans, faults=tuple(record for _, record in courses))


def load() -> Stream:
    return stream(seconds=70.0)


def asked(planned_s: float = 8.0, runs: int = 2) -> Question:
    return question(
        drills=("lose-b",),
        expected_runs={"lose-b": runs},
        holds_s={"lose-b": planned_s},
        rules=EvidenceRules(planned_seconds=planned_s, burst_s=0.05),
    )


@pytest.mark.parametrize("check", [STABLE, ROLLED, CARRIES], ids=lambda one: type(one).__name__)
def test_a_pass_of_a_hold_that_was_cut_short_is_none(check: Any) -> None:
    found: Verdict = check.judge(seen(load(), 1.0), asked())

    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.because.startswith("lose-b/1: the fault was held 1.0 s of 8.0 s; until then: ")
    assert found.needed is not None
    assert found.needed.seconds == 7.0
    assert check.judge(seen(load(), 8.0), asked()).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("held_s", "outcome"),
    [
        pytest.param(7.5, Outcome.PASS, id="just-about-whole"),
        pytest.param(7.4, Outcome.INCONCLUSIVE, id="too-short"),
    ],
)
def test_a_moment_less_is_no_cut(held_s: float, outcome: Outcome) -> None:
    assert STABLE.judge(seen(load(), held_s), asked()).outcome is outcome


def test_one_run_that_was_cut_short_is_enough() -> None:
    whole, short = seen(load(), 8.0), seen(load(), 1.0)
    spans = tuple(s for s in whole.spans if s.run == 1) + tuple(
        s for s in short.spans if s.run == 2
    )
    mixed = replace(whole, spans=spans, faults=(whole.faults[0], short.faults[1]))

    found = STABLE.judge(mixed, asked())

    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.because.startswith("lose-b/2: the fault was held 1.0 s of 8.0 s")


def test_what_failed_until_then_stays_failed() -> None:
    made = answered(load(), between(load(), 10.1, 11.1), status=503)

    assert STABLE.judge(seen(made, 1.0), asked()).outcome is Outcome.FAIL


def test_where_nobody_planned_a_length_any_is_whole() -> None:
    given = replace(asked(), holds_s={})

    assert STABLE.judge(seen(load(), 1.0), given).outcome is Outcome.PASS


# ---- a roll-out that was never rolled back


@pytest.mark.parametrize("missing", ["healed", "verified"])
def test_a_roll_out_that_was_not_seen_to_be_put_back_passes_nothing(missing: str) -> None:
    spans, record = drill()
    made = load()
    cut = tuple(span for span in spans if span.part in {"baseline", "fault"})
    hold = Span(name="lose-b", start=10.1, end=11.0, kind="drill", part="hold", run=1)
    lost: dict[str, Any] = {missing: None}
    half = replace(record, **lost)

    found = ROLLED.judge(history(made, spans=(*cut, hold), faults=(half,)), asked(runs=1))

    assert found.outcome is Outcome.INVALID
    assert "lose-b/1: it was not seen to be put back; what was seen: 0 of 101" in found.because


def test_a_roll_out_that_failed_and_was_not_put_back_stays_failed() -> None:
    spans, record = drill()
    made = answered(load(), np.isin(np.arange(7000), (1100, 1101)), status=502)

    found = ROLLED.judge(
        history(made, spans=spans, faults=(replace(record, verified=None),)), asked(runs=1)
    )

    assert found.outcome is Outcome.FAIL
