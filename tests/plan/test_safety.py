"""What is protected is only looked at until somebody approves; the operator's policy narrows."""

import datetime as dt
import json
from pathlib import Path

import pytest

from nfrcheck.errors import DeploymentError, Refused
from nfrcheck.plan import Options, plan
from nfrcheck.plan.approval import VARIABLE
from nfrcheck.plan.fingerprint import fingerprint
from nfrcheck.plan.steps import Plan
from nfrcheck.scenario.read import read_pair
from tests.plan.small import DRILL, ENTRY, PARTS, TARGETS

POLICY = "NFRCHECK_SAFETY"
LOOKS = f"probes: {{users: {{kind: http, get: /, every: 1 s}}}}\n{TARGETS}"
LOADS = f"load: {{users: {{rate: 1/s, journey: {{home: {{get: /}}}}}}}}\n{TARGETS}"
POSTS = f"probes: {{users: {{kind: http, post: /, every: 1 s}}}}\n{TARGETS}"


def made(folder: Path, scenario: str, safety: str | None, **options: object) -> Plan:
    declared = "" if safety is None else f"safety: {{allow: [component-kill]{safety}}}"
    (folder / "a.nfr.yaml").write_text(f"nfrcheck: 1\n{scenario}")
    (folder / "a.deployment.yaml").write_text(f"nfrcheck: 1\n{ENTRY}\n{PARTS}\n{declared}\n")
    pair = read_pair(folder / "a.nfr.yaml", folder / "a.deployment.yaml")
    return plan(pair.scenario, pair.deployment, Options(**{"contact": True, **options}))  # type: ignore[arg-type]  # the fields by name


def approve(monkeypatch: pytest.MonkeyPatch, digest: str) -> None:
    until = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
    said = {"hash": digest, "who": "Operations", "until": until.isoformat()}
    monkeypatch.setenv(VARIABLE, json.dumps(said))


@pytest.mark.parametrize(
    "scenario",
    [
        pytest.param(DRILL, id="a-fault"),
        pytest.param(LOADS, id="a-load-that-reads"),
        pytest.param(POSTS, id="a-probe-that-writes"),
    ],
)
def test_what_is_protected_needs_an_approval_for_more_than_a_look(
    scenario: str, tmp_path: Path
) -> None:
    dry = made(tmp_path, scenario, ", protected: true", contact=False)

    assert dry.needs_approval
    with pytest.raises(Refused, match="NFRCHECK_APPROVAL is not set") as refused:
        made(tmp_path, scenario, ", protected: true")
    assert fingerprint(dry) in (refused.value.remedy or "")


def test_what_is_protected_may_be_looked_at(tmp_path: Path) -> None:
    assert not made(tmp_path, LOOKS, ", protected: true").needs_approval


def test_an_approval_of_this_plan_lets_it_run_and_is_written_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dry = made(tmp_path, DRILL, ", protected: true", contact=False, seed=7)
    approve(monkeypatch, fingerprint(dry))

    found = made(tmp_path, DRILL, ", protected: true", seed=7)

    (note,) = found.notes
    assert note.startswith("the plan was approved by Operations until ")
    assert fingerprint(found) == fingerprint(dry)


def test_an_approval_of_another_plan_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dry = made(tmp_path, DRILL, ", protected: true", contact=False, seed=7)
    approve(monkeypatch, fingerprint(dry))

    with pytest.raises(Refused, match="approves another plan"):
        made(tmp_path, DRILL, ", protected: true", seed=8)
    with pytest.raises(Refused, match="approves another plan"):
        made(tmp_path, DRILL.replace("<= 1 s", "<= 2 s"), ", protected: true", seed=7)


def test_nothing_is_asked_for_before_it_is_approved(tmp_path: Path) -> None:
    """A name that does not resolve, and a secret that is not there, would be told first."""
    place = tmp_path / "a.deployment.yaml"
    made(tmp_path, LOADS, ", protected: true", contact=False)
    text = place.read_text().replace("127.0.0.1:1", "nowhere.invalid")
    place.write_text(text + "principals: {alice: {token: {env: NOBODY_SET_THIS}}}\n")
    (tmp_path / "a.nfr.yaml").write_text(
        f"nfrcheck: 1\n{LOADS.replace('rate: 1/s', 'rate: 1/s, as: alice')}"
    )
    pair = read_pair(tmp_path / "a.nfr.yaml", place)

    with pytest.raises(Refused):
        plan(pair.scenario, pair.deployment, Options(contact=True))


@pytest.fixture
def policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "operator"
    folder.mkdir()
    monkeypatch.setenv(POLICY, str(folder / "policy.json"))
    return folder / "policy.json"


ALL = {"allow": ["component-kill", "region-kill"], "regions_at_once": 9, "max_rate": "9000/s"}


