"""What `hold` says never waits for its reader: a fault would stay in place as long."""

import json
import os
import threading
from contextlib import suppress

from nfrcheck.cli.hold import Lines


def test_a_pipe_that_nobody_reads_holds_up_nobody() -> None:
    ours, its = os.pipe()
    os.set_blocking(its, False)
    with suppress(BlockingIOError):
        while True:
            os.write(its, b"x" * 4096)
    os.set_blocking(its, True)
    lines = Lines(its)

    telling = threading.Thread(target=lambda: lines.tell({"event": "holds"}), daemon=True)
    telling.start()
    telling.join(5)

    assert not telling.is_alive()
    os.close(ours)  # which ends the writer
    lines.close()
    os.close(its)


def test_a_line_is_whole_and_comes_before_the_end() -> None:
    ours, its = os.pipe()
    lines = Lines(its)

    lines.tell({"event": "holds"})
    lines.close()
    os.close(its)

    with os.fdopen(ours) as read:
        assert [json.loads(line) for line in read] == [{"event": "holds"}]
