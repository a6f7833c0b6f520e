"""Numbers as people read them: 99.99 %, 1.2 ms, 8.3 h, 36,000, 22:1."""

import math
from decimal import Decimal


def percent(share: Decimal | float) -> str:
    """A declared share, with the digits that it was declared with."""
    text = f"{(Decimal(str(share)) * 100).normalize():f}"
    return f"{text} %"


def percent_supported(share: float) -> str:
    """A share that the evidence supports: rounded down, two digits after the nines."""
    if share <= 0:
        return "0 %"
    missing = 100 * (1 - share)
    digits = 2 if missing <= 0 else min(8, max(2, 1 - math.floor(math.log10(missing))))
    # The tiny step forgives the last bit of 1 - (1 - x), never a digit that is shown.
    return f"{math.floor(100 * share * 10**digits + 1e-6) / 10**digits:.{digits}f} %"


def percent_seen(share: float) -> str:
    """A share that was seen, with three digits that say something."""
    return f"{significant(100 * share)} %"


def duration(seconds: float, digits: int = 2) -> str:
    """A duration in its natural unit: 1.2 ms, 0.43 s, 12.3 s, 635 s, 50 min, 8.3 h, 3.5 d."""
    if not math.isfinite(seconds):
        return "forever"
    for below, unit, name in (
        (0.0995, 1e-3, "ms"),
        (600, 1, "s"),
        (7200, 60, "min"),
        (172_800, 3600, "h"),
    ):
        if abs(seconds) < below:
            return f"{_short(seconds / unit, digits)} {name}"
    return f"{_short(seconds / 86_400, digits)} d"


def _short(value: float, digits: int) -> str:
    if abs(value) >= 99.5 or value == round(value):
        return f"{value:,.0f}"
    return significant(value, digits if abs(value) < 9.95 else max(3, digits))


def significant(value: float, digits: int = 3) -> str:
    """A number with so many significant digits, thousands separated, never as 1e-05."""
    if value == 0 or not math.isfinite(value):
        return f"{value:.0f}"
    after = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    text = f"{value:,.{after}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def count(number: float) -> str:
    """A whole number with its thousands separated."""
    return f"{number:,.0f}"


def expected(number: float) -> str:
    """A count that chance would bring: 3.6 of 36,000, but 360 of 3,600,000."""
    return significant(number, 2) if number < 100 else count(number)


def odds(log_odds: float) -> str:
    """Odds from their logarithm; beyond a million the number says no more. Rounded down."""
    if log_odds > math.log(1e6):
        return "over 1,000,000:1"
    value = math.exp(log_odds)
    if value < 10:
        return f"{significant(math.floor(value * 10) / 10, 2)}:1"
    return f"{math.floor(value + 1e-9):,}:1"
