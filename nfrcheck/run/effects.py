"""What each fault of a link looks like from outside, in numbers: before it, with it, after it."""

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from nfrcheck.experiments.faults import LinkProof
from nfrcheck.model.links import Disturbance
from nfrcheck.run.undo_link import Seen

WITHIN = 0.10
"""How far the size that is seen may be from the one that was to be injected."""
NOISE_S = 0.005
"""What a busy machine may add to it."""
SIGMAS = 3.0
FEW, _MANY, _MOST = 5, 9, 400
_FEWEST_HIT = 3
_SILENCE_S = 0.5
_FLOW_S = 1.0
_MOST_PIPELINED = 1_000
_LEAST_SPREAD = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Calm:
    """How the link answered before the fault. `whole`: the long answers, of many at once."""

    seen: tuple[Seen, ...]
    pipeline: int = 1
    whole: tuple[Seen, ...] = ()

    @classmethod
    def of(cls, seen: Sequence[Seen], wanted: Disturbance) -> "Calm":
        size = max((one.size for one in seen), default=0)
        times = 1
        if wanted.effect == "bandwidth" and size:
            # So much that the wanted bandwidth takes a second for it.
            times = min(_MOST_PIPELINED, math.ceil(wanted.bytes_s * _FLOW_S / size))
        return cls(seen=tuple(seen), pipeline=max(1, times))

    @property
    def first_s(self) -> float:
        return min(one.first_s for one in self.seen)

    @property
    def slowest_s(self) -> float:
        return max(one.first_s for one in self.seen)

    def noise_s(self, size_s: float) -> float:
        """What answers differ by anyway, as far as a fault of this size is still told from it."""
        return min(self.slowest_s - self.first_s, size_s / 5)

    @property
    def longest_s(self) -> float:
        return max(one.seconds + one.closed_s for one in (*self.seen, *self.whole))

    @property
    def closed_s(self) -> float:
        return min(one.closed_s for one in self.seen)

    @property
    def rate(self) -> float:
        return max(map(_rate, self.whole or self.seen))


def sampled(wanted: Disturbance) -> int:
    """How many connections show the fault, and its share."""
    if wanted.share < 1:
        # So many that a share is told from none, and from all, by more than chance or noise.
        rarer = min(wanted.share, 1 - wanted.share)
        return min(_MOST, math.ceil(2 * SIGMAS**2 * (1 - rarer) / rarer) + 1)
    if wanted.effect == "bandwidth":
        return 1
    return _MANY if wanted.jitter_s else FEW


def longest_s(wanted: Disturbance) -> float:
    """What one look takes longer because of the fault."""
    if wanted.effect == "bandwidth":
        return 2 * _FLOW_S
    if wanted.effect in {"hang", "cut"}:
        return _SILENCE_S
    return wanted.seconds + wanted.jitter_s


def patience_s(calm: Calm, wanted: Disturbance) -> float:
    """How long one answer is waited for: twice as long as the fault can make it, and more."""
    silence = max(_SILENCE_S, 3 * calm.slowest_s)
    if wanted.effect == "bandwidth":
        return 4 * _FLOW_S + silence
    return silence if wanted.effect in {"hang", "cut", "reset"} else 2 * longest_s(wanted) + silence


def ready(calm: Calm, proof: LinkProof) -> str | None:
    """Why this link could not show the fault, or None."""
    low, high = proof.way["expect"]
    for one in calm.seen:
        good = "speaks" in proof.way or (one.status is not None and low <= one.status <= high)
        if not one.answered or not good:
            unwell = f"{proof.title} was unwell before the fault ({one.words})"
            plain = "; if it carries no plain HTTP, its control needs `speaks`, or a `verify`"
            return unwell if proof.felt else unwell + plain
    if proof.wanted.effect != "bandwidth":
        return None
    if calm.rate < 2 * proof.wanted.bytes_s:
        return (
            f"link {proof.link} carries {calm.rate:.0f} B/s to a GET without any fault, so that "
            f"{proof.wanted.bytes_s:g} B/s could not be seen: its `verify` needs a longer answer"
        )
    return None


def complaint(calm: Calm, proof: LinkProof, seen: Sequence[Seen]) -> str | None:
    """What the link shows in place of the fault, or None if it shows it."""
    if proof.felt:
        because = _felt(calm, proof, seen)
        return because and f"{proof.title} was to suffer: {because}"
    because = _LOOKS[proof.wanted.effect](calm, proof.wanted, seen)
    return because and f"{proof.title} was to be {_meant(proof.wanted)}: {because}"


def _meant(wanted: Disturbance) -> str:
    if wanted.effect == "latency":
        return f"slower by {wanted.words.replace(' more', '', 1)}"
    return f"limited to {wanted.words}" if wanted.effect == "bandwidth" else wanted.words


def _felt(calm: Calm, proof: LinkProof, seen: Sequence[Seen]) -> str | None:
    """What answers show in front of the link: one may need it more often than once, and so more."""
    wanted, high = proof.wanted, proof.way["expect"][1]
    least_s = (1 - WITHIN) * wanted.seconds - NOISE_S if wanted.seconds else math.inf
    hit = [
        one
        for one in seen
        if not one.answered or (one.status or 0) > high or one.first_s - calm.first_s >= least_s
    ]
    if len(hit) == len(seen) or (wanted.share < 1 and len(hit) >= _FEWEST_HIT):
        return None
    return f"{len(hit)} of {len(seen)} requests were hurt, and {_other(seen, hit)}"


