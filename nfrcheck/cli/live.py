"""How a run looks while it runs: a live view on a terminal, plain lines everywhere else.

Whoever calls never waits and never sees an error: what is told goes into a queue, and a thread of
its own writes it. A terminal that is slow, held or gone costs the picture, not the run.
"""

import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol, TextIO

from nfrcheck import __version__
from nfrcheck.cli.watching import Line, Piece, Watched
from nfrcheck.model.units import show_duration
from nfrcheck.run.ui import Silent, Ui

REPAINT_S = 0.25
PLAIN_EVERY_S = 30.0
CLOSE_S = 1.0
_MOST_WAITING = 10_000
_MARKS = {True: ("✓", "green"), False: ("✗", "bold red"), None: ("·", "dim")}

Told = Callable[["Painter"], None]


class Painter(Protocol):
    """Writes; only ever called from one thread, and may block or raise as it likes."""

    watched: Watched

    def stays(self, line: Line) -> None: ...

    def begun(self) -> None: ...

    def ended(self, line: Line) -> None: ...

    def repaint(self) -> None: ...

    def close(self) -> None: ...


class View:
    """The `Ui` of a run; hands on to a painter in a thread of its own."""

    def __init__(self, painter: Painter, repaint_s: float = REPAINT_S) -> None:
        self._told: queue.Queue[Told | None] = queue.Queue(_MOST_WAITING)
        self._painter = painter
        self._repaint_s = repaint_s
        self._thread = threading.Thread(target=self._paint, daemon=True, name="live-view")
        self._thread.start()

    def begin(self, run: str, folder: Path, about: str) -> None:  # noqa: ARG002 - the folder is told at the end
        line = (Piece("nfrcheck", "bold"), Piece(f" {__version__}  {about}  "), Piece(run, "dim"))
        self._tell(lambda painter: painter.stays(line))

    def phase(self, name: str, seconds: float, *, until_decided: bool = False) -> None:
        now = time.monotonic()

        def begin(painter: Painter) -> None:
            painter.watched.begin(name, seconds, until_decided=until_decided, now=now)
            painter.begun()

        self._tell(begin)

    def phase_done(self, name: str) -> None:
        now = time.monotonic()

        def end(painter: Painter) -> None:
            if line := painter.watched.end(name, now):
                painter.ended(line)

        self._tell(end)

    def tick(self, instrument: str, health: Mapping[str, Any]) -> None:
        self._tell(lambda painter: painter.watched.tick(instrument, health))

    def drill(self, name: str, state: str) -> None:
        """What the fault of the running drill has come to: a `state` of a `fault` event."""
        self._tell(lambda painter: painter.watched.drill(name, state))

    def expect(self, phases: Iterable[tuple[str, float]]) -> None:
        """All phases with their seconds, so that the view can say how much is left."""
        known = list(phases)
        self._tell(lambda painter: painter.watched.expect(known))

    def say(self, text: str, *, good: bool | None = None) -> None:
        mark, style = _MARKS[good]
        line = (Piece(f" {mark} ", style), Piece(text, style if good is False else ""))
        self._tell(lambda painter: painter.stays(line))

    def close(self) -> None:
        """Leaves the terminal as it was; waits for it no longer than a second."""
        with suppress(queue.Full):
            self._told.put_nowait(None)
        self._thread.join(CLOSE_S)

    def _tell(self, told: Told) -> None:
        with suppress(queue.Full):
            self._told.put_nowait(told)

    def _paint(self) -> None:
        # Whatever a terminal does, the run goes on without it.
        with suppress(Exception):
            try:
                while self._next():
                    self._painter.repaint()
            finally:
                self._painter.close()

    def _next(self) -> bool:
        """Takes what was told, all that waits at once; False when it is over."""
        with suppress(queue.Empty):
            told = self._told.get(timeout=self._repaint_s)
            while told is not None:
                told(self._painter)
                told = self._told.get_nowait()
            return False
        return True


