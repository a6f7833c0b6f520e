"""JUnit XML for CI systems: a suite is a scenario, a case is a target; no data is never green."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from nfrcheck.model.verdict import Outcome
from nfrcheck.reports.rows import Row
from nfrcheck.reports.view import Page, view

NAME = "junit.xml"

_TAGS = {
    Outcome.FAIL: "failure",
    Outcome.INVALID: "error",
    Outcome.INCONCLUSIVE: "error",
    Outcome.NOT_RUN: "error",
    Outcome.WAIVED: "skipped",
}


def write(run: Mapping[str, Any], folder: Path) -> Path:
    path = folder / NAME
    path.write_text(render(run), encoding="utf-8")
    return path


def render(run: Mapping[str, Any]) -> str:
    """Valid XML for any string: the view has replaced what XML cannot hold."""
    page = view(run)
    cases = [_case(page, row) for row in page.rows]
    if not any(child.tag in {"failure", "error"} for case in cases for child in case):
        cases += _whole(page, run["exit_code"])
    suite = ET.Element("testsuite", _attributes(page, run, cases))
    properties = ET.SubElement(suite, "properties")
    for name, value in (*page.facts, ("Seed", str(run["seed"])), ("Sentence", page.sentence)):
        ET.SubElement(properties, "property", {"name": name, "value": value})
    suite.extend(cases)
    suites = ET.Element("testsuites", {"name": "nfrcheck"})
    suites.append(suite)
    ET.indent(suites)
    target = io.StringIO()
    ET.ElementTree(suites).write(target, encoding="unicode", xml_declaration=False)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{target.getvalue()}\n'


def _attributes(page: Page, run: Mapping[str, Any], cases: list[ET.Element]) -> dict[str, str]:
    def with_child(tag: str) -> str:
        return str(sum(case.find(tag) is not None for case in cases))

    return {
        "name": page.scenario,
        "tests": str(len(cases)),
        "failures": with_child("failure"),
        "errors": with_child("error"),
        "skipped": with_child("skipped"),
        "time": f"{run['seconds']:.3f}",
        "timestamp": str(run["started_at"]).removesuffix("Z"),
        **_file(page),
    }


def _file(page: Page) -> dict[str, str]:
    files = {row.source.rpartition(":")[0] for row in page.rows} - {""}
    return {"file": files.pop()} if len(files) == 1 else {}


def _case(page: Page, row: Row) -> ET.Element:
    # The schema knows no place of a case: it stands in the text, and the suite names the file.
    case = ET.Element("testcase", {"classname": page.scenario, "name": row.id, "time": "0"})
    tag = _TAGS.get(row.outcome)
    if tag is None:
        ET.SubElement(case, "system-out").text = text(row)
        return case
    message = row.waiver or row.figures.because
    child = ET.SubElement(case, tag, {"message": message})
    if tag != "skipped":
        child.set("type", row.figures.word)
    child.text = text(row)
    return case


def _whole(page: Page, exit_code: int) -> list[ET.Element]:
    """A run that is not green and has no red target still must not look green."""
    if exit_code == 0 and page.rows:
        return []
    case = ET.Element("testcase", {"classname": page.scenario, "name": "the run itself"})
    said = page.sentence or page.head.counted
    child = ET.SubElement(case, "error", {"message": said, "type": page.head.word})
    child.text = f"{page.head.word}: {page.head.counted}\nexit {page.head.exit}"
    return [case]


def text(row: Row) -> str:
    """The row of the scorecard, in lines."""
    f = row.figures
    lines = [
        row.title,
        f"result    {f.word}{' (advisory)' if row.advisory else ''}",
        f"target    {f.limit}",
        f"measured  {f.measured}  interval {f.interval or 'none'}  samples {f.samples}",
        f"because   {f.because}",
        f"where     {f.place}" if f.place else "",
        row.next_step,
        row.supports,
        row.remark,
        row.waiver,
        f"source    {row.source}" if row.source else "",
        *(f"evidence  {entry.text}" for entry in row.evidence),
    ]
    return "\n".join(line for line in lines if line)
