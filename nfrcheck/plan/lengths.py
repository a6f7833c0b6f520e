"""How long a plan takes, in words, and whether it may take so long."""

from nfrcheck.model.units import show_duration
from nfrcheck.plan.steps import Plan


def show_length(seconds: float) -> str:
    """Planned times are round: `8 s`, not `8.0 s`."""
    whole = seconds == round(seconds) and seconds < 60
    text = f"{seconds:.0f} s" if whole else show_duration(seconds)
    return text.removesuffix(" 00 s").removesuffix(" 00 min")


def cut_short(made: Plan) -> str | None:
    """The sentence for a plan that its time limit ends too early, surely or perhaps."""
    if made.max_time_s is None or made.seconds <= made.max_time_s:
        return None
    limit = f"the time limit of {show_length(made.max_time_s)} will abort it (exit 5)"
    if made.least_seconds > made.max_time_s:
        return f"the run takes at least {show_length(made.least_seconds)}: {limit}"
    most = show_length(made.seconds)
    return f"the run takes up to {most}: {limit}, unless its targets are decided before"
