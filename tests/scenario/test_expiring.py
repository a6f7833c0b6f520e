"""A fault that its control ends by itself is refused where it would end before its drill does."""

from pathlib import Path

import pytest

from nfrcheck.errors import InvalidFiles
from nfrcheck.scenario.read import Pair, read_pair

SCENARIO = """\
nfrcheck: 1
probes: {edge: {kind: http, entry: front, get: /, every: 100 ms}}
drills:
  freeze: {fault: FAULT, baseline: 2 s, hold: 6 s, settle: 2 s, repeat: 1}
phases: PHASES
targets: {availability: {at_least: 50 %}}
"""
DEPLOYMENT = """\
nfrcheck: 1
entries: {front: {url: "http://127.0.0.1:9"}}
regions:
  a: {}
  own: {kind: shell, drain: "true", undrain: "true", verify: "true", expires: 2 min}
components:
  web:
    kind: shell
    region: a
    expires: EXPIRES
    pause: "./pause.sh {expires}"
    resume: "true"
    kill: "true"
    restore: "true"
    restart: "true"
    verify: "true"
  in-own: {kind: shell, region: own, expires: 1 s, kill: "true", restore: "true", verify: "true"}
links:
  db:
    {kind: toxiproxy, url: "http://127.0.0.1:8474", joins: [a, own], to: a, expires: EXPIRES}
safety: {allow: [component-pause]}
"""
LINE = {"components": 10, "links": 20}
PAUSE = "{kind: component-pause, component: web}"


def read(folder: Path, expires: str, fault: str = PAUSE, phases: str = "[freeze]") -> Pair:
    text = SCENARIO.replace("FAULT", fault).replace("PHASES", phases)
    (folder / "a.nfr.yaml").write_text(text)
    (folder / "a.deployment.yaml").write_text(DEPLOYMENT.replace("EXPIRES", expires))
    return read_pair(folder / "a.nfr.yaml", folder / "a.deployment.yaml")


@pytest.mark.parametrize(
    ("fault", "section"),
    [
        (PAUSE, "components"),
        ("{kind: component-kill, component: [web]}", "components"),
        ("{kind: region-kill, region: a}", "components"),
        ("{kind: link-latency, link: db, latency: 50 ms}", "links"),
        ("{kind: region-isolate, region: a}", "links"),
    ],
)
def test_it_is_refused_at_its_line(fault: str, section: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidFiles) as invalid:
        read(tmp_path, "1 s", fault)

    (found,) = invalid.value.diagnostics
    name = {"components": "web", "links": "db"}[section]
    assert (found.code, found.line) == ("NFR027", LINE[section])
    assert found.path.endswith("a.deployment.yaml")
    assert found.source[found.column - 1 :].startswith("1 s")
    assert found.message == (
        f"`{name}` ends its fault after 1 s, and the drill `freeze` needs it for 11 s: 6 s of "
        "hold, and 5 s in which it may be proven"
    )
    assert found.remedy == "`expires: 11 s` or more, or a shorter hold"


def test_each_of_several_faults_may_take_its_time_to_be_proven(tmp_path: Path) -> None:
    both = "[{kind: component-kill, component: in-own}, {kind: component-pause, component: web}]"

    with pytest.raises(InvalidFiles) as invalid:
        read(tmp_path, "15 s", both)

    needed = {one.line: one.remedy or "" for one in invalid.value.diagnostics}
    assert needed[LINE["components"]].startswith("`expires: 16 s` or more")


@pytest.mark.parametrize(
    ("expires", "fault", "phases"),
    [
        pytest.param("11 s", PAUSE, "[freeze]", id="long-enough"),
        pytest.param("1 s", PAUSE, "[steady: 5 s]", id="drill-that-never-runs"),
        pytest.param("1 s", "{kind: region-drain, region: own}", "[freeze]", id="other-control"),
        pytest.param(
            "1 s", "{kind: component-restart, component: web}", "[freeze]", id="nothing-is-held"
        ),
    ],
)
def test_what_lasts_as_long_as_its_drill_is_right(
    expires: str, fault: str, phases: str, tmp_path: Path
) -> None:
    assert read(tmp_path, expires, fault, phases).diagnostics == ()
