"""The look-alike gc-pause stops a whole replica for a moment, again and again, when switched on."""

import asyncio
import ssl
import time
from pathlib import Path

import pytest

from nfrcheck.box import app
from nfrcheck.box.board import Board, Settings
from nfrcheck.box.layout import BY_NAME, Layout
from nfrcheck.box.switches import Switches
from nfrcheck.box.truth import Truth
from nfrcheck.box.world import World


async def longest_gap_s(watching: app.App) -> float:
    task = asyncio.create_task(watching.watch())
    longest, last = 0.0, time.monotonic()
    end = last + 0.5
    while last < end:
        await asyncio.sleep(0.002)
        longest, last = max(longest, time.monotonic() - last), time.monotonic()
    task.cancel()
    return longest


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("healthy", "paused"),
    [pytest.param((), False, id="off"), pytest.param(("gc-pause",), True, id="on")],
)
def test_a_replica_pauses_only_when_it_shall(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, healthy: tuple[str, ...], *, paused: bool
) -> None:
    monkeypatch.setattr(app, "PAUSE_EVERY_S", 0.1)
    part, board = BY_NAME["app-a1"], Board()
    board.publish(Settings(healthy=healthy))
    world = World(
        part=part,
        layout=Layout(folder=tmp_path, port=1),
        switches=Switches(board, part),
        slot=board.slot(part.name),
        truth=Truth(tmp_path / "truth", part.name, part.region),
        call_tls=ssl.create_default_context(),
        token="",
    )

    # A busy machine pauses too, but not each time.
    longest_s = min(asyncio.run(longest_gap_s(app.App(world))) for _ in range(3))
    assert (longest_s >= app.PAUSE_S) is paused
