"""A hash is that of the bytes a plan was made of: what changes meanwhile is refused."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from nfrcheck import pipeline
from nfrcheck.cli.files import read_files
from nfrcheck.errors import Refused
from nfrcheck.plan import Options, build, plan
from nfrcheck.plan.approval import VARIABLE, Approval
from nfrcheck.plan.fingerprint import fingerprint
from nfrcheck.plan.safety import approve
from nfrcheck.plan.steps import Plan
from nfrcheck.scenario.read import Pair, read_pair
from tests.plan.projects import FILES, write_project
from tests.plan.test_fingerprint import COVERED, STATE

SCENARIO = """\
nfrcheck: 1
load: {shop: {rate: 1/s, journey: {order: {post: /, body: {file: order.json}}}}}
targets: {availability: {at_least: 99 %}}
"""
DEPLOYMENT = """\
nfrcheck: 1
entries: {app: {url: "http://127.0.0.1:1"}}
safety: {protected: PROTECTED}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write_project(tmp_path / "project")


def read(project: Path) -> Pair:
    scenario = project / "scenarios/shop.nfr.yaml"
    return read_files(scenario, str(project / "place/place.deployment.yaml")).pair


def planned(pair: Pair) -> Plan:
    return plan(pair.scenario, pair.deployment, Options())


@pytest.mark.parametrize("name", COVERED)
def test_what_changes_after_it_was_read_has_no_hash(project: Path, name: str) -> None:
    pair = read(project)
    with (project / name).open("a") as file:
        file.write("\n")

    with pytest.raises(Refused, match=f"changed while it was planned: .*{Path(name).name}"):
        fingerprint(planned(pair))


@pytest.mark.parametrize("name", STATE)
def test_secrets_and_state_may_change(project: Path, name: str) -> None:
    pair = read(project)
    (project / name).write_text("17" if name.endswith(".pid") else "something else")

    assert fingerprint(planned(pair)) == fingerprint(planned(read(project)))


def test_what_no_hash_could_cover_is_no_cover_for_a_change(project: Path) -> None:
    script, place = project / "place/app.sh", project / "place/place.deployment.yaml"
    hidden = FILES["place/place.deployment.yaml"]
    place.write_text(hidden.replace("secrets/alice", "app.sh"))
    pair = read(project)
    place.write_text(hidden)

    assert script.is_file()
    with pytest.raises(Refused, match="changed while it was planned"):
        fingerprint(planned(pair))


def small(folder: Path, *, protected: bool = False) -> Pair:
    (folder / "order.json").write_text("{}")
    (folder / "a.nfr.yaml").write_text(SCENARIO)
    text = DEPLOYMENT.replace("PROTECTED", str(protected).lower())
    (folder / "a.deployment.yaml").write_text(text)
    return read_pair(folder / "a.nfr.yaml", folder / "a.deployment.yaml")


def test_a_body_that_changes_after_its_approval_is_not_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = small(tmp_path, protected=True)
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    said = {"hash": fingerprint(planned(pair)), "who": "Operations", "until": until}
    monkeypatch.setenv(VARIABLE, json.dumps(said))

    def approved_then_changed(made: Plan) -> Approval:
        found = approve(made)
        (tmp_path / "order.json").write_text('{"other": 1}')
        return found

    monkeypatch.setattr(build, "approve", approved_then_changed)

    with pytest.raises(Refused, match="changed after it was approved"):
        plan(pair.scenario, pair.deployment, Options(contact=True))


def test_a_body_that_changes_after_the_hash_was_compared_is_not_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = small(tmp_path)
    digest = fingerprint(planned(pair))

    def changed_before_contact(scenario: Any, deployment: Any, options: Options) -> Plan:
        if options.contact:
            (tmp_path / "order.json").write_text('{"other": 1}')
        return plan(scenario, deployment, options)

    monkeypatch.setattr(pipeline, "plan", changed_before_contact)

    with pytest.raises(Refused, match="another one than was asked for"):
        pipeline._plan(pair, Options(contact=True), digest)
