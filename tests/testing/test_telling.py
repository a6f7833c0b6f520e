"""What a verdict looks like in pytest: its letter, its text, its row, its JUnit properties."""

import re
import xml.etree.ElementTree as ET

import pytest

from tests.testing.suites import Suite

pytestmark = pytest.mark.slow

EVERY = {
    "met": {"verdict": "pass"},
    "waived": {"verdict": "waived"},
    "missed": {"verdict": "fail"},
    "invalid": {"verdict": "invalid"},
    "open": {"verdict": "inconclusive", "measured": 0.15},
    "leaning": {"verdict": "inconclusive", "measured": 0.25},
    "lacking": {"verdict": "not-run", "measured": None},
    "advisory": {"verdict": "fail", "class": "advisory"},
}
MISSED = """\
missed FAILED: 250 ms, required < 200 ms
  required   < 200 ms
  measured   250 ms
  interval   240 - 260 ms (95 %)
  n          4,000, 61 failed
  because    61 of 4,000 requests were slower
  target     shop.nfr.yaml:7
  scorecard  reports/shop.nfr/scorecard.html"""
TABLE = """\
   TARGET  REQUIRED  MEASURED  95 % INTERVAL  N
 ✓ met     < 200 ms  250 ms    240 - 260 ms   4,000, 61 failed
 ✗ missed  < 200 ms  250 ms    240 - 260 ms   4,000, 61 failed
     failed: 61 of 4,000 requests were slower  shop.nfr.yaml:7
scorecard  reports/shop.nfr/scorecard.html"""


@pytest.mark.parametrize(
    ("inconclusive", "letters"),
    [
        pytest.param("fail", "..FF???f", id="fail"),
        pytest.param("skip", "..FF???f", id="skip"),
        pytest.param("warn", "..FF???f", id="warn"),
    ],
)
def test_letters(suite: Suite, inconclusive: str, letters: str) -> None:
    suite.scenario(targets=EVERY)

    ended = suite.run("--nfr=all", f"--nfr-inconclusive={inconclusive}", "-W", "default")

    assert ended.letters("shop.nfr.yaml") == letters
    counts = {
        "fail": "5 failed, 2 passed, 1 skipped",
        "skip": "4 failed, 2 passed, 2 skipped",
        "warn": "4 failed, 3 passed, 1 skipped, 1 warning",
    }
    assert counts[inconclusive] in ended.said
    assert ("InconclusiveWarning: open INCONCLUSIVE: 150 ms" in ended.said) == (
        inconclusive == "warn"
    )


def test_words(suite: Suite) -> None:
    suite.scenario(targets=EVERY)

    ended = suite.run("--nfr=all", "-v")

    words = [re.split(r" +[\[(]", line.split("::")[1])[0] for line in ended.lines if "%]" in line]
    assert words == [
        "met PASSED",
        "waived WAIVED",
        "missed FAILED",
        "invalid INVALID",
        "open INCONCLUSIVE",
        "leaning INCONCLUSIVE",
        "lacking NOT RUN",
        "advisory ADVISORY FAILED",
    ]


def test_a_missed_target_says_all_that_a_reader_needs_to_doubt_it(suite: Suite) -> None:
    suite.scenario(targets={name: EVERY[name] for name in ("met", "missed")})

    ended = suite.run("--nfr=all")

    assert "\n".join(ended.section("FAILURES")[1:]) == MISSED
    assert "\n".join(ended.section("NFR targets")) == TABLE
    assert "FAILED shop.nfr.yaml::missed - Failed: missed FAILED: 250 ms, required < 200 ms" in (
        ended.lines
    )


@pytest.mark.parametrize("words", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_the_junit_file_and_the_table_hold_every_figure(
    suite: Suite, words: tuple[str, ...]
) -> None:
    suite.scenario(targets={"missed": EVERY["missed"]})

    ended = suite.run("--nfr=all", "--junitxml=junit.xml", *words)

    case = ET.parse(suite.folder / "junit.xml").find(".//testcase[@name='missed']")
    assert case is not None
    found = {one.get("name"): one.get("value") for one in case.iter("property")}
    assert found == {
        "nfr_target": "missed",
        "nfr_verdict": "fail",
        "nfr_required": "< 200 ms",
        "nfr_measured": "250 ms",
        "nfr_interval": "240 \N{EN DASH} 260 ms",
        "nfr_n": "4,000, 61 failed",
        "nfr_because": "61 of 4,000 requests were slower",
        "nfr_source": "shop.nfr.yaml:7",
        "nfr_scorecard": "reports/shop.nfr/scorecard.html",
    }
    assert TABLE.splitlines()[2] in ended.section("NFR targets")


@pytest.mark.parametrize(
    ("said", "text"),
    [
        pytest.param(
            {"exit": 5, "sentence": "the error budget was spent"},
            "met: the error budget was spent\n  until then pass: 61 of 4,000",
            id="aborted",
        ),
        pytest.param(
            {"exit": 6, "restored": False, "sentence": "region b is still down"},
            "met: NOT EVERYTHING WAS PUT BACK: region b is still down\nnfrcheck restore",
            id="not-restored",
        ),
        pytest.param(
            {"exit": 8, "says": "error: outside of its window"},
            "met: error: outside of its window",
            id="refused",
        ),
        pytest.param(
            {"exit": 7, "says": "error: this is a bug"}, "met: error: this is a bug", id="bug"
        ),
    ],
)
def test_no_target_of_a_broken_run_is_green(suite: Suite, said: dict[str, str], text: str) -> None:
    suite.scenario(targets={"met": EVERY["met"]}, **said)

    ended = suite.run("--nfr=all")

    assert ended.code == 1
    assert ended.letters("shop.nfr.yaml") == "F"
    assert "\n".join(ended.section("FAILURES")[1:]).startswith(text)


def test_a_command_that_is_not_there_fails_every_target(suite: Suite) -> None:
    suite.scenario(targets={"met": EVERY["met"]})
    suite.run("--collect-only")
    ini = suite.folder / "pytest.ini"
    ini.write_text("[pytest]\nnfrcheck_command = no-such-nfrcheck\n")

    ended = suite.run("--nfr=all")

    assert ended.code == pytest.ExitCode.INTERRUPTED
    assert "nfrcheck could not be asked: [Errno 2]" in ended.said
