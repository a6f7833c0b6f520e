"""The scorecard: one page that is complete without JavaScript and fetches nothing."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2

from nfrcheck.reports.charts import timeline_spec
from nfrcheck.reports.vega import svg
from nfrcheck.reports.view import Page, view

NAME = "scorecard.html"
STYLES = "scorecard.css"
ICON = "scorecard.svg"

_COLOURS = {"pass": "#0b7a53", "fail": "#c4261d", "inc": "#d98a00", "inv": "#6b3fb5"}
_SIGNS = {
    "pass": "M5.8 10.3l2.9 2.9 5.6-6.2",
    "fail": "M6.4 6.4l7.2 7.2M13.6 6.4l-7.2 7.2",
    "inc": "M7.6 8.3c0-1.5 1.1-2.3 2.4-2.3s2.4.8 2.4 2.1c0 1.6-2.3 1.7-2.3 3.4M10.1 14v.4",
    "inv": "M10 5v6M10 14v.4",
}


def write(run: Mapping[str, Any], folder: Path, *, split: bool = False) -> Path:
    """`split` is for servers that forbid inline styles and scripts, as Jenkins does.

    Styles and icon then stand in files beside the page, and the page has no script: it is complete
    without.
    """
    page = view(run)
    if split:
        styles = _templates().get_template(STYLES).render()
        (folder / STYLES).write_text(styles, encoding="utf-8")
        (folder / ICON).write_text(_icon(page.head.css), encoding="utf-8")
    path = folder / NAME
    path.write_text(render(page, split=split), encoding="utf-8")
    return path


def render(page: Page, *, split: bool = False) -> str:
    drawn = svg(timeline_spec(page.timeline)) if page.timeline else None
    return (
        _templates()
        .get_template(NAME)
        .render(page=page, chart=drawn, split=split, tab_icon=_tab_icon(page.head.css))
    )


def _templates() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("nfrcheck.reports"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _tab_icon(css: str) -> str:
    """A data address, so that forty open tabs can be told apart and nothing is fetched."""
    return "data:image/svg+xml," + quote(_icon(css), safe="/:='() ,.")


def _icon(css: str) -> str:
    return (
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 20 20'>"
        f"<rect x='1' y='1' width='18' height='18' rx='4' fill='{_COLOURS.get(css, '#566071')}'/>"
        f"<path d='{_SIGNS.get(css, 'M6 10h8')}' fill='none' stroke='#fff' stroke-width='2.4' "
        "stroke-linecap='round'/></svg>"
    )
