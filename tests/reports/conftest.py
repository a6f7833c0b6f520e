"""One page of each invented run, drawn once."""

from html.parser import HTMLParser
from typing import Any

import pytest

from nfrcheck.reports.html import render
from nfrcheck.reports.view import view
from tests.reports.sample_runs import RUNS, sample

Element = tuple[str, dict[str, str]]
_VOID = {"meta", "link", "br", "img", "input", "hr"}


class Parsed(HTMLParser):
    """What a browser without JavaScript would see: elements in order, text, and the nesting."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.page = page
        self.elements: list[Element] = []
        self.text: list[str] = []
        self.scripts: list[tuple[dict[str, str], str]] = []
        self.open: list[str] = []
        self.unclosed: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        self.elements.append((tag, known))
        if tag == "script":
            self.scripts.append((known, ""))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.unclosed.append(tag)

    def handle_data(self, data: str) -> None:
        inside = self.open[-1] if self.open else ""
        if inside == "script":
            known, text = self.scripts[-1]
            self.scripts[-1] = (known, text + data)
        elif inside != "style":
            self.text.append(data)

    def all(self, *tags: str) -> list[Element]:
        return [element for element in self.elements if element[0] in tags]

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())


@pytest.fixture(scope="session")
def pages() -> dict[str, Parsed]:
    return {name: Parsed(render(view(sample(name)))) for name in RUNS}


@pytest.fixture(params=[name for name in RUNS if name != "many"])
def page(request: pytest.FixtureRequest, pages: dict[str, Parsed]) -> Parsed:
    return pages[request.param]


@pytest.fixture
def failing() -> dict[str, Any]:
    return sample("fail")
