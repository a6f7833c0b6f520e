"""What work costs, on a machine that does other work too."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import pytest

Test = TypeVar("Test", bound=Callable[..., object])

KNOWN = (sys.executable, "-c", "import numpy, pydantic.main")
KNOWN_S = 0.25
"""What that costs on a core of some 3 GHz that nobody else shares."""


ALONE = (pytest.mark.slow, pytest.mark.whole)
"""What is measured must not be disturbed by busy tests beside it."""


def alone(test: Test) -> Test:
    for mark in ALONE:
        test = mark(test)
    return test


def cpu_s(command: Sequence[str], *, code: int = 0, **more: Any) -> float:
    """Seconds of CPU that a command needs, which must end with that code; `more`: as for Popen.

    What it imports is compiled once, as an installation does it.
    """
    environment = {**os.environ, **more.pop("env", {})}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    with subprocess.Popen(command, env=environment, **more) as process:
        _pid, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == code, command
    return used.ru_utime + used.ru_stime


def least(spend: Callable[[], float], times: int = 3) -> float:
    """Seconds of CPU, as on a core of our own: what shares a core makes the same work cost more.

    So each try is held against work whose cost is known, and the best one counts.
    """
    return min(spend() / max(1.0, cpu_s(KNOWN) / KNOWN_S) for _ in range(times))
