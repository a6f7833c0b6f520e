"""Waiting that can be cut short: by a signal, by a guard, by whoever began the run."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

Found = TypeVar("Found")

_STDIN = 0
_LOOK_AGAIN_S = 1.0
_OF_THE_TERMINAL = (signal.SIGTTIN, signal.SIGTTOU)
_NOBODY = "standard input was closed: whoever began this has ended"


def _ends() -> tuple[signal.Signals, ...]:
    """A terminal that hangs up ends a run as well, unless `nohup` said that it must not."""
    ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    return (signal.SIGINT, signal.SIGTERM, *(() if ignored else (signal.SIGHUP,)))


def _in_background() -> bool:
    """Whether standard input is a terminal that another job has; one that hung up nobody has."""
    try:
        return os.tcgetpgrp(_STDIN) != os.getpgrp()
    except OSError:
        return False


class Stopped(Exception):
    """The run must heal and end; `because` says who wanted it."""

    def __init__(self, kind: str, because: str) -> None:
        super().__init__(because)
        self.kind = kind
        """ "interrupted" (exit 130), "aborted" (exit 5) or "incomplete"."""
        self.because = because


class Stop:
    """First signal: heal, keep probing for a while. Second: skip the window. Third: give up."""

    def __init__(self) -> None:
        self._asked = asyncio.Event()
        self._hurry = asyncio.Event()
        self._on_third: Callable[[], None] = lambda: None
        self._signals = 0
        self._before: dict[signal.Signals, Any] = {}
        self._later: asyncio.TimerHandle | None = None
        self.reason: Stopped | None = None

    def listen(self, on_third: Callable[[], None], *, stdin: bool = False) -> None:
        """With `stdin` the end of standard input is a first signal: whoever began this is gone."""
        self._on_third = on_third
        loop = asyncio.get_running_loop()
        for number in _ends():
            loop.add_signal_handler(number, self._signal, signal.Signals(number).name)
        # Ctrl-Z would put the run to sleep with its fault in place.
        loop.add_signal_handler(signal.SIGTSTP, lambda: None)
        # In the background, reading from the terminal or writing to it would do the same.
        self._before = {one: signal.signal(one, signal.SIG_IGN) for one in _OF_THE_TERMINAL}
        if stdin:
            self._watch_stdin()

    def _watch_stdin(self) -> None:
        self._later = None
        try:
            asyncio.get_running_loop().add_reader(_STDIN, self._stdin)
        except OSError:  # a file or /dev/null: nothing that somebody holds open
            self.ask("interrupted", _NOBODY)

    def _stdin(self) -> None:
        there, background = b"", _in_background()
        if not background:
            try:
                there = os.read(_STDIN, 4096)
            except OSError:  # a terminal that hung up, or that we have just lost to another job
                background = _in_background()
        if there:
            return
        loop = asyncio.get_running_loop()
        loop.remove_reader(_STDIN)
        if background:  # what is typed now is meant for somebody else
            self._later = loop.call_later(_LOOK_AGAIN_S, self._watch_stdin)
        else:
            self.ask("interrupted", _NOBODY)

    def deaf(self) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(_STDIN)
        if self._later:
            self._later.cancel()
        for number, before in self._before.items():
            signal.signal(number, before)
        for number in (*_ends(), signal.SIGTSTP):
            loop.remove_signal_handler(number)

    def ask(self, kind: str, because: str) -> None:
        """The first reason counts; what comes later does not change why the run ended."""
        self.reason = self.reason or Stopped(kind, because)
        self._asked.set()

    def _signal(self, name: str) -> None:
        self._signals += 1
        if self._signals == 1:
            self.ask("interrupted", "Ctrl-C" if name == "SIGINT" else name)
        elif self._signals == 2:
            self._hurry.set()
        else:
            self._on_third()

    def check(self) -> None:
        """Raises what was asked for."""
        if self.reason:
            raise self.reason

    async def sleep(self, seconds: float) -> None:
        """Sleeps, or raises Stopped as soon as somebody asks."""
        self.check()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._asked.wait(), max(0.0, seconds))
        self.check()

    async def unless_asked(self, work: Coroutine[Any, Any, Found]) -> Found:
        """Does the work; cancels it and raises Stopped as soon as somebody asks."""
        return await self._unless(self._asked, work)

    async def unless_hurried(self, work: Coroutine[Any, Any, Found]) -> Found:
        """Does the work to its end; only a second signal cancels it and raises Stopped."""
        return await self._unless(self._hurry, work)

    async def _unless(self, event: asyncio.Event, work: Coroutine[Any, Any, Found]) -> Found:
        doing = asyncio.ensure_future(work)
        wanted = asyncio.ensure_future(event.wait())
        try:
            await asyncio.wait({doing, wanted}, return_when=asyncio.FIRST_COMPLETED)
            if not doing.done():
                doing.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await doing
                self.check()
            return await doing
        finally:
            wanted.cancel()

    async def linger(self, seconds: float) -> None:
        """Sleeps after a stop was asked; a second signal ends it."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.hurried(), max(0.0, seconds))

    async def hurried(self) -> None:
        """Returns at the second signal."""
        await self._hurry.wait()
