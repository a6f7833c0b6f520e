"""The controller's side of a child that sends traffic: JSON lines in, JSON lines out."""

import asyncio
import contextlib
import json
import os
import sys
from collections import deque
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from nfrcheck.history.write import EventLog
from nfrcheck.model.traffic import TrafficSpec
from nfrcheck.wire.child import drain_s

MODULES = {
    "load": "nfrcheck.experiments.loads.child",
    "probe": "nfrcheck.experiments.probes.child",
    "writes": "nfrcheck.experiments.probes.child",
}
READY_S = 20.0
END_S = 5.0
"""What a child may take to write its files and end, beyond the answers that it waits for."""
AT_ONCE_S = 2.0
READ_BACK_GRACE_S = 10.0
LINE_BYTES = 1 << 20
RECENT_S = 120
"""Health lines kept in memory for the guards and the live view."""

Process = asyncio.subprocess.Process


class ChildFailed(Exception):
    """A child that never became ready; the text is its last words."""


class Child:
    """One load or probe process; its death or its complaint is an `ill` event, never silence."""

    def __init__(self, spec: TrafficSpec, log: EventLog) -> None:
        kind = "load" if spec.kind == "load" else "probe"
        self.spec = spec
        self.instrument = f"{kind}-{spec.stream}.{spec.child}"
        self.recent: deque[tuple[float, dict[str, Any]]] = deque(maxlen=RECENT_S)
        self._log = log
        self._words = Path(os.devnull)
        self._process: Process | None = None
        self._listener: asyncio.Task[None] | None = None
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._read_back: asyncio.Future[dict[str, Any]] | None = None
        self._stopping = self._over = False

    async def spawn(self, folder: Path) -> None:
        """Starts the process and waits until it is ready to send; raises ChildFailed."""
        self._words = folder / f"{self.instrument}.log"
        try:
            self._process = await self._start_process()
        except OSError as error:
            raise ChildFailed(f"{self.instrument} could not be started: {error}") from error
        self._listener = asyncio.create_task(self._listen(self._process))
        await self._say(self.spec.to_json())
        try:
            await asyncio.wait_for(asyncio.shield(self._ready), READY_S)
        except TimeoutError:
            self._ill(f"was not ready within {READY_S:.0f} s")
            self.kill()
            raise ChildFailed(f"{self.instrument} was not ready within {READY_S:.0f} s") from None

    async def _start_process(self) -> Process:
        with self._words.open("ab") as words:
            return await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",  # a file of the user's project must not stand in for a library
                "-m",
                MODULES[self.spec.kind],
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=words,
                # A session of its own: Ctrl-C is for the controller, end of input for the child.
                start_new_session=True,
                limit=LINE_BYTES,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )

    async def start(self, at_ns: int) -> None:
        await self._say({"do": "start", "at_ns": at_ns})

    async def read_back(self, within_s: float) -> dict[str, Any]:
        """Has a `writes` probe look for every acknowledged write; an empty answer if it died."""
        if self._over:
            return {}
        self._read_back = asyncio.get_running_loop().create_future()
        await self._say({"do": "read-back", "within_s": within_s})
        limit = within_s + READ_BACK_GRACE_S
        try:
            return await asyncio.wait_for(self._read_back, limit)
        except TimeoutError:
            self._ill(f"did not finish reading back within {limit:.0f} s")
            return {}

    async def stop(self, hurried: Coroutine[Any, Any, None]) -> None:
        """Ends the traffic; returns when the files are complete and the process is gone.

        What is under way may still be answered, or time out: a stop must not hide a server that
        hangs. Once `hurried` returns, only what was already answered counts.
        """
        hurry = asyncio.ensure_future(hurried)
        try:
            if self._process and self._listener:
                await self._end(self._process, hurry)
                await self._listener
        finally:
            hurry.cancel()

    async def _end(self, process: Process, hurry: asyncio.Future[None]) -> None:
        self._stopping = True
        await self._say({"do": "stop"})
        ended = asyncio.ensure_future(process.wait())
        patience_s = drain_s(self.spec) + END_S
        first: set[asyncio.Future[Any]] = {ended, hurry}
        await asyncio.wait(first, timeout=patience_s, return_when=asyncio.FIRST_COMPLETED)
        if not ended.done():
            if not hurry.done():
                self._ill(f"did not stop within {patience_s:.0f} s")
            assert process.stdin, "started with a pipe"
            process.stdin.close()
            await asyncio.wait({ended}, timeout=AT_ONCE_S)
        if not ended.done():
            self.kill()
        await ended

    def kill(self) -> None:
        """The last resort; what it had not written is lost and shows as silence."""
        self._stopping = True
        if self._process:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    async def _say(self, message: dict[str, Any]) -> None:
        assert self._process, "spawned"
        assert self._process.stdin, "started with a pipe"
        # One that is dead does not take it, and its listener says so.
        with contextlib.suppress(ConnectionError):
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            await self._process.stdin.drain()

    async def _listen(self, process: Process) -> None:
        assert process.stdout, "started with a pipe"
        try:
            while line := await process.stdout.readline():
                self._heard(json.loads(line))
        except (ValueError, KeyError, TypeError) as error:
            self._ill(f"said what cannot be understood: {type(error).__name__}: {error}")
            self.kill()
        code = await process.wait()
        if code or not self._stopping:
            self._ill(f"died with exit code {code}: {self._last_words()}")
        self._over = True
        if not self._ready.done():
            self._ready.set_exception(ChildFailed(f"{self.instrument}: {self._last_words()}"))
        if self._read_back and not self._read_back.done():
            self._read_back.set_result({})

    def _heard(self, message: dict[str, Any]) -> None:
        if "health" in message:
            health = {**message["health"], "instrument": self.instrument}
            at = self._log.write("health", t=health.pop("t"), **health)
            self.recent.append((at, health))
        elif "ill" in message:
            self._ill(str(message["ill"]))
        elif "ready" in message and not self._ready.done():
            self._ready.set_result(None)
        elif "read_back" in message and self._read_back and not self._read_back.done():
            self._read_back.set_result(message["read_back"])
        elif "stopped" in message:
            self._log.write("stopped", instrument=self.instrument, **message)

    def _ill(self, because: str) -> None:
        self._log.write("ill", instrument=self.instrument, because=because)

    def _last_words(self) -> str:
        try:
            words = self._words.read_text(errors="replace").strip().splitlines()
        except OSError:
            words = []
        return words[-1] if words else "it left no message"
