"""Does the steps of one order once, for a control that acts; run as `python -S -E -P perform.py`.

The same code acts and puts back. An interpreter of its own, because a name look-up or a hanging
command must not stop the controller's loop. One JSON line in: steps; one out: ok, because, told.
End of input means that the controller is gone: what runs is killed, so that no injection is still
under way when the guardian heals.
"""

import json
import os
import select
import sys
import threading
import types
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    # Stand-ins for our packages: their own __init__ may import what is not installed here.
    for _name, _folder in (("nfrcheck", 1), ("nfrcheck.run", 0)):
        _package = types.ModuleType(_name)
        _package.__path__ = [str(Path(__file__).resolve().parents[_folder])]
        sys.modules[_name] = _package

from nfrcheck.run.step import Step
from nfrcheck.run.undo import attempt
from nfrcheck.run.undo_process import kill_running


def perform(steps: list[Step]) -> dict[str, Any]:
    """Stops at the first step that fails; `told` is what the last one read."""
    told = None
    for step in steps:
        outcome = attempt(step)
        told = outcome.told
        if not outcome.ok:
            return {"ok": False, "because": outcome.because}
    return {"ok": True, "because": None, "told": told}


def main() -> int:
    steps: list[Step] = json.loads(sys.stdin.buffer.readline())["steps"]
    result: dict[str, Any] = {}
    ended, end = os.pipe()

    def work() -> None:
        result.update(perform(steps))
        os.close(end)

    threading.Thread(target=work, daemon=True, name="steps").start()
    ready = select.select([ended, 0], [], [])[0]
    if ended not in ready:
        kill_running()
        return 1
    sys.stdout.write(f"{json.dumps(result)}\n")
    sys.stdout.flush()
    return 0


if __name__ == "__main__":
    # A thread that still waits for an answer must not hold up the end.
    os._exit(main())
