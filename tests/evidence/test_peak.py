"""The most that came within any stretch lies in the interval, however late each was seen."""

from hypothesis import given
from hypothesis import strategies as st

from nfrcheck.evidence.peak import peak

MOMENTS = st.lists(st.integers(0, 3_000), max_size=60)
"""Milliseconds."""


def most(moments: list[int], width: int) -> int:
    return max((sum(0 <= t - first <= width for t in moments) for first in moments), default=0)


@given(MOMENTS)
def test_what_is_known_to_the_moment_is_counted_exactly(moments: list[int]) -> None:
    came = sorted(float(t) for t in moments)

    found = peak(came, came, 100.0)

    assert found.interval == (most(moments, 100), most(moments, 100))


@given(
    st.lists(st.tuples(st.integers(0, 3_000), st.integers(0, 40), st.integers(0, 40)), max_size=60)
)
def test_the_truth_lies_in_the_interval(seen: list[tuple[int, int, int]]) -> None:
    moments = [t for t, _, _ in seen]

    found = peak(
        sorted(float(t - before) for t, before, _ in seen),
        sorted(float(t + after) for t, _, after in seen),
        100.0,
    )

    low, high = found.interval
    assert low <= most(moments, 100) <= high


def test_it_says_when() -> None:
    came = [0.0, 1.0, 2.0, 2.01, 2.02, 5.0]

    assert peak(came, came, 0.1).at == 2.0


def test_nobody_is_no_peak() -> None:
    assert peak([], [], 0.1).interval == (0, 0)
