"""Whoever watches a run sees what happens; the run never waits for a terminal nor fails by it."""

import io
import os
import pty
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nfrcheck.cli.live import PlainLines, View, ui_for
from nfrcheck.cli.watching import Line, Watched, sparkline

HIDE_CURSOR, OTHER_SCREEN = b"\x1b[?25l", b"\x1b[?1049h"


def health(**given: float | None) -> dict[str, Any]:
    return {"sent": 150, "good": 150, "bad": 0, "p99_ms": 42.0, "lag_p99_ms": 0.3} | given


def text(lines: list[Line]) -> str:
    return "\n".join("".join(piece.text for piece in line).rstrip() for line in lines)


def test_a_frame_shows_the_phase_and_every_stream() -> None:
    watched = Watched()
    watched.expect([("steady", 60.0), ("lose-b/1", 20.0), ("lose-b/2", 20.0)])
    watched.begin("steady", 60.0, until_decided=True, now=0.0)
    for _ in range(3):
        watched.tick("load-shop.0", health())
        watched.tick("load-shop.1", health(sent=50, bad=2, p99_ms=80.0))
    watched.tick("probe-edge.0", health(sent=200, p99_ms=None, lag_p99_ms=81.0))

    assert text(watched.frame(30.0, 80)) == (
        " ● steady           ██████████████░░░░░░░░░░░░░░  30.0 s of at most 1 min 00 s\n"
        "     shop           200 req/s  ▆██           p99   80 ms  6 failed\n"
        "     edge           200 req/s  █             p99       \N{EN DASH}  0 failed  81 ms late\n"
        " ○ lose-b/1 · ○ lose-b/2\n"
        "\n"
        " 30 % · at most 1 min 10 s left · Ctrl-C puts everything back, then stops"
    )


def test_a_drill_says_how_far_it_is() -> None:
    watched = Watched()
    watched.begin("lose-b/1", 20.0, until_decided=False, now=0.0)

    shown = {}
    for state in ("commanded", "confirmed", "verified", "unverified"):
        watched.drill("lose-b/1", state)
        shown[state] = text(watched.frame(1.0, 80)).splitlines()[1].strip()

    assert shown == {
        "commanded": "fault commanded",
        "confirmed": "fault in place",
        "verified": "put back and seen well",
        "unverified": "NOT CONFIRMED AS PUT BACK",
    }


def test_a_phase_that_ended_says_how_it_went() -> None:
    watched = Watched()
    watched.begin("steady", 60.0, until_decided=False, now=0.0)
    watched.tick("load-shop.0", health(bad=3, p99_ms=181.0))

    line = watched.end("steady", 61.0)

    assert line
    assert text([line]) == (
        " ! steady            1 min 01 s  3 failed · p99 up to 181 ms · shop 150/s"
    )
    assert watched.end("steady", 61.0) is None


def test_a_phase_in_which_all_was_well_is_ticked_off() -> None:
    watched = Watched()
    watched.begin("steady", 60.0, until_decided=False, now=0.0)
    watched.tick("load-shop.0", health())

    line = watched.end("steady", 60.0)

    assert line
    assert text([line]).startswith(" ✓ steady            1 min 00 s  0 failed · ")


def test_a_child_without_news_is_a_gap_and_said() -> None:
    watched = Watched()
    same = health()
    for _ in range(6):
        watched.tick("load-shop.0", same)

    assert list(watched.streams["shop"].rates) == [150, None, None, None]
    assert "no news" in text(watched.frame(0.0, 80))
    assert watched.failed == 0


@pytest.mark.parametrize(
    ("rates", "drawn"),
    [
        pytest.param([], "", id="nothing"),
        pytest.param([0.0, 0.0], "▁▁", id="zeros"),
        pytest.param([0.0, 50.0, None, 100.0], "▁▅ █", id="a-gap-is-no-zero"),
    ],
)
def test_a_sparkline_goes_from_nothing_to_the_highest(
    rates: list[float | None], drawn: str
) -> None:
    assert sparkline(rates) == drawn


def test_without_a_terminal_a_phase_is_a_line_and_time_is_another() -> None:
    stream = io.StringIO()
    view = View(PlainLines(stream, every_s=0.05), repaint_s=0.01)
    view.say("preflight: 3 of 3 entries answer", good=True)
    view.phase("steady", 600.0, until_decided=True)
    view.tick("load-shop.0", health(bad=1))
    waited = time.monotonic() + 5
    while stream.getvalue().count("shop 150/s") < 2 and time.monotonic() < waited:
        time.sleep(0.01)
    view.phase_done("steady")
    view.close()

    lines = stream.getvalue().splitlines()
    assert lines[0] == "00:00 ✓ preflight: 3 of 3 entries answer"
    assert lines[1] == "00:00 steady: at most 10 min 00 s"
    assert set(lines[2:]) == {"00:00 shop 150/s, p99 42 ms, 1 failed"}


