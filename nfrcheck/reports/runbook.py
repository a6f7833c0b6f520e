"""The runbook of a game day: one page that prints on two sheets of A4, before and after the run."""

from collections.abc import Mapping
from typing import Any

import jinja2

NAME = "runbook.html"


def render(page: Mapping[str, Any]) -> str:
    """`page` holds plain values alone; a `result` of None leaves the fields to be written in."""
    templates = jinja2.Environment(
        loader=jinja2.PackageLoader("nfrcheck.reports"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return templates.get_template(NAME).render(page=page)
