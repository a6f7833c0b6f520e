"""The process of an http probe or a `writes` probe: the engine's own loop, nothing else.

Started as `python -m nfrcheck.experiments.probes.child`; speaks JSON lines.
"""

import sys

from nfrcheck.experiments.probes.writes import Writes
from nfrcheck.wire.child import open_child


def main() -> int:
    child = open_child()
    if child is None:
        return 2
    writes = Writes(child) if child.spec.write is not None else None
    child.ready()
    try:
        child.engine.run(lambda: child.stopping)
    except Exception as error:  # noqa: BLE001  # whatever it is, the controller must know
        child.die(error)
    code = child.finish()
    if writes is not None:
        writes.ledger.close()
    child.say_stopped({})
    return code


if __name__ == "__main__":
    sys.exit(main())
