"""Whether each part that measured can be believed, from what it said of itself."""

from collections.abc import Iterator, Sequence

from nfrcheck.checks.health import BEAT_S, REMOVED_MAX, figures_over, longest_gaps, windows
from nfrcheck.model.history import Health, History, Span
from nfrcheck.model.scorecard import Instrument

SHOWN = ("cpu", "waiting", "lag_p99_ms", "beat_p99_ms", "busy", "steal", "pressed")


def instruments(history: History) -> Iterator[Instrument]:
    """One for each that said anything, or of which something was said."""
    lines: dict[str, list[Health]] = {}
    for line in history.health:
        lines.setdefault(line.instrument, []).append(line)
    for ill in history.ills:
        lines.setdefault(ill.instrument, [])
    for name, mine in lines.items():
        ills = [ill.because for ill in history.ills if ill.instrument == name]
        healthy, because = (False, ills[0]) if ills else _told(mine)
        yield Instrument(name=name, healthy=healthy, because=because, figures=_figures(mine))


def _told(lines: Sequence[Health]) -> tuple[bool, str]:
    said = f"{len(lines)} s of health lines"
    gap = max((b - a for a, b in longest_gaps([line.t for line in lines])), default=None)
    if gap is not None:
        return False, f"{said}, but silent for {gap:.1f} s"
    whole = Span(name="", start=lines[0].t - BEAT_S, end=lines[-1].t)
    signs = [sign for window in windows([whole]) for sign in figures_over(lines, window)]
    if not signs:
        return True, f"{said}, none missing"
    unwell = {stretch for sign in signs for stretch in sign.stretches}
    worst = max(signs, key=lambda sign: sign.value)
    because = f"{said}, in {len(unwell)} s unwell: {worst.words.format(worst.value)}"
    return len(unwell) <= REMOVED_MAX * len(lines), because


def _figures(lines: Sequence[Health]) -> dict[str, float]:
    figures: dict[str, float] = {}
    for key in SHOWN:
        values = [line.figures[key] for line in lines if key in line.figures]
        if values:
            figures[f"{key}_max"] = max(values)
            figures[f"{key}_mean"] = sum(values) / len(values)
    return figures