class PlainLines:
    """A line for each phase, one for each 30 s, and whatever is said; for logs and for CI."""

    def __init__(self, stream: TextIO, every_s: float = PLAIN_EVERY_S) -> None:
        self.watched = Watched()
        self._stream = stream
        self._every_s = every_s
        self._began = self._last = time.monotonic()

    def stays(self, line: Line) -> None:
        self._write("".join(piece.text for piece in line).strip())

    def begun(self) -> None:
        stage = self.watched.stage
        assert stage, "it has just begun"
        length = show_duration(stage.seconds)
        self._write(f"{stage.name}: {f'at most {length}' if stage.until_decided else length}")

    def ended(self, line: Line) -> None:
        """Nothing: the next phase says that this one is over, and a log is read top to bottom."""

    def repaint(self) -> None:
        if time.monotonic() - self._last >= self._every_s and self.watched.streams:
            self._write(self.watched.words())

    def close(self) -> None:
        self._stream.flush()

    def _write(self, text: str) -> None:
        self._last = time.monotonic()
        minutes, seconds = divmod(int(self._last - self._began), 60)
        line = f"{minutes:02d}:{seconds:02d} {text}\n"
        encoding = self._stream.encoding or "utf-8"
        self._stream.write(line.encode(encoding, "replace").decode(encoding))
        self._stream.flush()


class LiveView:
    """The running phase, every stream and what is to come, repainted in place."""

    def __init__(self, stream: TextIO, *, colour: bool | None = None) -> None:
        from rich.live import Live

        self.watched = Watched()
        self._console = _console(stream, colour)
        self._live = Live(
            console=self._console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
            vertical_overflow="crop",
        )
        self._live.start()

    def stays(self, line: Line) -> None:
        room = self._console.width
        # What is dim at the end of a line is no loss where there is no room for it.
        while line[1:] and line[-1].style == "dim" and sum(len(p.text) for p in line) > room:
            line = line[:-1]
        self._console.print(_rich(line), no_wrap=True, overflow="ellipsis")

    def begun(self) -> None:
        self.repaint()

    def ended(self, line: Line) -> None:
        self.stays(line)

    def repaint(self) -> None:
        from rich.console import Group

        lines = self.watched.frame(time.monotonic(), self._console.width)
        self._live.update(Group(*map(_rich, lines)), refresh=True)

    def close(self) -> None:
        self._live.stop()


def _console(stream: TextIO, colour: bool | None) -> Any:
    from rich.console import Console

    class Kept(Console):
        """The cursor stays: what changes nothing of a terminal leaves nothing to be put right."""

        def show_cursor(self, show: bool = True) -> bool:  # noqa: ARG002 - rich's signature
            return False

    return Kept(
        file=stream,
        force_terminal=True,
        # Without a colour system nothing is styled at all, bold and dim included.
        color_system=None if colour is False else "auto",
        highlight=False,
        soft_wrap=False,
    )


def _rich(line: Line) -> Any:
    from rich.text import Text

    return Text.assemble(
        *((piece.text, piece.style) for piece in line), no_wrap=True, overflow="ellipsis"
    )


def wants_live(stream: TextIO) -> bool:
    """Whether the stream is a terminal that a person looks at and that can repaint."""
    environment = os.environ
    utf8 = (stream.encoding or "").lower().replace("-", "") == "utf8"
    quiet = environment.get("TERM", "dumb") == "dumb" or environment.get("CI")
    return stream.isatty() and utf8 and not quiet


@contextmanager
def ui_for(
    *, colour: bool | None = None, quiet: bool = False, stream: TextIO | None = None
) -> Iterator[Ui]:
    """The view for this terminal, on stderr unless told otherwise; closed whatever happens."""
    if quiet:
        yield Silent()
        return
    stream = sys.stderr if stream is None else stream
    view = View(LiveView(stream, colour=colour) if wants_live(stream) else PlainLines(stream))
    try:
        yield view
    finally:
        view.close()
