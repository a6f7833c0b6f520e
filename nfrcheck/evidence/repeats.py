"""The verdict of a drill that was repeated: every window must be shorter than the limit."""

from collections.abc import Sequence
from dataclasses import dataclass

from nfrcheck.evidence import wording
from nfrcheck.evidence.binomial import Interval
from nfrcheck.evidence.rules import Word


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowVerdict:
    """The verdict, and the repeat (0-based) that decided it; `supported` is a share of failures."""

    word: Word
    because: str
    interval: Interval | None
    deciding: int | None
    repeats: int
    supported: float


def share_supported(n: int, confidence: float = 0.95) -> float:
    """The share of such failures that stays below the limit, after n of n did: 3 support 37 %."""
    return float((1 - confidence) ** (1 / n)) if n > 0 else 0.0


def repeats_needed(share: float, confidence: float = 0.95) -> int:
    """How many repeats, all good, support a share: 90 % takes 29."""
    n = 1
    while share_supported(n, confidence) < share:
        n += 1
    return n


def judge_windows(windows: Sequence[Interval | None], limit_s: float) -> WindowVerdict:
    """PASS if every upper end is below the limit, FAIL if one lower end is above it.

    None stands for a repeat without any probe: nothing is known about it.
    """
    seen = [(index, window) for index, window in enumerate(windows) if window is not None]
    if not seen:
        return _verdict("inconclusive", "no probe saw a drill: nothing is known", windows, None)
    worst = max(seen, key=lambda pair: pair[1].lower)[0]
    if _window(windows, worst).lower > limit_s:
        text = f"{_lasted(windows, worst)}; the limit is {wording.duration(limit_s)}"
        return _verdict("fail", text, windows, worst)
    missing = next((index for index, window in enumerate(windows) if window is None), None)
    if missing is not None:
        return _verdict("inconclusive", f"no probe saw run {missing + 1}", windows, None)
    widest = max(seen, key=lambda pair: pair[1].upper)[0]
    if _window(windows, widest).upper < limit_s:
        n = len(windows)
        text = (
            f"each of {n} below {wording.duration(limit_s)} (longest: {_lasted(windows, widest)}); "
            f"supports at least {100 * share_supported(n):.0f} % of such failures"
        )
        return _verdict("pass", text, windows, widest)
    return _verdict("inconclusive", _unresolved(windows, widest, limit_s), windows, widest)


def _unresolved(windows: Sequence[Interval | None], index: int, limit_s: float) -> str:
    window, limit = _window(windows, index), wording.duration(limit_s)
    if window.upper == float("inf"):
        return (
            f"{_lasted(windows, index)}: no recovery was confirmed, and what was seen is shorter "
            f"than {limit}; let it settle for longer"
        )
    return (
        f"{_lasted(windows, index)}: the limit of {limit} lies between; probe at least every "
        f"{wording.duration(limit_s / 20)}"
    )


def _lasted(windows: Sequence[Interval | None], index: int) -> str:
    window = _window(windows, index)
    if window.upper == float("inf"):
        return f"run {index + 1} lasted at least {wording.duration(window.lower, 3)}"
    low, high = wording.duration(window.lower, 3), wording.duration(window.upper, 3)
    return f"run {index + 1} lasted {low} to {high}" if low != high else f"run {index + 1}: {low}"


def _window(windows: Sequence[Interval | None], index: int) -> Interval:
    window = windows[index]
    assert window is not None, "only repeats that were seen are compared"
    return window


def _verdict(
    word: Word, because: str, windows: Sequence[Interval | None], deciding: int | None
) -> WindowVerdict:
    return WindowVerdict(
        word=word,
        because=because,
        interval=None if deciding is None else windows[deciding],
        deciding=deciding,
        repeats=len(windows),
        supported=share_supported(len(windows)) if word == "pass" else 0.0,
    )
