"""Seconds in which the tester was unwell decide nothing, and are named."""

from dataclasses import replace
from typing import Any

import pytest

from nfrcheck.checks.availability import Availability
from nfrcheck.checks.health import tester_health as health_of
from nfrcheck.checks.latency import Latency
from nfrcheck.model.history import Health, History, Span
from nfrcheck.model.question import EvidenceRules
from nfrcheck.model.records import NOT_SENT
from nfrcheck.model.verdict import Outcome, Verdict
from tests.checks.histories import (
    STEADY,
    answered,
    between,
    every,
    health,
    history,
    question,
    stream,
)

NINETY = Availability.model_validate({"at_least": "90 %", "longest_outage": "off"})
NINES = Availability.model_validate({"at_least": "99.9 %"})
CHILD = "load-shop.0"


def sick(*seconds: int, instrument: str = CHILD, **figures: Any) -> tuple[Health, ...]:
    """Health lines in which the tester was unwell in some seconds."""
    return tuple(
        replace(line, figures={**line.figures, **figures}) if int(line.t - 1) in seconds else line
        for line in health(instrument, 61)
    )


def told(seen: History) -> Verdict:
    return NINETY.judge(seen, question())


@pytest.mark.parametrize(
    ("figures", "words"),
    [
        pytest.param({"cpu": 1.0}, "used 100 % of a core", id="cpu"),
        pytest.param({"beat_p99_ms": 900.0}, "stood still for up to 900 ms", id="heartbeat"),
    ],
)
def test_an_unwell_tester_makes_everything_invalid(figures: dict[str, Any], words: str) -> None:
    found = told(history(stream(), health=sick(*range(20, 30), **figures)))

    assert found.outcome is Outcome.INVALID
    assert "the tester was unwell in 10 of 60 s" in found.because
    assert words in found.because


def test_waiting_for_a_core_alone_makes_nothing_invalid() -> None:
    assert told(history(stream(), health=sick(*range(60), waiting=0.5))).outcome is Outcome.PASS


def starved(*seconds: int, **figures: float) -> tuple[Health, ...]:
    """The tester is well; the machine is short of cores for ten seconds or more."""
    figures = figures or {"pressed": 0.9}
    return (*health(CHILD, 61), *sick(*seconds, instrument="host", **figures))


@pytest.mark.parametrize(
    ("local", "when", "outcome"),
    [
        pytest.param(True, range(20, 40), Outcome.INVALID, id="the-target-runs-on-it"),
        pytest.param(False, range(20, 40), Outcome.FAIL, id="the-target-runs-elsewhere"),
        pytest.param(True, range(40, 60), Outcome.FAIL, id="at-another-time"),
    ],
)
def test_failures_on_a_starved_machine_may_be_somebody_else_s_work(
    *, local: bool, when: range, outcome: Outcome
) -> None:
    made = replace(stream(rate=1000.0), local=local)
    broken = answered(made, between(made, 20, 40) & every(made, 3), status=503)
    check = NINES.model_copy(update={"longest_outage": None})

    found = check.judge(history(broken, health=starved(*when)), question())

    assert found.outcome is outcome
    if outcome is Outcome.INVALID:
        assert "tasks on this machine waited for a core 90 % of the time" in found.because


def test_a_pass_on_a_starved_machine_stands() -> None:
    made = replace(stream(), local=True)

    assert told(history(made, health=starved(*range(60)))).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("figures", "words"),
    [
        pytest.param({"steal": 0.4}, "other machines took 40 % of the cores", id="stolen"),
        pytest.param({"unpressed": 0.99}, "were busy 99 % of the time", id="the-kernel-tells-less"),
    ],
)
def test_a_machine_is_starved_in_other_ways_too(figures: dict[str, float], words: str) -> None:
    made = replace(stream(rate=1000.0), local=True)
    broken = answered(made, between(made, 20, 40) & every(made, 3), status=503)
    check = NINES.model_copy(update={"longest_outage": None})

    found = check.judge(history(broken, health=starved(*range(20, 40), **figures)), question())

    assert found.outcome is Outcome.INVALID
    assert words in found.because


