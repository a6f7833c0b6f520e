"""Which toxics make a disturbance, and what Toxiproxy cannot do."""

from collections.abc import Mapping, Sequence
from typing import Literal

from nfrcheck.deployments.toxiproxy_client import Stream, Toxic
from nfrcheck.model.links import Disturbance

SMALLEST_SHARE = 0.05
"""With a smaller one a proof would have to open hundreds of connections."""
_KILO = 1000

Speech = Literal["http", "connect", "greeting", "kafka", "postgres", "redis", "amqp", "tls"]
_ANSWERED = ("latency", "stall", "cut", "reset", "hang")
_SHOWN: Mapping[Speech, Sequence[str]] = {
    "http": (*_ANSWERED, "bandwidth", "slow-close"),
    "greeting": ("latency", "stall", "cut"),
    "connect": ("cut",),
}
"""What can be seen through a link that speaks so: less where only the first words are known."""


def is_down(wanted: Disturbance) -> bool:
    """Whether no toxic is needed: the whole proxy is closed."""
    return wanted.effect == "cut" and wanted.direction == "both"


def unable(wanted: Disturbance, *, real: bool = False) -> str | None:
    """Why this cannot be done; with `real` by Toxiproxy itself. None: it can."""
    if wanted.effect == "cut" and wanted.direction != "both":
        return "cannot cut one direction alone; nfrcheck's own proxy can" if real else None
    if wanted.share < SMALLEST_SHARE:
        return f"takes a `share` of at least {SMALLEST_SHARE:.0%}: less cannot be seen"
    if wanted.effect == "bandwidth" and (wanted.bytes_s % _KILO or wanted.bytes_s < _KILO):
        return f"shapes in whole kB/s, not to {wanted.bytes_s:g} B/s"
    for seconds in (wanted.seconds, wanted.jitter_s):
        if abs(seconds * _KILO - round(seconds * _KILO)) > 1e-6:
            return f"counts in whole milliseconds, {seconds:g} s is none"
    return None


def toxics_of(wanted: Disturbance) -> list[Toxic]:
    """Empty where the whole proxy is to be closed."""
    name, share = wanted.name, wanted.share
    ms, jitter_ms = round(wanted.seconds * _KILO), round(wanted.jitter_s * _KILO)
    match wanted.effect:
        case "latency" | "stall":
            delay = {"latency": ms, "jitter": jitter_ms}
            return [Toxic(name=name, type="latency", toxicity=share, attributes=delay)]
        case "bandwidth":
            rate = {"rate": round(wanted.bytes_s / _KILO)}
            return [
                Toxic(name=f"{name}-in", type="bandwidth", attributes=rate),
                Toxic(name=f"{name}-out", type="bandwidth", stream="upstream", attributes=rate),
            ]
        case "slow-close":
            late = {"delay": ms}
            return [Toxic(name=name, type="slow_close", toxicity=share, attributes=late)]
        case "reset" | "hang":
            # On the way out, so that what is lost was never done at the other side; and a server
            # that closes first would end a silence on the way back.
            kind = "reset_peer" if wanted.effect == "reset" else "timeout"
            never = {"timeout": 0}
            return [
                Toxic(name=name, type=kind, stream="upstream", toxicity=share, attributes=never)
            ]
        case "cut" if wanted.direction == "both":
            return []
        case _:
            stream: Stream = "upstream" if wanted.direction == "out" else "downstream"
            return [Toxic(name=name, type="cut", stream=stream)]


def unseen(wanted: Disturbance, speech: Speech) -> str | None:
    """Why a fault could not be seen through a link that speaks so, or None."""
    shown = _SHOWN.get(speech, _ANSWERED)
    if wanted.effect not in shown:
        return f"with `speaks: {speech}` can show {', '.join(shown)}, and no {wanted.effect}"
    if speech == "connect" and not is_down(wanted):
        return "with `speaks: connect` cannot show a cut of one direction"
    return None
