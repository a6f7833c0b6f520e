"""`nfrcheck demo`: starts two regions on this machine, loses one, shows the scorecard."""

import json
import os
import select
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from nfrcheck.cli.options import flag, out_option

START_S = 30.0
STOP_S = 10.0
SCENARIO, LONGER = "region-failover", "four-nines"


@click.command(help="Start two regions on this machine, lose one under load, judge it.")
@flag("--bug", metavar="NAME", multiple=True, help="Build this defect in (see --list).")
@flag("--list", "list_", is_flag=True, help="List the defects and healthy look-alikes.")
@flag("--keep", is_flag=True, help="Leave the two regions running until Ctrl-C.")
@flag(
    "--scenario",
    # `judge --scenario` is a file.
    variable="NFRCHECK_DEMO_SCENARIO",
    metavar="NAME",
    default=SCENARIO,
    show_default=True,
    help=f"Either {SCENARIO} (100 s) or {LONGER} (12 min).",
)
@flag("--seed", type=int, default=None, help="Repeat a run's random choices.")
@out_option
@click.pass_context
def command(  # noqa: PLR0913, PLR0917 - one parameter a flag
    ctx: click.Context,
    bug: tuple[str, ...],
    list_: bool,
    keep: bool,
    scenario: str,
    seed: int | None,
    out: Path | None,
) -> int:
    if list_:
        return _list()
    with box(bug, seed) as deployment:
        code = _run(ctx, scenario, deployment, seed, out, bug)
        name = f"nfrcheck demo --scenario {LONGER}"
        click.echo(f" 99.99 %    takes 12 min: {name}   defects to find: nfrcheck demo --list")
        if keep:
            click.echo(f" running    {deployment} until Ctrl-C")
            _until_interrupted()
    return code


def _run(  # noqa: PLR0917 - one parameter a flag
    ctx: click.Context,
    scenario: str,
    deployment: Path,
    seed: int | None,
    out: Path | None,
    bugs: tuple[str, ...],
) -> int:
    from nfrcheck.cli.files import read_files
    from nfrcheck.cli.finish import finish
    from nfrcheck.cli.live import ui_for
    from nfrcheck.pipeline import Wish, carry_out

    files = read_files(scenario_file(scenario), str(deployment), colour=ctx.color)
    words = ["nfrcheck", "demo", "--scenario", scenario, *(f"--bug={name}" for name in bugs)]
    words += [] if seed is None else [f"--seed={seed}"]
    wish = Wish(out=out or Path("reports/runs"), seed=seed, command=shlex.join(words))
    with ui_for(colour=ctx.color, quiet=False) as ui:
        result = carry_out(files.pair, wish, ui)
    return finish(result, colour=ctx.color)


def scenario_file(name: str) -> Path:
    """A shipped scenario: in the wheel beside this package, in a checkout under scenarios/."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "shipped", package.parent / "scenarios"):
        path = folder / f"{name}.nfr.yaml"
        if path.is_file():
            return path
    raise click.UsageError(f"no shipped scenario is called {name}")


@contextmanager
def box(bugs: tuple[str, ...], seed: int | None) -> Iterator[Path]:
    """The box as a process of its own; it stops when its standard input ends, whatever happens."""
    with tempfile.TemporaryDirectory(prefix="nfrcheck-demo-") as folder:
        argv = [sys.executable, "-m", "nfrcheck.box", "--folder", f"{folder}/box"]
        kinds = {entry["name"]: entry["kind"] for entry in _catalogue()} if bugs else {}
        for name in bugs:
            argv += ["--healthy" if kinds.get(name) == "healthy" else "--defect", name]
        if seed is not None:
            argv += ["--seed", str(seed)]
        process = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        try:
            ready = _ready(process)
            click.echo(
                f" box        two regions of processes on loopback, up in {ready['seconds']:.1f} s"
            )
            # The box ends with the demo, and with it all that could be put back: a ledger that a
            # killed demo leaves open must not stand in the way of the user's own runs.
            os.environ["NFRCHECK_STATE"] = f"{folder}/state"
            path = Path(ready["deployment"])
            for line in (path.parent / "box.env").read_text(encoding="utf-8").splitlines():
                name, _, value = line.partition("=")
                os.environ[name] = value
            yield path
        finally:
            assert process.stdin
            process.stdin.close()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()


def _ready(process: "subprocess.Popen[bytes]") -> dict[str, Any]:
    assert process.stdout
    until = time.monotonic() + START_S
    found, _, _ = select.select([process.stdout], [], [], until - time.monotonic())
    line = process.stdout.readline() if found else b""
    if not line:
        raise click.UsageError(
            "the box did not start; its words are above (unknown --bug? see --list)"
        )
    ready = json.loads(line)
    assert isinstance(ready, dict)
    return ready


def _list() -> int:
    for entry in _catalogue():
        name, kind = str(entry["name"]), str(entry["kind"])
        click.echo(f"{name:<20} {kind:<8} {entry['what']}")
        if entry.get("expected"):
            checks = ", ".join(entry["expected"].get("checks", ()))
            strength = ", ".join(
                f"{key} {value}"
                for key, value in (entry.get("demo") or {}).items()
                if value is not None and key != "seed"
            )
            click.echo(f"{'':<29} found by {checks}; demo strength: {strength or 'as it is'}")
    return 0


def _catalogue() -> list[dict[str, Any]]:
    listed = subprocess.run(
        [sys.executable, "-m", "nfrcheck.box", "--list"], check=True, capture_output=True
    )
    entries = json.loads(listed.stdout)
    assert isinstance(entries, list)
    return entries


def _until_interrupted() -> None:
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        return
