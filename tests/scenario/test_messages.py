"""An error shows its place, the line itself, what is wrong and what to write instead."""

from pathlib import Path

import pytest

from nfrcheck.errors import Diagnostic, InvalidFiles
from nfrcheck.scenario.diagnostics import as_json, render, summary
from nfrcheck.scenario.read import read_pair

GOLDEN = Path(__file__).parents[1] / "golden" / "errors"


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> tuple[Diagnostic, ...]:
    monkeypatch.chdir(GOLDEN)
    with pytest.raises(InvalidFiles) as refused:
        read_pair("shop.nfr.yaml", "shop.deployment.yaml")
    return refused.value.diagnostics


def test_all_errors_of_both_files_are_shown_at_once(found: tuple[Diagnostic, ...]) -> None:
    shown = f"{render(found)}\n{summary(found)}\n"

    assert shown == (GOLDEN / "shop.txt").read_text("utf-8")


def test_colour_adds_nothing_but_colour(found: tuple[Diagnostic, ...]) -> None:
    coloured = render(found, colour=True)

    assert "\x1b[1;31m" in coloured
    for code in ("\x1b[1;31m", "\x1b[1;33m", "\x1b[1;36m", "\x1b[34m", "\x1b[1m", "\x1b[0m"):
        coloured = coloured.replace(code, "")
    assert coloured == render(found)


def test_the_same_errors_are_there_for_machines(found: tuple[Diagnostic, ...]) -> None:
    first = as_json(found)[0]

    assert first["path"] == "shop.deployment.yaml"
    assert {"code", "severity", "message", "line", "column", "length", "remedy"} <= set(first)
    assert len(as_json(found)) == len(found)


def test_a_file_without_a_place_has_no_frame() -> None:
    shown = render([Diagnostic(code="NFR002", message="the file is empty", path="a.nfr.yaml")])

    assert shown == "error[NFR002] the file is empty\n--> a.nfr.yaml"
    assert as_json([Diagnostic(code="NFR002", message="x", path="a")])[0]["line"] is None


def test_a_file_cannot_steer_the_terminal() -> None:
    evil = Diagnostic(
        code="NFR012", message="unknown key `\x1b[2J`", path="a", line=1, column=1, source="\x1b[2J"
    )

    assert "\x1b" not in render([evil])


def test_carets_stand_below_their_word_after_wide_letters() -> None:
    line = "名前: {get: b}"
    found = Diagnostic(
        code="NFR015", message="m", path="a", line=1, column=11, length=1, source=line
    )

    frame = render([found]).splitlines()

    assert frame[3].startswith("1 | 名前")
    assert frame[4] == "  | " + " " * 12 + "^"


def test_a_long_line_is_shown_around_its_place() -> None:
    line = "x" * 300 + "here" + "y" * 300
    found = Diagnostic(
        code="NFR015", message="m", path="a", line=1, column=301, length=4, source=line
    )

    frame = render([found]).splitlines()

    assert len(frame[3]) <= 104
    start = frame[4].index("^")
    assert frame[3][start : start + 4] == "here"


def test_on_a_narrow_terminal_sentences_are_broken_beside_their_margin() -> None:
    found = Diagnostic(
        code="NFR021",
        severity="warning",
        message="`availability` cannot be decided by this plan: 960 requests; 3,510 are needed",
        path="a.nfr.yaml",
        remedy="run it for 50 s at this rate, or promise what the run can confirm, or less",
    )

    shown = render([found], width=60).splitlines()

    assert max(map(len, shown)) <= 60
    assert shown[1].startswith(" " * len("warning[NFR021] "))
    help_ = next(place for place, line in enumerate(shown) if "= help: " in line)
    assert shown[help_ + 1].startswith(" " * shown[help_].index("run it"))
    assert " ".join(" ".join(shown).split()) == " ".join(render([found]).split())
