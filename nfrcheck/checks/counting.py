"""Good, bad, not counted: how requests are sorted before anything is judged."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nfrcheck.model.history import Bools, Stream
from nfrcheck.model.question import Exclusion
from nfrcheck.model.records import (
    CHECK_FAILED,
    CONNECT_TIMEOUT,
    EXPECTED,
    LOCAL_ERROR,
    NOT_SENT,
    RETRIED,
    STOPPED,
    TIMEOUT,
)

TOO_MANY = 429


@dataclass(frozen=True, slots=True)
class Sorted:
    """One mask per class; every request is in exactly one of them."""

    good: Bools
    bad: Bools
    client_error: Bools
    """4xx other than 429 without an expectation: shown, neither good nor bad."""
    tester: Bools
    """What the tester did not send, cut off, or sent so late that it timed out.

    Nobody knows how it would have ended: it counts as bad for a PASS, and for a FAIL not at all.
    """
    excluded: Bools
    """By the target's `exclude`, and attempts that another one replaced."""

    @property
    def sure(self) -> Bools:
        return self.good | self.bad

    @property
    def counted(self) -> Bools:
        return self.good | self.bad | self.tester


def sort_out(stream: Stream, exclude: Sequence[Exclusion] = ()) -> Sorted:
    """Sorts requests: 2xx and 3xx good, 5xx, 429, no answer bad.

    A declared expectation decides instead of the status.
    """
    status = stream.status
    met, missed = (stream.flags & EXPECTED) > 0, (stream.flags & CHECK_FAILED) > 0
    excluded = ((stream.flags & RETRIED) > 0) | left_out(stream, exclude)
    timed_out = (status == TIMEOUT) | (status == CONNECT_TIMEOUT)
    ours = (status == NOT_SENT) | (status == STOPPED) | (status == LOCAL_ERROR)
    tester = ~excluded & (ours | (timed_out & stream.late))
    rest = ~excluded & ~tester
    client = rest & ~met & ~missed & is_client_error(stream)
    good = rest & ~missed & (met | ((status >= 200) & (status < 400)))
    return Sorted(good, rest & ~good & ~client, client, tester, excluded)


def left_out(stream: Stream, exclude: Sequence[Exclusion]) -> Bools:
    """What does not count by the target's own word."""
    hit = np.zeros(len(stream), dtype=np.bool_)
    for exclusion in exclude:
        hit |= _excluded(stream, exclusion)
    return hit


def is_client_error(stream: Stream) -> Bools:
    """4xx, whatever was expected; 429 says that the system was too busy."""
    status = stream.status
    wrong: Bools = (status >= 400) & (status < 500) & (status != TOO_MANY)
    return wrong


def _excluded(stream: Stream, exclusion: Exclusion) -> Bools:
    hit = np.full(len(stream), not exclusion.status)
    for word in exclusion.status:
        if word == "timeout":
            hit |= stream.status == TIMEOUT
        elif re.fullmatch(r"[1-5]xx", word):
            hit |= stream.status // 100 == int(word[0])
        else:
            hit |= stream.status == int(word)
    return hit & stream.of("route", exclusion.route) if exclusion.route else hit
