"""A controller that arms one undo, says how long that took, and waits to be killed."""

import asyncio
import json
import os
import sys
import time

from nfrcheck.run.guard_client import Arming, GuardianClient


async def main(state: str, url: str) -> None:
    os.environ["NFRCHECK_STATE"] = state
    guardian = await GuardianClient.start("benchmark", deployment="none")
    undo = {"kind": "http", "method": "POST", "url": url, "within_s": 5}
    check = {"kind": "http", "url": url, "within_s": 5}
    begun = time.monotonic()
    await guardian.arm(Arming(id="part.1", undo=[undo], verify=[check], note="put it back"))
    armed_ms = (time.monotonic() - begun) * 1e3
    sys.stdout.write(json.dumps({"armed_ms": armed_ms, "guardian": guardian.pid}) + "\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
