"""Starts and stops the whole service: `python3 -m quotes.estate start`, and `stop`.

Process ids and logs stand in `run/`; nfrcheck kills and restores replicas by these ids.
"""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from quotes.places import FRONT, REPLICAS

HERE = Path(__file__).resolve().parents[1]
RUN = HERE / "run"
WITHIN_S = 15.0
PARTS = {
    "replica-1": (["quotes.replica", "1"], REPLICAS[0]),
    "replica-2": (["quotes.replica", "2"], REPLICAS[1]),
    "front": (["quotes.front"], FRONT),
}


def start() -> None:
    RUN.mkdir(exist_ok=True)
    for name, (words, address) in PARTS.items():
        url = f"http://{address[0]}:{address[1]}/healthz"
        if answers(url):
            give_up(f"something else answers at {url}: stop it first")
        with (RUN / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", *words],
                cwd=HERE,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        (RUN / f"{name}.pid").write_text(f"{process.pid}\n")
        until = time.monotonic() + WITHIN_S
        while not answers(url):
            if process.poll() is not None or time.monotonic() > until:
                give_up(f"{name} does not answer at {url}: see {RUN / name}.log")
            time.sleep(0.05)


def answers(url: str) -> bool:
    with suppress(OSError), urllib.request.urlopen(url, timeout=1):
        return True
    return False


def give_up(why: str) -> NoReturn:
    stop()
    sys.exit(why)


def stop() -> None:
    """Only what runs from this folder: the number in an old file may be a stranger's by now."""
    for file in RUN.glob("*.pid"):
        place = Path(f"/proc/{int(file.read_text())}")
        with suppress(OSError):
            while (place / "cwd").resolve() == HERE and (place / "exe").exists():
                os.kill(int(place.name), signal.SIGTERM)
                time.sleep(0.02)
        file.unlink()


if __name__ == "__main__":
    stop()
    if sys.argv[1:] == ["start"]:
        start()
    elif sys.argv[1:] != ["stop"]:
        sys.exit("python3 -m quotes.estate start|stop")
