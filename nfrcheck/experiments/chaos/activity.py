"""Calls one function of an extension, for a control; prints what it told, if that is one word.

Run as `python -P -m nfrcheck.experiments.chaos.activity ORDER`, by whoever does or undoes: ORDER is
JSON with `module`, `func`, `arguments`, `configuration` and `secrets`, the latter by the names of
the variables that hold them. Exit status 1: it failed, or it returned false.
"""

import contextlib
import json
import os
import sys
from typing import Any

from chaoslib.exceptions import ChaosException
from chaoslib.provider.python import (
    run_python_activity,
    validate_python_activity,
)

from nfrcheck.experiments.chaos.evidence import Hiding

_SECRETS = "nfrcheck"


def call(order: dict[str, Any], secrets: dict[str, str]) -> Any:
    """What the function returns. Raises ChaosException for one that is not there or fails."""
    activity = {
        "type": "action",
        "name": order["func"],
        "provider": {
            "type": "python",
            "module": order["module"],
            "func": order["func"],
            "arguments": order["arguments"],
            "secrets": [_SECRETS] if secrets else [],
        },
    }
    validate_python_activity(activity)
    return run_python_activity(activity, order["configuration"], {_SECRETS: secrets})


def main() -> int:
    order = json.loads(sys.argv[1])
    # Taken out of the environment: what the function starts need not know them.
    secrets = {name: os.environ.pop(variable) for name, variable in order["secrets"].items()}
    name = f"{order['module']}.{order['func']}"
    hide = Hiding({f"secret {place}": value for place, value in enumerate(secrets.values())})
    try:
        # What it prints is not what it tells.
        with contextlib.redirect_stdout(sys.stderr):
            told = call(order, secrets)
    except ChaosException as error:
        sys.stderr.write(hide.text(f"{name}: {error}") + "\n")
        return 1
    if told is False:
        sys.stderr.write(f"{name} returned false\n")
        return 1
    if isinstance(told, str | int | float) and not isinstance(told, bool):
        sys.stdout.write(f"{told}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
