"""The machine as an instrument: how short of processor time is it, second by second?

Where the deployment runs on the same machine, a starved machine makes it look slow: a FAIL would
blame the target for somebody else's work.
"""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from nfrcheck.history.write import EventLog

_STAT = Path("/proc/stat")
_PRESSURE = Path("/proc/pressure/cpu")


@dataclass(frozen=True, slots=True)
class Sample:
    """Running totals: clock ticks (user, idle ..., of all cores), and microseconds of pressure."""

    busy: int
    idle: int
    steal: int
    pressed_us: int | None


def sample() -> Sample:
    """Raises OSError where there is no /proc."""
    ticks = [int(word) for word in _STAT.read_text("ascii").split("\n", 1)[0].split()[1:9]]
    user, nice, system, idle, iowait, irq, softirq, steal = ticks
    return Sample(
        busy=user + nice + system + irq + softirq,
        idle=idle + iowait,
        steal=steal,
        pressed_us=_pressed(),
    )


def _pressed() -> int | None:
    """Total time in which some task waited for a core (Linux pressure stall information)."""
    try:
        some = _PRESSURE.read_text("ascii").splitlines()[0]
    except (OSError, IndexError):
        return None  # switched off in this kernel: busy and steal still tell
    return int(some.rpartition("total=")[2])


def figures(before: Sample, after: Sample, seconds: float) -> dict[str, float]:
    """Shares of the time between two samples: cores busy, stolen, and some task waiting."""
    total = max(1, after.busy - before.busy + after.idle - before.idle + after.steal - before.steal)
    found = {
        "busy": round((after.busy - before.busy) / total, 4),
        "steal": round((after.steal - before.steal) / total, 4),
    }
    if before.pressed_us is not None and after.pressed_us is not None and seconds > 0:
        found["pressed"] = round((after.pressed_us - before.pressed_us) / 1e6 / seconds, 4)
    else:
        found["unpressed"] = found["busy"]
    return found


async def watch_host(log: EventLog) -> None:
    """A health line each second, until cancelled. Raises OSError where there is no /proc."""
    before, then = sample(), log.now()
    while True:
        await asyncio.sleep(1.0)
        after, now = sample(), log.now()
        log.write("health", t=now, instrument="host", **figures(before, after, now - then))
        before, then = after, now
