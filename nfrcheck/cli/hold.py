"""`nfrcheck hold`: one fault for as long as somebody wants it; for tests, and for a try by hand."""

import json
import os
import queue
import shutil
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from nfrcheck.cli.options import DURATION, deployment_option, flag

NOT_RESTORED = 6
CLOSE_S = 30.0
"""How long the end waits for a reader that does not read."""


@click.command(
    help="Inject one fault, prove it, hold it until standard input closes (Ctrl-D) or Ctrl-C, put "
    "it back and prove that. FAULT and its keys are those of a drill: region-kill region=b. "
    "Prints one line of JSON when the fault holds. Exit 0: put back; 4: it was never seen; 5: a "
    "guard ended it; 6: not put back."
)
@click.argument("fault", metavar="FAULT")
@click.argument("keys", nargs=-1, metavar="[KEY=VALUE]...")
@deployment_option
@flag(
    "--get",
    "path",
    default="/",
    show_default=True,
    metavar="PATH",
    help="What every entry answers when it is well; asked to see the fault and its healing.",
)
@flag(
    "--at-most",
    type=DURATION,
    default="5 min",
    show_default=True,
    help="Put back after this time, whatever happens.",
)
@flag("-q", "--quiet", is_flag=True, help="JSON only.")
@click.pass_context
def command(  # noqa: PLR0913, PLR0917 - one parameter a flag
    ctx: click.Context,
    fault: str,
    keys: tuple[str, ...],
    deployment: str | None,
    path: str,
    at_most: float,
    quiet: bool,
) -> int:
    from nfrcheck.cli.files import SCENARIOS, find_deployment, valid
    from nfrcheck.cli.live import ui_for
    from nfrcheck.run.hold import Wish, hold, plan_hold
    from nfrcheck.run.lock import Place
    from nfrcheck.run.lock import hold as locked
    from nfrcheck.run.others import refuse_open_ledgers

    place = find_deployment(SCENARIOS / "any", deployment)
    refuse_open_ledgers(place=Place(name=place.name, path=place))
    wish = Wish(fault=fault, keys=_keys(keys), path=path, at_most_s=at_most)
    told = Lines()
    folder = Path(tempfile.mkdtemp(prefix="nfrcheck-hold-"))
    try:
        made = valid(lambda: plan_hold(place, wish, folder), ctx.color)
        lock = Place(name=made.deployment, path=Path(made.deployment_path))
        with (
            locked(lock, f"run {made.scenario}", shares=True),
            ui_for(colour=ctx.color, quiet=quiet) as ui,
        ):
            held = hold(made, folder, ui, told.tell)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    restored = held.exit_code != NOT_RESTORED
    end = {"event": "end", "restored": restored, "because": held.because, "exit": held.exit_code}
    told.tell(end)
    told.close()
    if held.exit_code:
        click.echo(f"nfrcheck hold: {held.because}", err=True)
    return held.exit_code


def _keys(written: tuple[str, ...]) -> dict[str, str]:
    """Raises UsageError for a word without `=`."""
    odd = [word for word in written if "=" not in word]
    if odd:
        raise click.UsageError(f"{odd[0]}: a key and its value, such as region=b")
    return dict(word.split("=", 1) for word in written)


class Lines:
    """Whoever began this may be gone, or not read: that must not keep the fault in place."""

    def __init__(self, descriptor: int = 1) -> None:
        self._descriptor = descriptor
        self._told: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write, daemon=True, name="hold-lines")
        self._thread.start()

    def tell(self, line: dict[str, Any]) -> None:
        self._told.put(f"{json.dumps(line)}\n")

    def close(self) -> None:
        self._told.put(None)
        self._thread.join(CLOSE_S)

    def _write(self) -> None:
        # Not through the buffer: at the end of the process its lock would be waited for.
        with suppress(OSError):
            while (line := self._told.get()) is not None:
                rest = line.encode()
                while rest:
                    rest = rest[os.write(self._descriptor, rest) :]
