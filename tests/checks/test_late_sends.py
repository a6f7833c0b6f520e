"""What the tester sent late is slow for a PASS, and for a FAIL it is nothing."""

from dataclasses import replace

import numpy as np

from nfrcheck.checks.availability import Availability
from nfrcheck.checks.latency import Latency
from nfrcheck.model.history import Stream
from nfrcheck.model.records import TIMEOUT
from nfrcheck.model.verdict import Outcome
from tests.checks.histories import (
    Mask,
    answered,
    between,
    every,
    history,
    question,
    stream,
)

NINETY = Availability.model_validate({"at_least": "90 %", "longest_outage": "off"})
NINES = Availability.model_validate({"at_least": "99.9 %"})
FAST = Latency.model_validate({"p90": "< 200 ms"})


def late(made: Stream, which: Mask, by_s: float) -> Stream:
    """Sent late by the tester, and answered as quickly as ever."""
    return answered(made, which, late_s=by_s, latency_s=by_s + 0.01)


def test_slow_only_because_sent_late_is_invalid_and_not_a_fail() -> None:
    made = stream(rate=1000.0)
    quick = Latency.model_validate({"p99.9": "< 30 ms"})
    few_late = every(made, 110)

    ours = quick.judge(history(late(made, few_late, 0.06)), question())
    theirs = quick.judge(history(answered(made, few_late, latency_s=0.07)), question())

    assert (ours.outcome, theirs.outcome) == (Outcome.INVALID, Outcome.FAIL)
    assert "the tester sent them late" in ours.because


def test_a_stall_of_the_tester_is_no_stall_of_the_target() -> None:
    made = stream()
    stalled = between(made, 20.0, 22.0)
    held = made.due[stalled]
    sent = made.sent.copy()
    sent[stalled] = 22.0
    ours = replace(made, sent=sent, done=sent + 0.01)
    theirs = replace(made, done=np.where(stalled, 22.01, made.done))

    mine = FAST.judge(history(ours), question())

    assert len(held) == 200
    assert mine.outcome is not Outcome.FAIL
    assert "late" in mine.because
    assert FAST.judge(history(theirs), question()).outcome is Outcome.FAIL


def test_late_sends_in_a_tenth_of_the_time_are_invalid() -> None:
    made = stream()

    found = NINETY.judge(history(late(made, between(made, 20, 26), 0.1)), question())

    assert found.outcome is Outcome.INVALID
    assert "requests left up to 100 ms late, 20 ms are allowed" in found.because


def test_a_time_out_of_a_request_that_left_late_is_bad_for_a_pass_and_nothing_for_a_fail() -> None:
    made = stream(rate=1000.0)
    gone = answered(made, every(made, 150), status=TIMEOUT, latency_s=5.0, late_s=0.06)
    on_time = answered(made, every(made, 150), status=TIMEOUT, latency_s=5.0)
    check = NINES.model_copy(update={"longest_outage": None})

    assert check.judge(history(gone), question()).outcome is Outcome.INVALID
    assert check.judge(history(on_time), question()).outcome is Outcome.FAIL
    assert NINETY.judge(history(gone), question()).failures == 400
