"""How much failures come in bunches: the design effect, by which all counts are divided.

A test that takes a burst of ten failures for ten failures passes a service at twice its error
budget in 54 % of runs.
"""

import math
from collections.abc import Sequence
from operator import add

LEAST_BLOCKS = 16


def design_effect(requests: Sequence[int], failed: Sequence[int]) -> float:
    """The index of dispersion of failures per block, the worst over blocks of 1, 2, 4, ... seconds.

    Both sequences count per second, seconds without traffic included as zeros. At least 1; exactly
    1 where nothing can be estimated: fewer than 16 blocks, or no failure.
    """
    ns, ks, worst = list(requests), list(failed), 1.0
    if not any(ks):
        return worst
    while len(ns) >= LEAST_BLOCKS:
        worst = max(worst, _dispersion(ns, ks))
        # Neighbours join; an odd one at the end is left out of the longer blocks.
        ns = list(map(add, ns[::2], ns[1::2]))
        ks = list(map(add, ks[::2], ks[1::2]))
    return worst


def _dispersion(ns: list[int], ks: list[int]) -> float:
    """Pearson's chi-square per degree of freedom, over the blocks that had traffic."""
    blocks, n, k = len(ns) - ns.count(0), sum(ns), sum(ks)
    if blocks < LEAST_BLOCKS or k in {0, n}:
        return 1.0
    share = k / n
    # Blocks without failures add nothing to the sum of squares, so that quiet runs cost little.
    squares = math.fsum(bad * bad / sent for sent, bad in zip(ns, ks, strict=True) if bad)
    return (squares - k * share) / (share * (1 - share) * (blocks - 1))