def test_of_a_machine_that_nobody_watched_no_failure_is_the_targets() -> None:
    made = replace(stream(), local=True)
    out = answered(made, between(made, 25, 28), status=503)
    lines = tuple(line for line in starved() if not 22 < line.t < 32)

    found = Availability.model_validate({"at_least": "50 %"}).judge(
        history(out, health=lines), question()
    )

    assert found.outcome is not Outcome.FAIL


def test_an_outage_while_the_machine_was_starved_is_no_counter_example() -> None:
    made = replace(stream(), local=True)
    out = answered(made, between(made, 25, 28), status=503)
    check = Availability.model_validate({"at_least": "50 %"})

    busy = check.judge(history(out, health=starved(*range(20, 30))), question())
    calm = check.judge(history(out, health=starved(*range(40, 50))), question())

    assert busy.outcome is not Outcome.FAIL
    assert calm.outcome is Outcome.FAIL


def test_a_promise_of_100_percent_is_broken_only_by_what_the_target_did() -> None:
    made = replace(stream(), local=True)
    check = Availability.model_validate({"at_least": "100 %"})
    broken = answered(made, made.due == 25.0, status=503)

    busy = check.judge(history(broken, health=starved(*range(20, 30))), question())
    calm = check.judge(history(broken, health=starved(*range(40, 50))), question())

    assert (busy.outcome, calm.outcome) == (Outcome.INVALID, Outcome.FAIL)
    assert "but tasks on this machine waited for a core" in busy.because


def test_an_idle_child_does_not_hide_a_busy_one() -> None:
    lines = (*sick(*range(20, 40), cpu=1.0), *health("load-shop.1", 61))

    assert told(history(stream(), health=lines)).outcome is Outcome.INVALID


def test_two_bad_seconds_are_left_out_and_named() -> None:
    found = told(history(stream(), health=sick(20, 21, beat_p99_ms=50.0)))

    assert (found.outcome, found.samples) == (Outcome.PASS, 5800)
    assert found.because.endswith(
        "; 2.0 s left out in which the tester was unwell "
        "(the generator stood still for up to 50 ms)"
    )
    assert found.figures["removed_seconds"] == 2.0


@pytest.mark.parametrize("bad_inside", [True, False], ids=["bad-inside", "good-inside"])
def test_a_verdict_never_depends_on_the_seconds_that_were_left_out(*, bad_inside: bool) -> None:
    made = stream(rate=1000.0)
    rules = EvidenceRules(planned_seconds=60.0, burst_s=0.001)
    lines = sick(20, 21, beat_p99_ms=50.0)
    inside = between(made, 20, 22)
    broken = answered(made, inside if bad_inside else every(made, 5000) & ~inside, status=503)
    check = NINES.model_copy(update={"longest_outage": None})

    found = check.judge(history(broken, health=lines), question(rules=rules))

    if bad_inside:
        assert found.outcome is Outcome.INVALID
        assert "would change the verdict" in found.because
    else:
        assert found.outcome is Outcome.PASS


def test_failures_of_unwell_seconds_are_no_outage() -> None:
    made = stream()
    out = answered(made, between(made, 20, 22.5), status=503)
    check = Availability.model_validate({"at_least": "50 %"})

    well = check.judge(history(out), question())
    unwell = check.judge(history(out, health=sick(20, 21, beat_p99_ms=80.0)), question())

    assert well.outcome is Outcome.FAIL
    assert unwell.outcome is not Outcome.FAIL


