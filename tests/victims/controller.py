"""A controller that kills a component and says how far it is, so that a test can kill it there.

Arguments: the moment to stop at, then the run's settings as JSON. Says `at MOMENT GUARDIAN-PID` and
waits for its end.
"""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from nfrcheck.deployments import ProcessControl
from nfrcheck.run.guard_client import Arming, GuardianClient


def say(moment: str, guardian: GuardianClient) -> None:
    sys.stdout.write(f"at {moment} {guardian.pid}\n")
    sys.stdout.flush()


async def stop_at(moment: str, wanted: str, guardian: GuardianClient) -> None:
    if moment == wanted:
        say(moment, guardian)
        await asyncio.Event().wait()


async def leak(guardian: GuardianClient) -> None:
    """Another process holds the guardian's pipe open, until the guardian itself ends."""
    pipe = guardian._process.stdin
    assert pipe is not None
    await asyncio.create_subprocess_exec(
        *("tail", f"--pid={guardian.pid}", "-s", "0.1", "-f", "/dev/null"),
        pass_fds=[pipe.get_extra_info("pipe").fileno()],
        start_new_session=True,
    )


async def drill(wanted: str, settings: dict[str, Any]) -> None:
    guardian = await GuardianClient.start(settings["run"], deployment="test")
    if settings["leak"]:
        await leak(guardian)
    control = ProcessControl.model_validate(settings["control"])
    gate = {"kind": "argv", "argv": settings["gate"], "within_s": 20}
    undo = [*control.steps("restore"), *([gate] if wanted == "healing" else [])]
    arming = Arming(id="kill.1", undo=undo, verify=[settings["check"]], note="start it again")
    if wanted == "asked":
        asyncio.get_running_loop().create_task(guardian.arm(arming))
        # One turn of the loop: the order is in the pipe, the answer is not read.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    else:
        await guardian.arm(arming)
    await stop_at("asked", wanted, guardian)
    await stop_at("armed", wanted, guardian)
    await control.act("kill")
    await stop_at("injected", wanted, guardian)
    say("healing", guardian)
    await guardian.heal("kill.1")


if __name__ == "__main__":
    # A child in the same process group, as loads and probes are.
    with subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE):
        asyncio.run(drill(sys.argv[1], json.loads(Path(sys.argv[2]).read_text("utf-8"))))
