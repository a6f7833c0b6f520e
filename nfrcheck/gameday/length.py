"""How long a plan takes at most, with what its faults take to be seen and to be put back."""

from nfrcheck.plan.steps import Plan

PROOF_S = 5.0
"""Within this time a fault is seen, or its drill counts for nothing."""
AROUND_S = 10.0
"""The first look at every entry before, the verdict after."""


def most_seconds(made: Plan) -> float:
    """Seconds. The plan's own `max_time` ends it earlier, but what was injected is put back."""
    healing = [sum(armed.deadline_s for armed in drill.armed) + PROOF_S for drill in made.drills]
    whole = made.seconds + sum(healing)
    if made.max_time_s is not None:
        whole = min(whole, made.max_time_s + max(healing, default=0.0))
    return whole + AROUND_S
