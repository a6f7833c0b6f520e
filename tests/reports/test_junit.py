"""CI sees the verdicts as they are: missed is red, undecided is an error, no data is not green."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from nfrcheck.reports.junit import write
from tests.reports.sample_runs import RUNS, sample

SUITE = {"name", "tests", "failures", "errors", "skipped", "time", "timestamp"}


def suite(name: str, folder: Path) -> ET.Element:
    found = ET.fromstring(write(sample(name), folder).read_bytes()).find("testsuite")
    assert found is not None
    return found


def kinds(found: ET.Element) -> dict[str, str]:
    return {case.get("name", ""): child.tag for case in found.iter("testcase") for child in case}


def test_each_verdict_has_its_element(tmp_path: Path) -> None:
    assert kinds(suite("fail", tmp_path)) == {
        "failover": "failure",
        "slow-legacy": "error",
        "availability": "system-out",
        "recovery-point": "system-out",
        "latency": "system-out",
        "regional-latency": "skipped",
    }


def test_invalid_and_not_run_are_errors(tmp_path: Path) -> None:
    assert set(kinds(suite("invalid", tmp_path)).values()) == {"error"}


@pytest.mark.parametrize("name", [name for name in RUNS if name not in {"pass", "hostile"}])
def test_only_a_pass_is_green(name: str, tmp_path: Path) -> None:
    found = suite(name, tmp_path)

    assert int(found.get("failures", "0")) + int(found.get("errors", "0")) > 0


def test_a_pass_is_green(tmp_path: Path) -> None:
    found = suite("pass", tmp_path)

    assert (found.get("tests"), found.get("failures"), found.get("errors")) == ("2", "0", "0")


def test_the_failure_is_the_row_of_the_scorecard(tmp_path: Path) -> None:
    failure = suite("fail", tmp_path).find("testcase/failure")

    assert failure is not None
    assert failure.text is not None
    for text in ("≤ 2 s", "4.40 s", "4.38", "3 runs", "drill lose-b", "region-failover.nfr.yaml"):
        assert text in failure.text


def test_a_waiver_is_skipped_with_owner_and_end(tmp_path: Path) -> None:
    skipped = suite("fail", tmp_path).find("testcase/skipped")

    assert skipped is not None
    assert "team-edge until 2027-01-31" in skipped.get("message", "")


@pytest.mark.parametrize("name", RUNS)
def test_it_is_valid_for_any_string_and_the_counts_are_true(name: str, tmp_path: Path) -> None:
    found = suite(name, tmp_path)

    assert int(found.get("tests", "-1")) == len(list(found.iter("testcase")))
    assert int(found.get("failures", "-1")) == len(list(found.iter("failure")))
    assert int(found.get("errors", "-1")) == len(list(found.iter("error")))


def test_hostile_strings_arrive_as_text(tmp_path: Path) -> None:
    cases = list(suite("hostile", tmp_path).iter("testcase"))

    assert "</script><script>alert(1)</script>" in cases[0].get("name", "")


def test_the_place_in_the_scenario_is_named(tmp_path: Path) -> None:
    found = suite("fail", tmp_path)
    failure = found.find("testcase/failure")

    assert found.get("file") == "region-failover.nfr.yaml"
    assert failure is not None
    assert re.search(r"^source +region-failover.nfr.yaml:\d+$", failure.text or "", re.MULTILINE)


@pytest.mark.parametrize("name", RUNS)
def test_it_has_nothing_that_strict_readers_refuse(name: str, tmp_path: Path) -> None:
    # What the schema of Jenkins' xUnit plugin allows; tests/real holds it to the schema itself.
    allowed = {
        "testsuites": {"name"},
        "testsuite": {*SUITE, "file"},
        "testcase": {"classname", "name", "time"},
        "property": {"name", "value"},
        **{tag: {"message", "type"} for tag in ("failure", "error", "skipped")},
    }
    root = ET.fromstring(write(sample(name), tmp_path).read_bytes())

    for element in root.iter():
        assert set(element.attrib) <= allowed.get(element.tag, set()), element.tag
    assert set(suite(name, tmp_path).attrib) >= SUITE