@pytest.mark.parametrize(
    ("rules", "error", "reason"),
    [
        pytest.param({}, DeploymentError, "does not allow the fault component-kill", id="no-fault"),
        pytest.param(
            {**ALL, "max_rate": "49/s"}, DeploymentError, "more than `max_rate: 49/s`", id="rate"
        ),
        pytest.param(
            {**ALL, "hosts": ["a.example"]}, DeploymentError, "not among the hosts", id="hosts"
        ),
        pytest.param({**ALL, "protected": True}, Refused, "is protected", id="protected"),
    ],
)
def test_the_policy_forbids_what_the_deployment_allows(
    rules: dict[str, object], error: type[Exception], reason: str, policy: Path, tmp_path: Path
) -> None:
    policy.write_text(json.dumps(rules))

    with pytest.raises(error, match=reason):
        made(tmp_path, DRILL, ", max_rate: 500/s")


@pytest.mark.parametrize(
    ("safety", "error", "reason"),
    [
        pytest.param(", max_rate: 49/s", DeploymentError, "`max_rate: 49/s`", id="rate"),
        pytest.param(", hosts: [a.example]", DeploymentError, "not among the hosts", id="hosts"),
        pytest.param(", protected: true", Refused, "is protected", id="protected"),
    ],
)
def test_the_policy_allows_nothing_that_the_deployment_forbids(
    safety: str, error: type[Exception], reason: str, policy: Path, tmp_path: Path
) -> None:
    policy.write_text(json.dumps({**ALL, "protected": False, "hosts": ["127.0.0.1"]}))

    with pytest.raises(error, match=reason):
        made(tmp_path, DRILL, safety)


def test_the_policy_is_no_safety_section_of_a_deployment_that_has_none(
    policy: Path, tmp_path: Path
) -> None:
    policy.write_text(json.dumps(ALL))
    made(tmp_path, LOADS, None)
    place = tmp_path / "a.deployment.yaml"
    place.write_text(place.read_text().replace("127.0.0.1", "192.0.2.1"))
    (tmp_path / "a.nfr.yaml").write_text(f"nfrcheck: 1\n{DRILL}")
    pair = read_pair(tmp_path / "a.nfr.yaml", place)

    with pytest.raises(DeploymentError, match="need a `safety:` section"):
        plan(pair.scenario, pair.deployment, Options())


@pytest.mark.parametrize(
    ("own", "operator", "least"),
    [
        pytest.param(", max_time: 60 s", "30 s", 30.0, id="the-policy-is-shorter"),
        pytest.param(", max_time: 60 s", "90 s", 60.0, id="the-deployment-is-shorter"),
        pytest.param("", "90 s", 90.0, id="only-the-policy"),
    ],
)
def test_the_shorter_time_limit_holds(
    own: str, operator: str, least: float, policy: Path, tmp_path: Path
) -> None:
    policy.write_text(json.dumps({**ALL, "max_time": operator}))

    assert made(tmp_path, DRILL, own).max_time_s == least


def test_the_guards_of_the_policy_are_watched_beside_those_of_the_deployment(
    policy: Path, tmp_path: Path
) -> None:
    policy.write_text(json.dumps({**ALL, "abort_if": {"file": "STOP"}}))

    found = made(tmp_path, DRILL, ", abort_if: {error_ratio: above 40 %}").guards

    assert [guard.metric for guard in found] == ["error_ratio", "file"]
    assert found[1].target == str(policy.with_name("STOP"))


@pytest.mark.parametrize("text", ["{", '{"unheard_of": true}', '["a list"]'])
def test_a_policy_that_cannot_be_read_lets_nothing_run(
    text: str, policy: Path, tmp_path: Path
) -> None:
    policy.write_text(text)

    with pytest.raises(DeploymentError, match="cannot be read"):
        made(tmp_path, LOOKS, "")


def test_a_policy_that_is_not_there_lets_nothing_run(policy: Path, tmp_path: Path) -> None:
    assert not policy.exists()

    with pytest.raises(DeploymentError, match="cannot be read"):
        made(tmp_path, LOOKS, "")


@pytest.mark.parametrize("beside", ["scenario", "deployment", "job"])
def test_no_approval_lies_in_a_checkout_that_the_run_uses(
    beside: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("scenario", "deployment", "job"):
        (tmp_path / name / ".git").mkdir(parents=True)
    place = tmp_path / "deployment/a.deployment.yaml"
    (tmp_path / "scenario/a.nfr.yaml").write_text(f"nfrcheck: 1\n{LOADS}")
    place.write_text(f"nfrcheck: 1\n{ENTRY}\nsafety: {{protected: true}}\n")
    pair = read_pair(tmp_path / "scenario/a.nfr.yaml", place)
    (tmp_path / beside / "approval.json").write_text("{}")
    monkeypatch.setenv(VARIABLE, str(tmp_path / beside / "approval.json"))
    monkeypatch.chdir(tmp_path / "job")

    with pytest.raises(Refused, match=f"lies in the checkout {tmp_path / beside}:"):
        plan(pair.scenario, pair.deployment, Options(contact=True))
