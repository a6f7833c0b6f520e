"""Starts a box: `python -m nfrcheck.box --folder DIR`. It runs until its stdin ends."""

import argparse
import gc
import json
import os
import secrets
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nfrcheck.box import certificates, defects, deployment, layout, links
from nfrcheck.box.board import Board, Settings
from nfrcheck.box.defects import UnknownSwitchError
from nfrcheck.box.layout import Layout
from nfrcheck.box.planes import Planes
from nfrcheck.box.supervisor import Supervisor
from nfrcheck.box.world import Birthright


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m nfrcheck.box", description=__doc__)
    made.add_argument("--list", action="store_true", help="print the defects and variants as JSON")
    made.add_argument("--folder", type=Path, help="where the box keeps its files")
    made.add_argument(
        "--defect",
        action="append",
        default=[],
        metavar="NAME[,key=value...]",
        help="switch a defect on; keys: region, node, rate, route, seed",
    )
    made.add_argument("--healthy", action="append", default=[], metavar="NAME")
    made.add_argument("--strength", choices=("demo", "full"), default="demo")
    made.add_argument("--no-links", action="store_true", help="connect without fault proxies")
    made.add_argument("--toxiproxy", metavar="URL", help="use this one for the links")
    made.add_argument("--seed", type=int, default=1)
    return made


def main(argv: Sequence[str] | None = None) -> int:
    began = time.monotonic()
    reader = parser()
    asked = reader.parse_args(argv)
    if asked.list:
        print(json.dumps(defects.catalogue(), indent=2))  # noqa: T201  this is the answer
        return 0
    if asked.folder is None:
        reader.error("--folder is needed")
    try:
        settings = _settings(asked)
    except UnknownSwitchError as unknown:
        reader.error(str(unknown))
    return _run(asked, settings, began)


def _settings(asked: argparse.Namespace) -> Settings:
    chosen: dict[str, Any] = {}
    for text in asked.defect:
        name, *pairs = text.split(",")
        given = dict(pair.partition("=")[::2] for pair in pairs)
        chosen[name] = defects.resolve(name, given, strength=asked.strength, seed=asked.seed)
    return Settings(chosen, tuple(map(defects.check_variant, asked.healthy)))


def _run(asked: argparse.Namespace, settings: Settings, began: float) -> int:
    folder: Path = asked.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    port, reserved = layout.reserve_port()
    box = Layout(folder=folder, port=port, toxiproxy=_toxiproxy(asked, port))
    _clean(box)
    tls = certificates.issue(box.ca)
    token = secrets.token_urlsafe(24)
    deployment.write(box, token)
    box.links.write_text(json.dumps(box.proxies))
    if asked.toxiproxy:
        links.populate(asked.toxiproxy, box.proxies)
    board = Board()
    board.publish(settings)
    given = Birthright(
        layout=box,
        board=board,
        serve_tls=tls.serve,
        certificates=tls.certificates,
        call_tls=tls.call,
        token=token,
    )
    planes = Planes(given=given, settings=settings, strength=asked.strength, seed=asked.seed)
    gc.freeze()  # what is loaded now is shared by all parts and never collected

    def on_ready(_: dict[str, Any]) -> None:
        seconds = round(time.monotonic() - began, 3)
        told = {"ready": True, "deployment": str(box.deployment), "pid": os.getpid()}
        print(json.dumps({**told, "seconds": seconds}), flush=True)  # noqa: T201

    proxy = box.toxiproxy is not None and not asked.toxiproxy
    code = Supervisor(given, planes.serve, proxy=proxy).run(on_ready)
    for bound in reserved:
        bound.close()
    if code:
        sys.stderr.write(f"the box broke down; {folder / 'box.log'} says why\n")
    return code


def _toxiproxy(asked: argparse.Namespace, port: int) -> str | None:
    own = None if asked.no_links else f"http://{links.API_HOST}:{port}"
    return asked.toxiproxy or own


def _clean(box: Layout) -> None:
    """A box begins empty: nothing of an earlier one in the same folder is believed."""
    for pattern in ("store-*.sqlite*", "truth.ndjson", "ctl.json", "box.log"):
        for stale in box.folder.glob(pattern):
            stale.unlink()
    box.truth.touch(mode=0o600)


if __name__ == "__main__":
    sys.exit(main())
