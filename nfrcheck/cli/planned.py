"""The plan as people read it, for `plan` and for `run --dry-run`."""

import re
import shutil
from typing import Any

import click

from nfrcheck.model.outside import printable
from nfrcheck.plan import Options, plan
from nfrcheck.plan.show import show
from nfrcheck.plan.steps import Plan
from nfrcheck.scenario.read import Pair

_STYLES: dict[str, dict[str, Any]] = {
    "kill": {"fg": "red"},
    "pause": {"fg": "yellow"},
    "drain": {"fg": "yellow"},
    "restart": {"fg": "yellow"},
    "load": {"fg": "cyan"},
    "probe": {"fg": "cyan"},
    "write": {"fg": "cyan"},
    "✓": {"fg": "green"},
    "!": {"fg": "yellow", "bold": True},
}


def show_plan(pair: Pair, options: Options) -> Plan:
    """Prints all that a run would do; contacts nothing. Raises what `plan` raises."""
    made = plan(pair.scenario, pair.deployment, options)
    width = min(140, shutil.get_terminal_size((100, 24)).columns)
    for line in show(made, width):
        click.echo(coloured(line))
    return made


def coloured(line: str) -> str:
    """The label of a line in its colour; what `show` gives has no colour."""
    line = printable(line)
    label = line[:13]
    word = label.strip()
    style = _STYLES.get(word, {} if label.startswith(" ") else {"bold": True})
    if not word or not style:
        return line
    return re.sub(re.escape(word), lambda found: click.style(found[0], **style), line, count=1)
