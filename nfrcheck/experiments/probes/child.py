"""The process of a probe: the engine's own loop, and a ledger where more is learnt than requests.

Started as `python -m nfrcheck.experiments.probes.child`; speaks JSON lines.
"""

import sys

from nfrcheck.experiments.probes.connections import Connections
from nfrcheck.experiments.probes.writes import Writes
from nfrcheck.wire.child import Child, open_child


def main() -> int:
    child = open_child()
    if child is None:
        return 2
    keeper = _keeper(child)
    child.ready()
    try:
        child.engine.run(lambda: child.stopping)
    except Exception as error:  # noqa: BLE001  # whatever it is, the controller must know
        child.die(error)
    code = child.finish()
    if keeper is not None:
        keeper.ledger.close()
    child.say_stopped({})
    return code


def _keeper(child: Child) -> Writes | Connections | None:
    if child.spec.write is not None:
        return Writes(child)
    return Connections(child) if child.spec.counts else None


if __name__ == "__main__":
    sys.exit(main())
