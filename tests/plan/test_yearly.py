"""A yearly budget is asked of two streams: the steady state's own, and what saw the drills."""

from pathlib import Path

import pytest

from nfrcheck.errors import InvalidFiles
from nfrcheck.kinds import Target
from nfrcheck.plan import Options, plan
from nfrcheck.plan.keep import kept_targets, read_targets
from nfrcheck.scenario.read import read_pair

DEPLOYMENT = """
nfrcheck: 1
entries: {app: {url: "http://127.0.0.1:1"}}
components: {node: {kind: shell, entry: app, kill: "true", restore: "true", verify: "true"}}
safety: {allow: [component-kill]}
"""
SCENARIO = """
nfrcheck: 1
load:
  users: {rate: 50/s, journey: {home: {get: /}}}
  batch: {rate: 5/s, journey: {home: {get: /}}}
PROBES
drills:
  lose-b: {fault: {kind: component-kill, component: node}, repeat: 4}
  other: {fault: {kind: component-kill, component: node}, repeat: 1}
phases: [steady: 60 s, lose-b, quiet: 5 s]
targets:
AVAILABILITY
  year: {check: yearly-availability, at_least: 99.99 %, KEYS}
"""
PROBES = "probes: {edge: {kind: http, get: /, every: 20 ms}}"
OWN = (
    "  availability: {at_least: 99.9 %, load: users, during: steady, after: 2 s, "
    "client_errors: 5 %}"
)
OTHER = "  other: {check: availability, at_least: 99 %, load: batch}"
INCIDENTS = "incidents: {lose-b: 2/year}"


def year(
    folder: Path, keys: str = INCIDENTS, availability: str = OWN, probes: str = PROBES
) -> Target:
    written = SCENARIO.replace("PROBES", probes).replace("KEYS", keys)
    (folder / "a.deployment.yaml").write_text(DEPLOYMENT)
    (folder / "a.nfr.yaml").write_text(written.replace("AVAILABILITY\n", f"{availability}\n"))
    pair = read_pair(folder / "a.nfr.yaml", folder / "a.deployment.yaml")
    targets = plan(pair.scenario, pair.deployment, Options()).targets
    return next(target for target in targets if target.id == "year")


def test_the_steady_state_is_that_of_the_only_availability_target(tmp_path: Path) -> None:
    target = year(tmp_path)

    asked = target.question
    assert (asked.stream, asked.during, asked.after_s) == ("users", ("steady",), 2.0)
    assert asked.client_errors == 0.05
    assert asked.rules.planned_seconds == 58.0
    assert (target.lacks, target.stretch) == ("", "drill lose-b")


def test_its_incidents_are_drills_that_the_probe_saw(tmp_path: Path) -> None:
    asked = year(tmp_path).question

    assert (asked.drills, asked.watched_by) == (("lose-b",), "edge")
    assert asked.expected_runs == {"lose-b": 4}


def test_of_several_availability_targets_one_is_named(tmp_path: Path) -> None:
    both = f"{OWN}\n{OTHER}"

    asked = year(tmp_path, f"{INCIDENTS}, steady: other", both).question

    assert (asked.stream, asked.during, asked.client_errors) == ("batch", (), 0.01)


def test_without_one_the_steady_state_is_its_own_load_and_stretch(tmp_path: Path) -> None:
    asked = year(tmp_path, f"{INCIDENTS}, load: batch, during: quiet", "").question

    assert (asked.stream, asked.during) == ("batch", ("quiet",))


def test_without_a_probe_the_load_saw_the_drills(tmp_path: Path) -> None:
    assert year(tmp_path, probes="").question.watched_by is None


def test_a_kept_target_is_the_same_when_it_is_read_again(tmp_path: Path) -> None:
    target = year(tmp_path, f"{INCIDENTS}, weights: {{lose-b: 50 %}}")

    [again] = read_targets(kept_targets([target]))

    assert again.question == target.question
    assert again.judge.per_year("lose-b") == 2.0  # type: ignore[union-attr]
    assert again.judge.weight("lose-b") == target.judge.weight("lose-b")  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("keys", "availability", "said"),
    [
        pytest.param(
            "incidents: {lose-c: 2/year}", OWN, "there is no drill `lose-c`", id="unknown-drill"
        ),
        pytest.param(
            "incidents: {other: 2/year}", OWN, "`other` is not in `phases`", id="never-run"
        ),
        pytest.param(
            f"{INCIDENTS}, weights: {{other: 50 %}}",
            OWN,
            "`other` is none of the incidents",
            id="weight-of-nothing",
        ),
        pytest.param(
            f"{INCIDENTS}, steady: nobody",
            OWN,
            "there is no availability target `nobody`",
            id="unknown-steady-state",
        ),
        pytest.param(
            INCIDENTS, f"{OWN}\n{OTHER}", "which is the steady state?", id="two-steady-states"
        ),
        pytest.param(INCIDENTS, "", "say which one is the steady state", id="two-loads"),
        pytest.param(
            f"{INCIDENTS}, during: quiet",
            OWN,
            "`during` is that of `availability`",
            id="another-stretch",
        ),
        pytest.param(
            f"{INCIDENTS}, steady: other, load: users",
            f"{OWN}\n{OTHER}",
            "`load` is that of `other`",
            id="another-load",
        ),
        pytest.param("incidents: {lose-b: twice}", OWN, "twice", id="no-rate"),
        pytest.param("incidents: {}", OWN, "incidents", id="no-incident"),
    ],
)
def test_a_name_that_is_not_there_is_refused_where_it_stands(
    tmp_path: Path, keys: str, availability: str, said: str
) -> None:
    with pytest.raises(InvalidFiles) as refused:
        year(tmp_path, keys, availability)

    assert said in " ".join(str(found) for found in refused.value.diagnostics)
