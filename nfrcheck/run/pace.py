"""How often may be looked: what looks for a fault sends requests too, and `max_rate` is for all."""

LEAST_RATE = 1.0
"""Looks a second that there always are: without any, no fault could be proven."""


def pause_s(spare_rate: float | None, quickest_s: float) -> float:
    """Seconds from one look to the next, of which each is one request.

    `spare_rate`: requests a second that are left beside the traffic; None: nobody limits them.
    """
    if spare_rate is None:
        return quickest_s
    return max(quickest_s, 1.0 / max(LEAST_RATE, spare_rate))
