"""Probes of an experiment: how an entry answers, and whether what was injected counts."""

import json
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

from chaoslib.exceptions import ActivityFailed

from nfrcheck.chaostoolkit.held import THIS, deployment_file
from nfrcheck.run.ledger import LedgerError, open_ledgers

__all__ = ["answers", "availability", "fault_is_proven", "nothing_left_behind", "p99_ms"]

ASKING = (sys.executable, "-P", "-m", "nfrcheck.chaostoolkit.asking")
START_S = 30.0
TIMES = 50
logger = logging.getLogger("chaostoolkit")


def answers(
    deployment: str, entry: str = "", get: str = "/", times: int = TIMES, per_second: float = 25.0
) -> dict[str, Any]:
    """Ask an entry so many times at that rate, and say how it answered.

    Returns asked, good (2xx and 3xx), share_good (percent), p50_ms, p99_ms, worst_ms and bad (what
    else was answered, how often). Times count from when a request was due, with the connection of
    its own that each has; without a good answer it took the time-out, 5 s. entry: by default the
    one outside of the regions. Fails when the requests cannot be sent.
    """
    asked = {
        "deployment": str(deployment_file(deployment)),
        "entry": entry,
        "get": get,
        "times": times,
        "per_second": per_second,
    }
    return _ask(asked, within_s=START_S + times / per_second)


def availability(
    deployment: str, entry: str = "", get: str = "/", times: int = TIMES, per_second: float = 25.0
) -> float:
    """The share of good answers in percent; tolerance: {type: range, range: [99, 100]}.

    A share of a few requests is no verdict: what the odds are, `nfrcheck run` says.
    """
    return float(answers(deployment, entry, get, times, per_second)["share_good"])


def p99_ms(
    deployment: str, entry: str = "", get: str = "/", times: int = TIMES, per_second: float = 25.0
) -> float:
    """The ms in which 99 % were answered well; tolerance: {type: range, range: [0, 200]}."""
    return float(answers(deployment, entry, get, times, per_second)["p99_ms"])


def fault_is_proven() -> bool:
    """False if a fault that inject was asked for was not seen, or had ended before heal.

    In a hypothesis with `tolerance: true` it lets the experiment deviate: by itself chaos ends
    with 0 although an action failed. True as long as nothing was injected.
    """
    doubts = THIS.doubts()
    for doubt in doubts:
        logger.error("not proven: %s", doubt)
    return not doubts


def nothing_left_behind() -> bool:
    """True if no ledger of this user is open: nothing is injected, or left to be put back."""
    try:
        left = open_ledgers()
    except LedgerError as error:
        raise ActivityFailed(f"the ledgers cannot be read: {error}") from error
    for record in left:
        logger.error("not confirmed as put back, or under way: %s; nfrcheck restore", record.run)
    return not left


def _ask(asked: dict[str, Any], within_s: float) -> dict[str, Any]:
    try:
        done = subprocess.run(
            [*ASKING, json.dumps(asked)],
            cwd=Path.cwd(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=within_s,
        )
    except subprocess.TimeoutExpired:
        raise ActivityFailed(f"no answer was counted within {within_s:.0f} s") from None
    if done.returncode:
        raise ActivityFailed(done.stderr.strip() or f"asking ended with {done.returncode}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found
