"""A real browser finds nothing to complain about: axe-core, phone width, no network, no script."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from nfrcheck.reports.html import write
from tests.reports.sample_runs import sample

pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]

HERE = Path(__file__).parent
# Read here: once tests run, no NFRCHECK_ variable comes from outside.
AXE = Path(os.environ.get("NFRCHECK_AXE") or HERE)
CHROMIUM = os.environ.get("NFRCHECK_CHROMIUM")
VIEWS = ("wide-light", "wide-dark", "phone-light", "phone-dark")
RUNS = ("fail", "pass", "invalid", "not-restored", "hostile", "nothing")


def browser() -> str:
    found = CHROMIUM or shutil.which("chromium") or shutil.which("google-chrome")
    assert found, "no Chromium: install it, or name it in NFRCHECK_CHROMIUM"
    return found


def modules() -> Path:
    for name in ("axe-core", "playwright-core"):
        assert (AXE / "node_modules" / name).is_dir(), (
            f"{name} is not there: npm ci --prefix tests/real, or NFRCHECK_AXE=folder with it"
        )
    return AXE


@pytest.fixture(scope="module", params=RUNS)
def seen(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    page = write(sample(request.param), tmp_path_factory.mktemp(request.param))
    node = shutil.which("node")
    assert node, "no node: install it"
    script = HERE / "scorecard_browser.cjs"
    argv = [node, str(script), str(modules()), browser(), str(page)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=150)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) | {"name": request.param, "page": page}


@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_no_violation(seen: dict[str, Any], view: str) -> None:
    found = seen["views"][view]

    assert found["violations"] == []
    assert found["passes"] > 10, "axe did not look at the page"


@pytest.mark.parametrize("view", VIEWS)
def test_nothing_runs_over_the_side(seen: dict[str, Any], view: str) -> None:
    found = seen["views"][view]

    assert found["scroll"] <= found["inner"]


@pytest.mark.parametrize("view", VIEWS)
def test_the_page_asks_for_itself_alone_and_has_no_error(seen: dict[str, Any], view: str) -> None:
    found = seen["views"][view]

    assert [url for url in found["requests"] if not url.startswith("data:")] == [
        f"file://{seen['page']}"
    ]
    assert found["errors"] == []


def test_it_follows_the_colours_of_the_reader(seen: dict[str, Any]) -> None:
    views = seen["views"]

    assert views["wide-light"]["background"] != views["wide-dark"]["background"]


def test_without_script_the_text_is_there_and_the_buttons_are_not(seen: dict[str, Any]) -> None:
    assert "Can I trust this run?" in seen["plain"]["text"]
    assert seen["plain"]["tools"] == 0


def test_it_prints_on_a_few_sheets(seen: dict[str, Any]) -> None:
    assert 1 <= seen["plain"]["sheets"] <= 6


def test_the_filter_hides_rows_and_the_theme_changes(seen: dict[str, Any]) -> None:
    # A page without a failed target has no button for it.
    expected = {"fail": (6, 1), "not-restored": (6, 1), "hostile": (2, 1)}.get(seen["name"])
    script = seen["script"]

    assert (script and (script["all"], script["failed"])) == expected
    assert script is None or script["theme"] == "dark"
