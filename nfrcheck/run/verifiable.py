"""Before a fault: what is to verify its healing is asked exactly as the guardian will ask it.

What is not answered well now will not be answered well afterwards: the fault would be taken for one
that is still in place, and would keep every later run away.
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from nfrcheck.run.step import within
from nfrcheck.run.undo import attempt

_ANSWER_S = 5.0
_TRIES = 3
"""A single bad answer is the system's own."""
_ASKED = {"http", "tcp"}
"""Links are measured before a fault anyway, and commands are asked before the run begins."""


async def unverifiable(checks: Iterable[Mapping[str, Any]], pause_s: float) -> str | None:
    """Why one of the checks could never tell that all is well again, or None.

    Not more than one request each `pause_s` seconds.
    """
    for check in checks:
        # A share of the answers was counted already.
        if check["kind"] not in _ASKED or check.get("tries"):
            continue
        if because := await _unwell(check, pause_s):
            return (
                "nobody could see that it is put back, for before the fault already that is not "
                f"well: {because}; `health: /path` of an entry names what it answers with 2xx or "
                "3xx to a GET without a credential"
            )
    return None


async def _unwell(check: Mapping[str, Any], pause_s: float) -> str | None:
    because = ""
    for _ in range(_TRIES):
        outcome = await asyncio.to_thread(attempt, check, min(_ANSWER_S, within(check)))
        await asyncio.sleep(pause_s)
        if outcome.ok:
            return None
        because = outcome.because
    return because or "no good answer"