class Broken(io.StringIO):
    def write(self, _text: str) -> int:
        raise BrokenPipeError


class Held(io.StringIO):
    """A terminal on which somebody pressed Ctrl-S."""

    def __init__(self) -> None:
        super().__init__()
        self.free = threading.Event()

    def write(self, text: str) -> int:
        self.free.wait(20)
        return super().write(text)


@pytest.mark.parametrize("make", [Broken, Held])
def test_a_terminal_that_is_gone_or_held_costs_the_run_nothing(
    make: Callable[[], io.StringIO],
) -> None:
    stream = make()
    began = time.monotonic()
    with ui_for(stream=stream) as ui:
        for number in range(20_000):
            ui.phase(f"phase-{number}", 1.0)
            ui.tick("load-shop.0", {"p99_ms": "nonsense", "sent": None})
            ui.say("something", good=False)
            ui.phase_done(f"phase-{number}")
        told = time.monotonic() - began

    assert told < 5.0
    assert time.monotonic() - began < 8.0
    if isinstance(stream, Held):
        stream.free.set()


def test_a_run_that_nobody_watches_writes_nothing() -> None:
    stream = io.StringIO()
    with ui_for(stream=stream, quiet=True) as ui:
        ui.say("something")

    assert not stream.getvalue()


WATCHED = """
import sys, time
from nfrcheck.cli.live import ui_for
with ui_for() as ui:
    ui.say("preflight: 3 of 3 entries answer", good=True)
    ui.phase("steady", 60.0)
    ui.tick("load-shop.0", {"sent": 150, "bad": 0, "p99_ms": 42.0})
    time.sleep(0.3)
    if sys.argv[1] == "raises":
        raise ZeroDivisionError
    if sys.argv[1] == "waits":
        print("WAITING", flush=True)
        time.sleep(30)
    ui.phase_done("steady")
print("END")
"""


def on_terminal(
    how: str, number: int | None = None, environment: dict[str, str] | None = None
) -> bytes:
    """All that a process wrote to a terminal of its own; `number` is the signal that ends it."""
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-c", WATCHED, how],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=Path(__file__).parents[2],
        env={"PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "C.UTF-8"}
        | (environment or {}),
    )
    os.close(theirs)
    shown = b""
    try:
        while True:
            try:
                shown += (more := os.read(ours, 65_536))
            except OSError:  # the last one who had it open is gone
                break
            if not more:
                break
            if number is not None and b"WAITING" in shown:
                child.send_signal(number)
                number = None
        child.wait(20)
    finally:
        child.kill()
        child.wait()
        os.close(ours)
    return shown


def test_on_a_terminal_the_phase_is_painted_and_leaves_one_line() -> None:
    shown = on_terminal("ends")

    assert "● ".encode() in shown
    assert "█".encode() in shown or "░".encode() in shown
    assert shown.rstrip().endswith(b"END")
    assert HIDE_CURSOR not in shown
    last = shown.rpartition(b"\x1b[2K")[2]
    assert b"Ctrl-C" not in last


@pytest.mark.parametrize(
    ("how", "number"),
    [
        pytest.param("raises", None, id="exception"),
        pytest.param("waits", signal.SIGINT, id="SIGINT"),
        pytest.param("waits", signal.SIGTERM, id="SIGTERM"),
        pytest.param("waits", signal.SIGKILL, id="SIGKILL"),
    ],
)
def test_the_terminal_is_as_it_was_however_it_ends(how: str, number: int | None) -> None:
    shown = on_terminal(how, number)

    # Nothing is switched that somebody would have to switch back.
    assert HIDE_CURSOR not in shown
    assert OTHER_SCREEN not in shown
    assert b"preflight" in shown


@pytest.mark.parametrize(
    "environment",
    [{"TERM": "dumb"}, {"CI": "true"}, {"PYTHONIOENCODING": "ascii"}],
    ids=["dumb", "ci", "ascii"],
)
def test_where_nothing_can_be_repainted_lines_are_plain(environment: dict[str, str]) -> None:
    shown = on_terminal("ends", environment=environment)

    assert b"\x1b[" not in shown
    assert b"00:00 steady: 1 min 00 s" in shown


def test_no_colour_is_no_colour() -> None:
    shown = on_terminal("ends", environment={"NO_COLOR": "1"})

    assert b"\x1b[32m" not in shown
    assert b"\x1b[36m" not in shown
