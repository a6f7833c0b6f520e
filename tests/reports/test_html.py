"""The page is whole without JavaScript, fetches nothing, and shows every string as text."""

import itertools
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from nfrcheck.reports.html import render, write
from nfrcheck.reports.view import UnknownSchemaError, view
from tests.reports.conftest import Parsed
from tests.reports.sample_runs import sample

FETCHING = {"src", "srcset", "poster", "data", "action", "formaction", "background", "ping"}


def test_a_run_fits_in_its_budget(pages: dict[str, Parsed]) -> None:
    assert len(pages["fail"].page.encode()) <= 300_000


def test_nothing_is_fetched(page: Parsed) -> None:
    for tag, attributes in page.elements:
        assert not FETCHING & attributes.keys(), tag
        if tag in {"link", "use"}:
            assert attributes["href"].startswith(("data:", "#"))
    assert not page.all("img", "iframe", "object", "embed", "base", "form")
    styles = re.findall(r"<style>(.*?)</style>", page.page, re.DOTALL)
    assert not any("url(" in style or "@import" in style for style in styles)


def test_there_is_no_inline_style_and_no_inline_handler(page: Parsed) -> None:
    for _, attributes in page.elements:
        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]


def test_every_element_is_closed_where_it_was_opened(page: Parsed) -> None:
    assert page.unclosed == []
    assert page.open == []


def test_ids_are_unique_and_links_inside_the_page_lead_somewhere(page: Parsed) -> None:
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    inside = [a["href"] for _, a in page.all("a") if a["href"].startswith("#")]
    assert inside
    assert {link[1:] for link in inside} <= set(ids)


def test_headings_go_down_one_step_at_a_time(page: Parsed) -> None:
    levels = [int(tag[1]) for tag, _ in page.all("h1", "h2", "h3", "h4")]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_landmarks_and_language_are_there(page: Parsed) -> None:
    for tag in ("main", "header", "footer", "nav", "title"):
        assert len(page.all(tag)) == 1, tag
    assert page.all("html")[0][1]["lang"] == "en"


def test_every_table_has_a_head_and_row_headers(page: Parsed) -> None:
    assert len(page.all("thead")) == len(page.all("table"))
    for _, attributes in page.all("th"):
        assert attributes["scope"] in {"col", "row", "colgroup"}


def test_every_picture_has_words_or_is_hidden_from_readers(page: Parsed) -> None:
    for _, attributes in page.all("svg"):
        assert attributes.get("aria-hidden") == "true" or attributes.get("aria-label")


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    first = write(sample("fail"), tmp_path).read_bytes()

    # Another picture in between must not leave a trace in the next.
    render(view(sample("pass")))

    assert write(sample("fail"), tmp_path).read_bytes() == first


def test_no_string_of_the_system_becomes_markup(pages: dict[str, Parsed]) -> None:
    page = pages["hostile"]
    assert len(page.scripts) == 2
    assert "<script>alert" not in page.page
    assert page.words.count("<script>alert(1)</script>") > 20
    assert not [a for _, a in page.all("a") if a["href"].startswith("javascript:")]
    assert not re.search("[\x00-\x08\x0b-\x1f\u202e]", page.page)


def test_the_json_block_cannot_end_its_element(pages: dict[str, Parsed]) -> None:
    for page in pages.values():
        (data,) = [text for known, text in page.scripts if known.get("type")]
        assert not set("<>&") & set(data)
        assert json.loads(data)["schema_version"] == 1


def test_the_script_is_small_and_only_for_comfort(page: Parsed) -> None:
    (code,) = [text for known, text in page.scripts if not known.get("type")]
    assert len(code.encode()) < 3000
    assert not re.search(r"fetch|XMLHttp|import|eval|innerHTML|http", code)


def test_without_the_chart_library_every_number_is_still_there(
    pages: dict[str, Parsed], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    without = Parsed(render(view(sample("fail"))))

    assert "vl-convert is not installed" in without.words
    cells = [row for row in pages["fail"].text if re.search(r"\d", row)]
    missing = {cell.strip() for cell in cells} - {text.strip() for text in without.text}
    drawn = re.compile(r"[\d.:,]+|target < 200 ms|.* requests failed.*|Latency p99")
    assert not [text for text in missing if not drawn.fullmatch(text)]


def test_styles_can_stand_beside_the_page(tmp_path: Path) -> None:
    page = Parsed(write(sample("fail"), tmp_path, split=True).read_text(encoding="utf-8"))

    assert not page.all("style")
    assert ("link", {"rel": "stylesheet", "href": "scorecard.css"}) in page.elements
    assert "--pass:" in (tmp_path / "scorecard.css").read_text(encoding="utf-8")


def test_a_newer_contract_is_refused_instead_of_misread(failing: dict[str, Any]) -> None:
    with pytest.raises(UnknownSchemaError, match="schema_version 2"):
        view({**failing, "schema_version": 2})


def test_unknown_fields_are_no_obstacle(failing: dict[str, Any]) -> None:
    failing["weather"] = "fine"
    failing["targets"][0]["colour"] = "blue"

    assert "Failed" in render(view(failing))


def test_the_page_has_its_sections_in_order(pages: dict[str, Parsed]) -> None:
    sections = [a["id"] for _, a in pages["fail"].all("section") if "id" in a]
    assert sections == [
        "targets",
        "timeline",
        "recovery",
        "drills",
        "findings",
        "trust",
        "architecture",
        "evidence",
    ]


def test_five_hundred_targets_are_all_shown(pages: dict[str, Parsed]) -> None:
    assert len([a for _, a in pages["many"].all("tr") if a.get("id", "").startswith("t-")]) == 500
