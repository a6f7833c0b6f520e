"""Our engine as a closed loop: N connections, each asks again once it is answered; all recorded."""

import gc
import sys
import tempfile
from pathlib import Path
from time import monotonic_ns

from nfrcheck.model.records import Cell
from nfrcheck.wire.engine import Engine, Job, Outcome, endpoint_from
from nfrcheck.wire.recorder import Recorder


def main(port: str, connections: str) -> None:
    endpoint = endpoint_from(f"http://127.0.0.1:{port}")
    request = f"GET /web/v1/products/sku-1 HTTP/1.1\r\nhost: {endpoint.authority}\r\n\r\n".encode()
    job = Job(0, request)
    with tempfile.TemporaryDirectory() as folder:
        recorder = Recorder(
            Path(folder), "shop", "load", 0, monotonic_ns(), [Cell("global", "browse")]
        )
        record = recorder.record

        def again(outcome: Outcome) -> None:
            done = outcome.done_ns
            record(outcome.due_ns, outcome.sent_ns, done, outcome.status, job.cell, outcome.flags)
            engine.submit(job, done)

        over: list[bool] = []
        engine = Engine([endpoint], cap=int(connections), on_outcome=again)
        engine.watch(sys.stdin.fileno(), lambda: over.append(True))
        gc.freeze()
        gc.disable()  # as a load child does while its streams run
        for _ in range(int(connections)):
            engine.submit(job, monotonic_ns())
        engine.run(lambda: bool(over))
        engine.unwatch(sys.stdin.fileno())
        recorder.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
