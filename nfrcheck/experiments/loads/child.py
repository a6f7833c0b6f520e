"""The process of a load: Locust's runner outside, our engine inside.

Started as `python -m nfrcheck.experiments.loads.child`; speaks JSON lines.
"""

import importlib
import os
import sys

from nfrcheck.wire.child import open_child


def main() -> int:
    # The engine needs the operating system's own sockets, and nobody else is in this process:
    # Locust must not patch the standard library, so it may only be imported after this is set.
    os.environ["LOCUST_SKIP_MONKEY_PATCH"] = "1"
    try:
        locust_runner = importlib.import_module("nfrcheck.experiments.loads.locust_runner")
    except ModuleNotFoundError as missing:
        sys.stderr.write(f"cannot begin: {missing}; install nfrcheck with its extra `load`\n")
        return 2
    child = open_child()
    if child is None:
        return 2
    run = locust_runner.LocustRun(child.traffic)
    child.keeping.listeners.append(run.statistics.add)
    run.start()
    run.watch(child.engine.fileno(), child.serve)
    child.ready()
    while not child.stopping:
        run.rest()
    run.unwatch()
    code = child.finish()
    run.quit()
    child.say_stopped({"locust": run.statistics.counts()})
    return code


if __name__ == "__main__":
    sys.exit(main())
