"""What can be done to a link, in words that a fault wants and a control understands."""

import math
from dataclasses import dataclass
from typing import Literal

Effect = Literal["latency", "bandwidth", "stall", "cut", "reset", "hang", "slow-close"]
Direction = Literal["both", "in", "out"]

OURS = "nfrcheck-"
SURE = 0.999
"""How sure it is that connections show a fault, or its end, that not all of them have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disturbance:
    """One fault on one link.

    `out` is what the side that connects sends, `in` what comes back.
    """

    effect: Effect
    run: str
    seconds: float = 0.0
    """Added latency, the stall, or how late the close is."""
    jitter_s: float = 0.0
    bytes_s: float = 0.0
    share: float = 1.0
    """Of the connections, 0..1."""
    direction: Direction = "both"
    lasting_s: float | None = None
    """It ends by itself then, where the control can do that; None: until it is undone."""

    @property
    def name(self) -> str:
        """It holds the run's id, so that what was left behind is found without a ledger."""
        return f"{marked(self.run)}{self.effect}"

    @property
    def connections(self) -> int:
        """So many, and at least one of them has it: for one that none has, more than chance."""
        if self.share >= 1:
            return 1
        return math.ceil(math.log(1 - SURE) / math.log(1 - self.share))

    @property
    def words(self) -> str:
        """Such as `300 ms more, give or take 50 ms`."""
        size = {
            "latency": f"{_ms(self.seconds)} more",
            "stall": f"held back for {_ms(self.seconds)}",
            "bandwidth": f"{self.bytes_s:g} B/s",
            "cut": "cut" if self.direction == "both" else f"cut {self.direction}",
            "reset": "reset",
            "hang": "left without an answer",
            "slow-close": f"closed {_ms(self.seconds)} late",
        }[self.effect]
        jitter = f", give or take {_ms(self.jitter_s)}" if self.jitter_s else ""
        share = f" for {self.share:.0%} of the connections" if self.share < 1 else ""
        return size + jitter + share


def marked(run: str) -> str:
    """How the names of all faults of a run begin."""
    return f"{OURS}{run}-"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
