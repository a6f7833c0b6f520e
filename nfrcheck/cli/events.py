"""`--json`: a run as NDJSON events on stdout, for programs; what people read goes to stderr.

The first line is `{"event": "nfrcheck", "format": 1, ...}`, the last one `{"event": "end", ...}`
with the exit code, whatever went wrong in between. A reader ignores events and fields that it does
not know.
"""

import json
import queue
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, TextIO

import click

from nfrcheck import __version__
from nfrcheck.cli.options import FOUND
from nfrcheck.errors import NfrcheckError
from nfrcheck.model.scorecard import EXIT_NAMES
from nfrcheck.run.ui import Ui
from nfrcheck.scenario.diagnostics import as_json, summary

FORMAT = 1
CLOSE_S = 30.0
"""How long the end of the process waits for a reader that does not read."""
USAGE, INTERNAL, INTERRUPTED = 2, 7, 130


class Events:
    """The `Ui` of `--json`, and all else that such a reader is told; `beside` is told the same.

    Nobody who tells it something waits: a thread of its own writes. A reader that is gone or slow
    costs the events, never the run.
    """

    def __init__(self, out: TextIO) -> None:
        self.beside: Ui | None = None
        self._out = out
        self._began = time.monotonic()
        self._run: dict[str, str | None] = {"run": None, "folder": None}
        self._held: list[dict[str, Any]] | None = []
        self._ended = False
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write, daemon=True, name="json-events")
        self._thread.start()

    def tell(self, event: str, **fields: Any) -> None:
        """What comes before the run has a folder is held back, so that the first line has it."""
        t = round(time.monotonic() - self._began, 3)
        line = {"event": event, "t": t, **fields}
        if self._held is None:
            self._put(line)
        else:
            self._held.append(line)

    def found(self, diagnostics: Iterable[Mapping[str, Any]]) -> None:
        """What was found in the files, each as in `validate --format json`."""
        for each in diagnostics:
            self.tell("diagnostic", **each)

    def end(self, exit_code: int, sentence: str, **fields: Any) -> None:
        """The last line; told once, the second one is not written."""
        if self._ended:
            return
        self._ended = True
        known: dict[str, Any] = {
            "verdict": None,
            "exit_code": exit_code,
            "exit_name": EXIT_NAMES.get(exit_code),
        }
        plain: dict[str, Any] = {
            "sentence": sentence,
            "remedy": None,
            "folder": self._run["folder"],
            "reports": {},
        }
        self.tell("end", **(known | plain | fields))
        self._open()

    def close(self) -> None:
        self._open()
        self._lines.put(None)
        self._thread.join(CLOSE_S)

    def with_(self, beside: Ui) -> "Events":
        """The same, telling also what people watch."""
        self.beside = beside
        return self

    def begin(self, run: str, folder: Path, about: str) -> None:
        self._run = {"run": run, "folder": str(folder)}
        self._open()
        if self.beside:
            self.beside.begin(run, folder, about)

    def expect(self, phases: Iterable[tuple[str, float]]) -> None:
        known = list(phases)
        self.tell("phases", phases=[{"name": name, "seconds": s} for name, s in known])
        if self.beside:
            self.beside.expect(known)

    def phase(self, name: str, seconds: float, *, until_decided: bool = False) -> None:
        self.tell("phase", name=name, state="start", seconds=seconds, until_decided=until_decided)
        if self.beside:
            self.beside.phase(name, seconds, until_decided=until_decided)

    def phase_done(self, name: str) -> None:
        self.tell("phase", name=name, state="end")
        if self.beside:
            self.beside.phase_done(name)

    def tick(self, instrument: str, health: dict[str, Any]) -> None:
        self.tell("health", instrument=instrument, health=health)
        if self.beside:
            self.beside.tick(instrument, health)

    def drill(self, name: str, state: str) -> None:
        self.tell("drill", drill=name, state=state)
        if self.beside:
            self.beside.drill(name, state)

    def say(self, text: str, *, good: bool | None = None) -> None:
        self.tell("say", text=text, good=good)
        if self.beside:
            self.beside.say(text, good=good)

    def _open(self) -> None:
        """Writes the first line, and all that was held back."""
        if self._held is None:
            return
        held, self._held = self._held, None
        self._put({"event": "nfrcheck", "format": FORMAT, "version": __version__, **self._run})
        for line in held:
            self._put(line)

    def _put(self, line: Mapping[str, Any]) -> None:
        self._lines.put(json.dumps(line, ensure_ascii=True, default=str, allow_nan=False))

    def _write(self) -> None:
        try:
            while (line := self._lines.get()) is not None:
                self._out.write(f"{line}\n")
                self._out.flush()
        except (OSError, ValueError):
            # Whoever read it is gone; the run goes on and its exit code still says how it ended.
            return


class Told(click.Command):
    """A command with `--json`: its stdout holds events alone, and always ends with `end`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        given = list(args)
        try:
            return super().parse_args(ctx, args)
        except (click.ClickException, NfrcheckError) as error:
            if self._asked(ctx, given):
                events = Events(sys.stdout)
                events.end(USAGE, _words(error), remedy=getattr(error, "remedy", None))
                events.close()
            raise

    def invoke(self, ctx: click.Context) -> Any:
        if not ctx.params.get("json_"):
            return super().invoke(ctx)
        events = ctx.obj = Events(sys.stdout)
        try:
            # Whatever else the command prints is for people.
            with redirect_stdout(sys.stderr):
                return super().invoke(ctx)
        except BaseException as error:
            _end(events, error, ctx)
            raise
        finally:
            events.close()

    def _asked(self, ctx: click.Context, args: list[str]) -> bool:
        """What could not be parsed as a whole still says whether it wants events."""
        option = next(one for one in self.get_params(ctx) if one.name == "json_")
        before = args[: args.index("--")] if "--" in args else args
        variable = option.resolve_envvar_value(ctx) or ""
        return "--json" in before or variable.lower() in {"1", "true", "t", "yes", "y", "on"}


def _end(events: Events, error: BaseException, ctx: click.Context) -> None:
    match error:
        case NfrcheckError():
            events.end(error.exit_code, error.message, remedy=error.remedy)
        case click.ClickException():
            events.end(USAGE, _words(error))
        case click.exceptions.Exit():
            wrong = ctx.meta.get(FOUND, ())
            events.found(as_json(wrong))
            said = summary(wrong) if wrong else EXIT_NAMES.get(error.exit_code, "")
            events.end(error.exit_code, said)
        case KeyboardInterrupt() | click.Abort():
            events.end(INTERRUPTED, "interrupted")
        case _:
            words = f"{type(error).__name__}: {error}"
            events.end(INTERNAL, f"this is a bug in nfrcheck, and no verdict: {words}")


def _words(error: Exception) -> str:
    return error.format_message() if isinstance(error, click.ClickException) else str(error)
