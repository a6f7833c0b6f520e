"""With `--only` and `--skip` a run does what the kept targets look at, and nothing else."""

from pathlib import Path
from typing import Any

import pytest

from nfrcheck.errors import UsageError
from nfrcheck.plan import Options, plan
from nfrcheck.scenario.read import read_pair

DEPLOYMENT = """\
nfrcheck: 1
entries: {app: {url: "http://127.0.0.1:1"}}
regions: {a: {}, b: {kind: shell, kill: "true", restore: "true", verify: "true"}}
components: {node: {kind: shell, entry: app, pause: "true", resume: "true", verify: "true"}}
safety: {allow: [region-kill, component-pause]}
"""
SCENARIO = """\
nfrcheck: 1
load: {users: {rate: 50/s, journey: {home: {get: /}}}}
drills:
  lose: {fault: {kind: region-kill, region: b}, repeat: 1}
  blip: {fault: {kind: component-pause, component: node}, repeat: 1}
  other: {fault: {kind: component-pause, component: node}, repeat: 1}
PHASES
targets:
TARGETS
"""
ALL = """\
  availability: {at_least: 99 %}
  late: {check: latency, p99: < 1 s, during: other/1}
  whole: {check: availability, at_least: 90 %, during: run}
  year:
    check: yearly-availability
    at_least: 99 %
    incidents: {blip: 2/year}
    steady: availability
  ejection: {drill: lose, eject_within: 5 s, calm: blip}
  failover: {drill: lose, error_window: <= 5 s}
"""
UNTIL = "phases: [steady: {until: decided, at_most: 40 s}, lose, blip, other]"


def steps(folder: Path, targets: str = ALL, phases: str = UNTIL, **options: Any) -> list[str]:
    (folder / "a.deployment.yaml").write_text(DEPLOYMENT)
    written = SCENARIO.replace("PHASES", phases).replace("TARGETS", targets)
    (folder / "a.nfr.yaml").write_text(written)
    pair = read_pair(folder / "a.nfr.yaml", folder / "a.deployment.yaml")
    made = plan(pair.scenario, pair.deployment, Options(**options))
    return [step.name for step in made.steps if step.name != "warm-up"]


@pytest.mark.parametrize(
    ("only", "kept"),
    [
        pytest.param(("ejection",), ["lose", "blip"], id="its-drill-and-the-calm-one"),
        pytest.param(("failover",), ["lose"], id="its-drill"),
        pytest.param(("late",), ["other"], id="the-drill-of-its-stretch"),
        pytest.param(("availability",), ["steady"], id="quiet-phases"),
        pytest.param(("whole",), ["steady", "lose", "blip", "other"], id="the-whole-run"),
        pytest.param(("year",), ["steady", "blip"], id="its-incidents"),
    ],
)
def test_a_run_of_one_target_does_what_it_looks_at(
    only: tuple[str, ...], kept: list[str], tmp_path: Path
) -> None:
    assert steps(tmp_path, only=only) == kept


def test_what_is_skipped_takes_no_drill_from_another(tmp_path: Path) -> None:
    left = steps(tmp_path, skip=("whole", "failover", "year"))

    assert left == ["steady", "lose", "blip", "other"]
    assert steps(tmp_path, skip=("whole", "late")) == ["steady", "lose", "blip"]
    assert steps(tmp_path, skip=("whole", "late", "ejection", "year")) == ["steady", "lose"]


def test_a_phase_with_a_length_is_kept(tmp_path: Path) -> None:
    phases = "phases: [steady: 5 s, lose, blip, other]"

    assert steps(tmp_path, phases=phases, only=("failover",)) == ["steady", "lose"]


@pytest.mark.parametrize(
    ("phases", "kept"),
    [
        pytest.param("", ["lose", "blip", "other"], id="that-nobody-wrote"),
        pytest.param(UNTIL, ["steady", "lose", "blip", "other"], id="as-written"),
    ],
)
def test_a_phase_that_waits_for_no_target(phases: str, kept: list[str], tmp_path: Path) -> None:
    alone = "  failover: {drill: lose, error_window: <= 5 s}"

    assert steps(tmp_path, alone, phases) == kept


@pytest.mark.parametrize(
    ("during", "kept"),
    [
        ("steady", ["steady", "steady"]),
        ("steady/1", ["steady"]),
        ("[steady/2, lose]", ["lose", "steady"]),
    ],
)
def test_one_part_of_a_stretch_may_be_asked_about_alone(
    during: str, kept: list[str], tmp_path: Path
) -> None:
    phases = "phases: [steady: {until: decided}, lose, steady: {until: decided}]"
    asked = f"  availability: {{at_least: 99 %, during: {during}}}\n"
    other = "  outage: {check: failover, drill: lose, error_window: <= 1 s}"

    assert steps(tmp_path, asked + other, phases, only=("availability",)) == kept


def test_a_name_that_is_no_target_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no target `failovr`"):
        steps(tmp_path, only=("failovr",))