def test_an_outage_does_not_reach_across_seconds_in_which_nobody_could_look() -> None:
    made = stream()
    blinks = between(made, 19.3, 20.0) | between(made, 21.0, 21.7)
    out = answered(made, blinks, status=503)
    check = Availability.model_validate({"at_least": "50 %"})

    found = check.judge(history(out, health=sick(20, beat_p99_ms=80.0)), question())

    assert found.outcome is not Outcome.FAIL


@pytest.mark.parametrize(
    ("seconds", "outcome"),
    [
        pytest.param((0, 29), Outcome.FAIL, id="first-and-last-second-of-the-other-phase"),
        pytest.param((40,), Outcome.FAIL, id="first-second-of-its-own-phase"),
        pytest.param((59,), Outcome.FAIL, id="last-second-of-its-own-phase"),
        pytest.param((50, 51), Outcome.PASS, id="while-it-lasted"),
    ],
)
def test_an_outage_stands_beside_unwell_seconds_of_another_time(
    seconds: tuple[int, ...], outcome: Outcome
) -> None:
    spans = [Span(name="one", start=0, end=30), Span(name="two", start=40, end=60)]
    made = stream()
    out = answered(made, between(made, 50, 52), status=503)
    check = Availability.model_validate({"at_least": "50 %"})
    lines = sick(*seconds, beat_p99_ms=80.0)

    found = check.judge(history(out, spans=spans, health=lines), question())

    assert (found.outcome is Outcome.FAIL) == (outcome is Outcome.FAIL)


def test_a_promise_of_100_percent_is_not_judged_by_an_unwell_tester() -> None:
    check = Availability.model_validate({"at_least": "100 %", "longest_outage": "off"})
    made = answered(stream(), stream().due == 50.0, status=503)

    few = check.judge(history(made, health=sick(50, beat_p99_ms=80.0)), question())
    many = check.judge(history(made, health=sick(*range(20, 40), cpu=1.0)), question())

    assert (few.outcome, few.failures) == (Outcome.INCONCLUSIVE, 0)
    assert "1.0 s left out in which the tester was unwell" in few.because
    assert many.outcome is Outcome.INVALID


def test_an_outage_does_not_reach_across_a_silence() -> None:
    made = stream()
    blinks = answered(made, between(made, 19.5, 20.0) | between(made, 26.0, 26.5), status=503)
    held = blinks.where(~between(made, 20.0, 26.0))
    lines = tuple(line for line in health(CHILD, 61) if not 20.5 <= line.t <= 25.5)
    check = Availability.model_validate({"at_least": "50 %"})

    assert check.judge(history(held, health=lines), question()).outcome is Outcome.INVALID
    assert check.judge(history(held), question()).outcome is Outcome.FAIL


def test_a_request_that_was_not_sent_does_not_end_an_outage() -> None:
    made = stream()
    out = answered(made, between(made, 20.0, 21.5), status=503)
    check = Availability.model_validate({"at_least": "50 %"})

    found = check.judge(history(answered(out, made.due == 21.0, status=NOT_SENT)), question())
    good = check.judge(history(answered(out, made.due == 21.0, status=200)), question())

    assert (found.outcome, good.outcome) == (Outcome.FAIL, Outcome.PASS)


def test_a_bad_line_stands_for_the_second_before_it() -> None:
    lines = (Health(t=12.7, instrument=CHILD, figures={"beat_p99_ms": 90.0}),)

    found = health_of(history(stream(), health=lines), stream(), [STEADY], 0.02)

    assert [list(stretch) for stretch in found.bad] == [pytest.approx([11.7, 12.7])]
    assert found.invalid is None


def test_the_percentile_that_is_shown_is_that_of_the_seconds_that_count() -> None:
    made = stream()
    slow = answered(made, between(made, 20, 21), latency_s=0.15)
    check = Latency.model_validate({"p99": "< 200 ms"})

    assert check.judge(history(slow), question()).measured == 0.15
    unwell = check.judge(history(slow, health=sick(20, beat_p99_ms=80.0)), question())
    assert unwell.measured == 0.01
