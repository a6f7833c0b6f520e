"""Has steps done now, by the same code that puts them back, in an interpreter of its own."""

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from nfrcheck.errors import NfrcheckError

# Started as a program, not imported: what acts must not drag the runner in.
_PERFORM = str(Path(__file__).resolve().parents[1] / "run" / "perform.py")
_GRACE_S = 5.0

Step = dict[str, Any]


class ActFailed(NfrcheckError):
    """The deployment did not do what its control promises; the fault is not proven."""

    exit_code: ClassVar[int] = 4


async def told(step: Step) -> str:
    """What a step with `tell` tells. Raises ActFailed."""
    return str((await perform([step])).get("told") or "")


async def perform(steps: Sequence[Step]) -> dict[str, Any]:
    """Does the steps once, in order; `told` is what the last one told, if it was to tell anything.

    Raises ActFailed; on cancellation nothing is left running.
    """
    limit = sum(float(step["within_s"]) for step in steps) + _GRACE_S
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-S",
        "-E",
        "-P",
        _PERFORM,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdin is not None, "started with a pipe"
    assert process.stdout is not None, "started with a pipe"
    try:
        async with asyncio.timeout(limit):
            process.stdin.write(json.dumps({"steps": list(steps)}).encode() + b"\n")
            await process.stdin.drain()
            line = await process.stdout.readline()
    except TimeoutError:
        raise ActFailed(f"no result in {limit:.0f} s") from None
    finally:
        # The end of its input stops whatever it still runs.
        process.stdin.close()
        await process.wait()
    if not line:
        raise ActFailed("the process that was to act died")
    result: dict[str, Any] = json.loads(line)
    if not result["ok"]:
        raise ActFailed(result["because"])
    return result
