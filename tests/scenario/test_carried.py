"""Evidence is carried over only where it is known which build runs, and only where it adds up."""

from pathlib import Path

import pytest

from nfrcheck.errors import InvalidFiles
from nfrcheck.scenario.read import Pair, read_pair

SCENARIO = """\
nfrcheck: 1
EVIDENCE
load: {shop: {rate: 50/s, journey: {home: {get: /}}}}
phases: [steady: 5 s, later: 5 s]
targets:
  availability: {at_least: 99 %OWN}
  share: {check: traffic-share, share: {a: 40 % .. 60 %}OTHER}
"""
DEPLOYMENT = """\
nfrcheck: 1
BUILD
entries: {home: {url: "http://127.0.0.1:9"}}
regions: {a: {}}
"""
ASKED = ", evidence: {carry_over: true}"


def read(
    folder: Path, *, shared: str = "", own: str = "", other: str = "", build: str = ""
) -> Pair:
    text = SCENARIO.replace("EVIDENCE", shared).replace("OWN", own).replace("OTHER", other)
    (folder / "a.nfr.yaml").write_text(text)
    (folder / "a.deployment.yaml").write_text(DEPLOYMENT.replace("BUILD", build))
    return read_pair(folder / "a.nfr.yaml", folder / "a.deployment.yaml")


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        pytest.param({"shared": "evidence: {carry_over: true}"}, 2, id="for-all-targets"),
        pytest.param({"own": ASKED}, 6, id="for-one-target"),
    ],
)
def test_without_a_build_nothing_may_be_carried_over(
    asked: dict[str, str], line: int, tmp_path: Path
) -> None:
    with pytest.raises(InvalidFiles) as invalid:
        read(tmp_path, **asked)

    [found] = invalid.value.diagnostics
    assert (found.code, found.line) == ("NFR160", line)
    assert read(tmp_path, **asked, build="build: {env: BUILD}")


def test_what_does_not_add_up_cannot_be_carried_over(tmp_path: Path) -> None:
    with pytest.raises(InvalidFiles) as invalid:
        read(tmp_path, other=ASKED, build="build: {env: BUILD}")

    [found] = invalid.value.diagnostics
    assert (found.code, found.line) == ("NFR161", 7)


def test_a_target_may_decline_what_all_others_do(tmp_path: Path) -> None:
    declined = ", evidence: {carry_over: false}"

    pair = read(
        tmp_path, shared="evidence: {carry_over: true}", own=declined, build="build: {env: BUILD}"
    )

    assert pair.scenario.target("availability").evidence.carry_over is False


@pytest.mark.parametrize("own", [", during: [steady, steady]", ", during: [steady, later, steady]"])
def test_a_stretch_that_is_listed_twice_is_refused(own: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidFiles) as invalid:
        read(tmp_path, own=own)

    (found,) = invalid.value.diagnostics
    assert (found.code, found.line) == ("NFR162", 6)
    assert "`steady` is listed twice" in found.message


def test_two_stretches_are_not_one(tmp_path: Path) -> None:
    assert read(tmp_path, own=", during: [steady, later]").diagnostics == ()
