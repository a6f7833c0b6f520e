"""What people write out of habit, and what the language has for it. Never read: only suggested."""

import re
from collections.abc import Callable
from decimal import Decimal

_DURATION_WORDS = {
    "ms": "ms",
    "s": "s",
    "min": "min",
    "h": "h",
    "d": "d",
    "msec": "ms",
    "msecs": "ms",
    "millis": "ms",
    "millisecond": "ms",
    "milliseconds": "ms",
    "sec": "s",
    "secs": "s",
    "second": "s",
    "seconds": "s",
    "m": "min",
    "mins": "min",
    "minute": "min",
    "minutes": "min",
    "hr": "h",
    "hrs": "h",
    "hour": "h",
    "hours": "h",
    "day": "d",
    "days": "d",
}
_SHORTER = {"us": 1000, "µs": 1000, "μs": 1000, "ns": 1_000_000}
_LONGER = {"w": 7, "week": 7, "weeks": 7}
_SECONDS = {"ms": Decimal("0.001"), "s": Decimal(1), "min": Decimal(60), "h": Decimal(3600)}
_SECONDS["d"] = Decimal(86400)
_PER = {
    "s": "/s",
    "sec": "/s",
    "second": "/s",
    "m": "/min",
    "min": "/min",
    "minute": "/min",
    "h": "/h",
    "hr": "/h",
    "hour": "/h",
    "d": "/day",
    "day": "/day",
    "y": "/year",
    "a": "/year",
    "yr": "/year",
    "year": "/year",
}
_SIZE_WORDS = {
    "b": "B",
    "byte": "B",
    "bytes": "B",
    "k": "kB",
    "kb": "kB",
    "m": "MB",
    "mb": "MB",
    "g": "GB",
    "gb": "GB",
    "ki": "KiB",
    "kib": "KiB",
    "mi": "MiB",
    "mib": "MiB",
    "gi": "GiB",
    "gib": "GiB",
}
_ISO = re.compile(
    r"P(?:([0-9.]+)D)?(?:T(?:([0-9.]+)H)?(?:([0-9.]+)M)?(?:([0-9.]+)S)?)?", re.IGNORECASE
)
_PIECE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([a-zµμ]+)\s*", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?([0-9][0-9,_']*(?:\.[0-9]*)?|\.[0-9]+)(?:e([+-]?[0-9]{1,2}))?(?![0-9])")
_COMPARISONS = {
    "≤": "<=",
    "=<": "<=",
    "≥": "at least",
    "=>": "at least",
    ">": "at least",
    "at most": "<=",
    "under": "<",
    "below": "<",
    "less than": "<",
}


def plain(number: Decimal) -> str:
    """Digits without exponent and without zeros at the end."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def intended_comparison(text: str) -> str | None:
    """The same comparison in the signs of the language; None if it has them, or none at all."""
    for sign, ours in _COMPARISONS.items():
        if text.startswith(sign) and not text.startswith(">="):
            return f"{ours} {text[len(sign) :].strip()}"
    return None


def intended(text: str, kind: str) -> str | None:
    """What `text` probably means as a quantity of this kind; None if that cannot be told."""
    if kind == "duration" and (meant := _iso(text) or _composed(text)):
        return meant
    match = _NUMBER.match(text)
    if not match or text.startswith("-"):
        return None
    digits = _digits(match[1])
    if digits is None:
        return None
    number = digits * Decimal(10) ** int(match[2] or 0)
    unit = text[match.end() :].strip()
    return _GUESSES[kind](number, unit) if kind in _GUESSES else None


def _digits(written: str) -> Decimal | None:
    """`1,000` is a thousand, `1,5` is one and a half, `1.` and `.5` are what they look like."""
    written = written.replace("_", "").replace("'", "")
    if re.fullmatch(r"[0-9]+,[0-9]{1,2}", written):
        written = written.replace(",", ".")
    written = written.replace(",", "")
    return Decimal(written) if re.fullmatch(r"[0-9]*\.?[0-9]*", written) else None


def _iso(text: str) -> str | None:
    match = _ISO.fullmatch(text)
    if not match or not any(match.groups()):
        return None
    pieces = zip(match.groups(), ("d", "h", "min", "s"), strict=True)
    return _sum([(number, unit) for number, unit in pieces if number])


def _composed(text: str) -> str | None:
    pieces = _PIECE.findall(text)
    if len(pieces) < 2 or _PIECE.sub("", text):
        return None
    units = [_DURATION_WORDS.get(unit.lower(), "") for _, unit in pieces]
    if not all(units):
        return None
    return _sum([(number, unit) for (number, _), unit in zip(pieces, units, strict=True)])


def _sum(pieces: list[tuple[str, str]]) -> str | None:
    """In the largest unit that needs no fraction: `1h30m` is 90 min."""
    if any(number.count(".") > 1 or number == "." for number, _ in pieces):
        return None
    seconds = sum((Decimal(number) * _SECONDS[unit] for number, unit in pieces), Decimal(0))
    for unit in ("d", "h", "min", "s", "ms"):
        if seconds % _SECONDS[unit] == 0:
            return f"{plain(seconds / _SECONDS[unit])} {unit}"
    return f"{plain(seconds)} s"


def _duration(number: Decimal, unit: str) -> str | None:
    if unit in _SHORTER:
        return f"{plain(number / _SHORTER[unit])} ms"
    if unit.lower() in _LONGER:
        return f"{plain(number * _LONGER[unit.lower()])} d"
    # A bare number of three digits was meant in milliseconds, as in most configuration files.
    bare = "ms" if number >= 100 else "s"
    ours = _DURATION_WORDS.get(unit.lower()) if unit else bare
    return f"{plain(number)} {ours}" if ours else None


def _share(number: Decimal, unit: str) -> str | None:
    if unit.lower() in {"%", "percent", "pct", "per cent"}:
        return f"{plain(number)} %"
    if unit:
        return None
    return f"{plain(number * 100 if number <= 1 else number)} %"


def _rate(number: Decimal, unit: str) -> str | None:
    if unit.lower() in {"", "rps", "tps", "qps", "hz"}:
        return f"{plain(number)}/s"
    if unit.lower() in {"rpm", "tpm"}:
        return f"{plain(number)}/min"
    match = re.fullmatch(r"(?:[a-z]*\s*/\s*|[a-z]*\s*per\s+)([a-z]+)", unit.lower())
    ours = _PER.get(match[1]) if match else None
    return f"{plain(number)}{ours}" if ours else None


def _size(number: Decimal, unit: str) -> str | None:
    ours = _SIZE_WORDS.get(unit.lower()) if unit else "B"
    return f"{plain(number)} {ours}" if ours else None


def _bandwidth(number: Decimal, unit: str) -> str | None:
    ours = _size(number, re.sub(r"/s(ec)?$|ps$", "", unit)) if unit else None
    return f"{ours}/s" if ours else None


def _count(number: Decimal, unit: str) -> str | None:
    return plain(number) if not unit and number % 1 == 0 else None


def _factor(number: Decimal, unit: str) -> str | None:
    return (
        f"{plain(number)}x"
        if unit.lower() in {"", "x", "times", "\N{MULTIPLICATION SIGN}"}
        else None
    )


_GUESSES: dict[str, Callable[[Decimal, str], str | None]] = {
    "duration": _duration,
    "share": _share,
    "rate": _rate,
    "size": _size,
    "bandwidth": _bandwidth,
    "count": _count,
    "factor": _factor,
}
