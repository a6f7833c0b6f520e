"""A tester that was not well must be able to tell."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nfrcheck.model.records import (
    CHECK_FAILED,
    EXPECTED,
    NOT_SENT,
    REFUSED,
    RETRIED,
    STOPPED,
    TIMEOUT,
    Cell,
)
from nfrcheck.wire.health import BEAT_NS, Heart, Processor, Second, bad, good, is_good

MS = 1_000_000


def test_a_heart_in_time_is_not_late() -> None:
    heart = Heart(0)

    for beat in range(1, 101):
        heart.beat(beat * BEAT_NS)

    assert heart.late_p99_ms() == 0
    assert heart.late_p99_ms() is None


def test_a_heart_that_stood_still_owes_every_beat() -> None:
    heart = Heart(0)
    heart.beat(BEAT_NS)

    heart.beat(BEAT_NS + 1_000 * MS)

    assert heart.late_p99_ms() == pytest.approx(980, abs=10)
    assert heart.due_ns == 2 * BEAT_NS + 1_000 * MS


def test_hours_of_silence_do_not_cost_hours_of_beats() -> None:
    heart = Heart(0)
    began = time.monotonic()

    heart.beat(24 * 3600 * 1000 * MS)

    assert time.monotonic() - began < 1
    assert heart.late_p99_ms() == pytest.approx(119_000, rel=0.01)


def test_the_share_of_a_core_is_measured(tmp_path: Path) -> None:
    waited = tmp_path / "schedstat"
    waited.write_text("0 0 1\n")
    processor = Processor(waited)
    began, end = time.monotonic(), time.process_time() + 0.05

    while time.process_time() < end:
        pass
    waited.write_text(f"0 {25 * MS} 1\n")
    used, waiting = processor.shares()
    span_s = time.monotonic() - began
    processor.close()

    assert used == pytest.approx(0.05 / span_s, rel=0.2)
    assert waiting == pytest.approx(0.025 / span_s, rel=0.2)


def test_waiting_is_unknown_where_the_kernel_does_not_tell(tmp_path: Path) -> None:
    processor = Processor(tmp_path / "nowhere")

    assert processor.shares()[1] is None
    processor.close()


CASES = [
    pytest.param(200, 0, "good", id="200"),
    pytest.param(302, 0, "good", id="302"),
    pytest.param(200, CHECK_FAILED, "bad", id="200-but-not-as-expected"),
    pytest.param(404, EXPECTED, "good", id="404-as-expected"),
    pytest.param(404, 0, "neither", id="404"),
    pytest.param(404, CHECK_FAILED, "bad", id="404-not-as-expected"),
    pytest.param(429, 0, "bad", id="429"),
    pytest.param(500, 0, "bad", id="500"),
    pytest.param(TIMEOUT, 0, "bad", id="timeout"),
    pytest.param(REFUSED, 0, "bad", id="refused"),
    pytest.param(NOT_SENT, 0, "neither", id="not-sent"),
    pytest.param(STOPPED, 0, "neither", id="stopped"),
]


@pytest.mark.parametrize(("status", "flags", "said"), CASES)
def test_good_and_bad_and_not_counted(status: int, flags: int, said: str) -> None:
    one = np.array([status], dtype="<u2"), np.array([flags], dtype="u1")

    assert bool(good(*one)[0]) == is_good(status, flags) == (said == "good")
    assert bool(bad(*one)[0]) == (said == "bad")


def rows(*seen: tuple[int, int, int, int]) -> Any:
    """Each as (latency in ms, status, cell, flags)."""
    kind = [("due", "<i8"), ("done", "<i8"), ("status", "<u2"), ("cell", "u1"), ("flags", "u1")]
    return np.array([(0, ms * MS, *rest) for ms, *rest in seen], dtype=kind)


def test_a_second_is_added_up_by_region() -> None:
    second = Second([Cell("e", "r"), Cell("e", "r", "a")])
    second.add(rows((10, 200, 1, 0), (20, 503, 1, 0), (30, 503, 0, RETRIED)))
    second.add(rows((40, 200, 0, 0), (50, NOT_SENT, 0, 0)))

    found = second.close()

    assert (found["done"], found["good"], found["bad"], found["not_sent"]) == (3, 2, 1, 1)
    assert found["by_region"] == {
        "a": {"done": 2, "good": 1, "bad": 1},
        "": {"done": 1, "good": 1, "bad": 0},
    }
    assert found["p50_ms"] == 20
    assert found["p99_ms"] == pytest.approx(40, abs=1)
    assert second.close()["done"] == 0


def test_every_percentile_that_a_guard_may_name_is_told_and_none_of_a_second_without_an_end() -> (
    None
):
    second = Second([Cell("e", "r")])
    second.add(rows(*((ms, 200, 0, 0) for ms in range(1001))))

    told = {name: ms for name, ms in second.close().items() if name.endswith("_ms")}
    silent = second.close()

    assert told == {"p50_ms": 500, "p90_ms": 900, "p95_ms": 950, "p99_ms": 990, "p99.9_ms": 999}
    assert {silent[name] for name in told} == {None}
