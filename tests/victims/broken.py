"""Actions and probes for experiments: a part of a system that is down while a file exists."""

import os
import time
from pathlib import Path
from typing import Any


def _note(place: str, word: str) -> None:
    with (Path(place).parent / "log").open("a", encoding="utf-8") as log:
        log.write(f"{word}\n")


def take_down(place: str) -> str:
    _note(place, "down")
    Path(place).touch()
    return place


def bring_up(place: str) -> bool:
    _note(place, "up")
    Path(place).unlink(missing_ok=True)
    return True


def is_up(place: str) -> bool:
    return not Path(place).exists()


def take_down_for(place: str, seconds: float) -> None:
    """Long under way, as an action that waits for what it did."""
    take_down(place)
    time.sleep(seconds)


def take_down_for_ever(place: str) -> None:
    """Nothing but SIGKILL ends it."""
    take_down(place)
    while True:
        try:
            time.sleep(60)
        except BaseException:  # noqa: BLE001
            continue


def bring_up_when(place: str, free: str) -> None:
    """Under way until somebody makes the file `free`."""
    _note(place, "late")
    while not Path(free).exists():
        time.sleep(0.02)


def fail() -> None:
    raise RuntimeError("no such pod")


def say_no(**_anything: Any) -> bool:
    return False


def keep(place: str, configuration: dict[str, Any], secrets: dict[str, Any]) -> str:
    """Writes down what it was given, and shows its secret to whoever looks."""
    Path(place).write_text(f"{configuration} {secrets}", "utf-8")
    raise RuntimeError(f"refused {secrets['token']} of {os.environ.get('HOME')}")


def replicas(place: str) -> int:
    return int(Path(place).read_text("utf-8"))


def scale(place: str, replicas: int) -> None:
    Path(place).write_text(str(replicas), "utf-8")