def _latency(calm: Calm, wanted: Disturbance, seen: Sequence[Seen]) -> str | None:
    if bad := _unanswered(seen):
        return bad
    times = [one.first_s for one in seen]
    if not wanted.jitter_s:
        # The fastest of them: a busy machine makes answers slower, never faster.
        return _size(min(times) - calm.first_s, wanted.seconds, 0.0)
    chance = 3 * wanted.jitter_s / math.sqrt(3 * len(times))
    added = statistics.fmean(times) - statistics.fmean(one.first_s for one in calm.seen)
    if min(times) - calm.first_s < (1 - WITHIN) * wanted.seconds - wanted.jitter_s - NOISE_S:
        return f"an answer came only {_ms(min(times) - calm.first_s)} later than before"
    if max(times) - min(times) < _LEAST_SPREAD * wanted.jitter_s:
        return f"all answers came equally late, {_ms(added)}"
    return _size(added, wanted.seconds, chance)


def _size(added: float, wanted: float, chance: float) -> str | None:
    if abs(added - wanted) <= WITHIN * wanted + NOISE_S + chance:
        return None
    return f"its answers came {_ms(max(0.0, added))} later than before"


def _stall(calm: Calm, wanted: Disturbance, seen: Sequence[Seen]) -> str | None:
    if bad := _unanswered(seen):
        return bad
    slack = WITHIN * wanted.seconds + NOISE_S + calm.noise_s(wanted.seconds)
    held = [one for one in seen if abs(one.first_s - calm.first_s - wanted.seconds) <= slack]
    if wanted.share >= 1 and len(held) < len(seen):
        return _size(min(one.first_s for one in seen) - calm.first_s, wanted.seconds, 0.0)
    return _portion(len(held), len(seen), wanted.share, f"held back for {_ms(wanted.seconds)}")


def _reset(_calm: Calm, wanted: Disturbance, seen: Sequence[Seen]) -> str | None:
    hit = [one for one in seen if one.ending == "reset"]
    return _portion(len(hit), len(seen), wanted.share, "reset", _other(seen, hit))


def _hang(_calm: Calm, wanted: Disturbance, seen: Sequence[Seen]) -> str | None:
    hit = [one for one in seen if one.ending == "silent"]
    return _portion(len(hit), len(seen), wanted.share, "without an answer", _other(seen, hit))


def _cut(_calm: Calm, wanted: Disturbance, seen: Sequence[Seen]) -> str | None:
    hit = [one for one in seen if not one.answered]
    return _portion(len(hit), len(seen), wanted.share, "cut", _other(seen, hit))


def _slow_close(calm: Calm, wanted: Disturbance, seen: Sequence[Seen]) -> str | None:
    if bad := _unanswered(seen):
        return bad
    slack = WITHIN * wanted.seconds + NOISE_S
    late = [one for one in seen if abs(one.closed_s - calm.closed_s - wanted.seconds) <= slack]
    found = statistics.median(one.closed_s for one in seen)
    words = f"closed {_ms(wanted.seconds)} late"
    return _portion(len(late), len(seen), wanted.share, words, f"closed after {_ms(found)}")


def _bandwidth(_calm: Calm, wanted: Disturbance, seen: Sequence[Seen]) -> str | None:
    if bad := _unanswered(seen):
        return bad
    rate = min(map(_rate, seen))
    if abs(rate - wanted.bytes_s) <= WITHIN * wanted.bytes_s:
        return None
    return f"it carried {rate:.0f} B/s"


_LOOKS: dict[str, Callable[[Calm, Disturbance, Sequence[Seen]], str | None]] = {
    "latency": _latency,
    "stall": _stall,
    "reset": _reset,
    "hang": _hang,
    "cut": _cut,
    "slow-close": _slow_close,
    "bandwidth": _bandwidth,
}


def _portion(hit: int, of: int, share: float, words: str, instead: str = "") -> str | None:
    """Whether as many connections were hit as were to be, give or take what is chance."""
    chance = SIGMAS * math.sqrt(share * (1 - share) / of)
    if hit >= _FEWEST_HIT and abs(hit / of - share) <= chance:
        return None
    but = f", and {instead}" if instead and hit < of else ""
    return f"{hit} of {of} connections were {words}{but}"


def _unanswered(seen: Sequence[Seen]) -> str | None:
    return next((one.words for one in seen if not one.answered), None)


def _other(seen: Sequence[Seen], hit: Sequence[Seen]) -> str:
    """What became of one that was not hit."""
    return next((one.words for one in seen if one not in hit), "")


def _rate(seen: Seen) -> float:
    """Bytes a second, from the first that came to the last."""
    took = seen.seconds - seen.first_s
    return (seen.size - seen.first_size) / took if took > 0 else math.inf


def well_again(calm: Calm, proof: LinkProof) -> dict[str, Any]:
    """The check that the link is as it was: nearer to what was seen before than to the fault."""
    wanted, check = proof.wanted, dict(proof.way)
    if wanted.share < 1:
        check["times"] = max(check["times"], wanted.connections)
    if wanted.effect in {"latency", "stall"}:
        # Not so near that a link that is a little slower than before were never well.
        noise = calm.noise_s(wanted.seconds)
        check["first_within_s"] = calm.first_s + noise + max(wanted.seconds / 2, NOISE_S)
    if wanted.effect == "slow-close":
        check["closed_within_s"] = calm.closed_s + wanted.seconds / 2
    if wanted.effect == "bandwidth":
        size = max(one.size for one in calm.whole or calm.seen)
        check["pipeline"] = calm.pipeline
        check["all_within_s"] = size / wanted.bytes_s / 2 + calm.slowest_s
    return check


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
