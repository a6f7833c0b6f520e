"""Our experiments by plain `chaos run` on the box: the fault is there, and gone afterwards."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from nfrcheck import cli
from tests.box.running_box import PRODUCT, RunningBox, wait_until, whole
from tests.chaostoolkit.chaos import END_WITHIN_S, ChaosRun
from tests.run.kill_drill import hurt_links, is_back

pytestmark = pytest.mark.slow

EXPERIMENTS = Path(__file__).resolve().parents[2] / "experiments" / "chaos"
QUICK_S, SLOW_S = 1.0, 0.25
Begin = Callable[[Path], ChaosRun]
SCENARIO = f"""\
nfrcheck: 1
probes: {{edge: {{entry: global, get: {PRODUCT}, every: 20 ms}}}}
drills: {{lose: {{fault: {{kind: region-kill, region: b}}, baseline: 0 s, hold: 2 s, settle: 1 s}}}}
phases: [steady: 10 s, lose]
targets: {{availability: {{at_least: 99 %}}, failover: {{drill: lose, error_window: <= 2 s}}}}
"""


@pytest.fixture
def begin(tmp_path: Path, box: RunningBox) -> Iterator[Begin]:
    """Starts an experiment on a box that is well; whatever becomes of it, nothing runs on."""
    wait_until(lambda: whole(box, "b") and is_back(box), END_WITHIN_S)
    begun: list[ChaosRun] = []

    def one(file: Path) -> ChaosRun:
        place = str(box.folder / "box.deployment.yaml")
        begun.append(ChaosRun(tmp_path, file, NFRCHECK_DEPLOYMENT=place))
        return begun[-1]

    yield one
    for run in begun:
        run.over()


def is_down(box: RunningBox) -> bool:
    try:
        return box.get(box.b).status_code >= 500
    except httpx.TransportError:
        return True


def stands_still(box: RunningBox) -> bool:
    try:
        box.client.get(box.b + PRODUCT, timeout=QUICK_S)
    except httpx.ReadTimeout:
        return True
    return False


def is_slow(box: RunningBox) -> bool:
    return bool(hurt_links(box)) and box.get(box.global_).elapsed.total_seconds() >= SLOW_S


def seen(run: ChaosRun, box: RunningBox, fault: Callable[[RunningBox], bool]) -> bool:
    found = fault(box)
    assert found or run.process.poll() is None, run.said
    return found


@pytest.mark.parametrize(
    ("name", "fault", "meanwhile_ms"),
    [
        pytest.param("lose-region", is_down, 0, id="lose-region"),
        pytest.param("slow-legacy-link", is_slow, 1000 * SLOW_S, id="slow-legacy-link"),
        pytest.param("pause-component", stands_still, 0, id="pause-component"),
    ],
)
def test_an_experiment_of_ours_hurts_the_box_and_puts_it_back(
    name: str,
    fault: Callable[[RunningBox], bool],
    meanwhile_ms: float,
    begin: Begin,
    box: RunningBox,
) -> None:
    run = begin(EXPERIMENTS / f"{name}.yaml")

    wait_until(lambda: seen(run, box, fault), END_WITHIN_S)
    assert run.open_ledgers() == 1
    assert run.end() == 0, run.said

    journal = run.journal()
    assert (journal["status"], journal["deviated"]) == ("completed", False)
    assert [one["status"] for one in journal["run"]] == ["succeeded"] * 3
    meanwhile = run.output("how the global entry answers meanwhile")
    assert meanwhile["asked"] == 50
    assert meanwhile["p50_ms"] > meanwhile_ms
    assert not fault(box)
    assert is_back(box)
    assert not run.pids()
    assert not run.open_ledgers()


def test_a_drill_that_was_exported_is_run_by_plain_chaos(
    tmp_path: Path, begin: Begin, box: RunningBox
) -> None:
    scenario, file = tmp_path / "lose.nfr.yaml", tmp_path / "lose.json"
    scenario.write_text(SCENARIO, "utf-8")
    place = str(box.folder / "box.deployment.yaml")
    words = ["export", "--chaostoolkit", str(scenario), "-d", place, "-o", str(file)]
    assert cli.exit_code(words) == 0

    run = begin(file)
    wait_until(lambda: seen(run, box, is_down), END_WITHIN_S)
    assert run.end() == 0, run.said

    journal = run.journal()
    assert (journal["status"], journal["deviated"]) == ("completed", False)
    assert is_back(box)
    assert not run.open_ledgers()
