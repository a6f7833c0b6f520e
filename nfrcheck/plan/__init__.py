"""Stage 2: what will be done, where, for how long, and how it is put back."""

from nfrcheck.plan.build import Options, plan

__all__ = ["Options", "plan"]
