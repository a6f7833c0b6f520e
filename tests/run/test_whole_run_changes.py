"""What was scaled, deployed or made to do an act is as it was, whoever is killed meanwhile."""

import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.box.running_box import RunningBox
from tests.experiments.children import Answer, Asked
from tests.run.kill_drill import HEALING_WITHIN_S, as_at_first, check, healing_delay, on_box
from tests.run.whole import Shop, Start, WholeRun, drill

pytestmark = pytest.mark.slow

FAULTS = {
    "scale": "kind: component-scale, component: app-b, replicas: 1",
    "deploy": "kind: component-deploy, component: app-b, version: box-2",
    "act": "kind: component-act, component: app-b, act: thin-out",
    "several": "kind: component-kill, component: [gw-b, app-b1]",
}


@pytest.fixture
def changed(request: pytest.FixtureRequest, tmp_path: Path, box: RunningBox) -> Iterator[WholeRun]:
    """A run that does the fault of this name."""
    run = on_box(tmp_path, box, FAULTS[request.param])
    yield run
    run.over()


@pytest.mark.parametrize("changed", FAULTS, indirect=True)
def test_it_is_as_it_was_when_the_controller_is_killed(changed: WholeRun, box: RunningBox) -> None:
    changed.at("confirmed")
    assert not as_at_first(box)

    killed_at = datetime.now(UTC)
    changed.signal(signal.SIGKILL)

    check(changed, box, killed_at)
    assert healing_delay(changed, killed_at) < HEALING_WITHIN_S
    assert as_at_first(box)


# Whoever was killed in the middle of a roll-out leaves one half done.
@pytest.mark.slow
@pytest.mark.parametrize("changed", ["deploy"], indirect=True)
def test_half_a_roll_out_is_rolled_back(changed: WholeRun, box: RunningBox) -> None:
    changed.at("commanded")

    changed.kill_group()

    changed.all_gone()
    assert as_at_first(box)
    assert changed.ledger().closed


def released(shop: Shop, **commands: str) -> Path:
    """A component whose version stands in a file, and in a header of its answers."""
    version = shop.place / "version"
    version.write_text("v1\n")
    shop.server.answer = lambda _asked: (
        200,
        {"x-build": version.read_text().strip()},
        b'{"state": "open"}',
    )
    (shop.place / "set.sh").write_text(f'echo "$1" > {version}.new && mv {version}.new {version}\n')
    roll = f"sh {shop.place}/set.sh {{version}}"
    chosen = {"deploy": roll, "rollback": roll, "version": f"cat {version}", **commands}
    path = shop.deployment(**chosen)
    shown = path.read_text().replace(
        "entry: global, kill", "entry: global, shows: {version: {header: x-build}}, kill"
    )
    path.write_text(shown.replace("[component-kill]", "[component-deploy]"))
    return path


DEPLOY = "{kind: component-deploy, component: app, version: v2}"
TARGET = "{deploy-without-downtime: {drill: lose, failed: <= 0}}"


def test_a_roll_out_that_nobody_notices_passes_and_is_rolled_back(start: Start, shop: Shop) -> None:
    run = start(drill(fault=DEPLOY, targets=TARGET, hold_s=1), released(shop))

    assert run.end() in {0, 4}, run.words()
    assert run.events("fault", state="confirmed"), run.words()
    assert run.events("fault", state="verified")
    assert (shop.place / "version").read_text() == "v1\n"
    assert run.target("deploy-without-downtime")["failures"] == 0


@pytest.mark.parametrize(
    ("commands", "because"),
    [
        pytest.param(
            {"deploy": "true {version}"}, "global still said v1 in the header x-build", id="lies"
        ),
        pytest.param(
            {"version": "echo v2"}, "component app has version v2 already", id="nothing-to-change"
        ),
    ],
)
def test_a_roll_out_that_nobody_could_see_is_invalid(
    commands: dict[str, str], because: str, start: Start, shop: Shop
) -> None:
    run = start(drill(fault=DEPLOY, targets=TARGET, hold_s=1), released(shop, **commands))

    assert run.end() == 4
    target = run.target("deploy-without-downtime")
    assert target["verdict"] == "invalid"
    assert because in target["because"]
    assert (shop.place / "version").read_text() == "v1\n"
    assert run.run_json()["restored"] is not False


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rolls", "codes"),
    [
        pytest.param({}, {0, 4}, id="proven"),
        pytest.param({"deploy": "true {version}"}, {4}, id="lies"),
    ],
)
def test_no_more_is_sent_than_is_allowed_though_it_is_looked_for(
    rolls: dict[str, str], codes: set[int], start: Start, shop: Shop
) -> None:
    place = released(shop, **rolls)
    place.write_text(place.read_text().replace("max_rate: 500/s", "max_rate: 60/s"))
    plain, times = shop.server.answer, list[float]()

    def timed(asked: Asked) -> Answer:
        times.append(time.monotonic())
        return plain(asked)

    shop.server.answer = timed
    run = start(drill(fault=DEPLOY, targets=TARGET, hold_s=1), place)

    assert run.end() in codes, run.words()
    assert bool(run.events("fault", state="confirmed")) == (not rolls), run.words()
    (began,) = run.events("run", state="started")
    healing_s = run.events("fault", state="healing")[0]["t"]
    seen = [at - began["t0_ns"] / 1e9 for at in times]
    sent = [at for at in seen if at < healing_s]
    busiest = max(sum(at <= other < at + 2 for other in sent) for at in sent)
    assert busiest / 2 < 75, "50/s are the load's"


def test_without_a_word_on_how_answers_show_it_nothing_is_injected(
    start: Start, shop: Shop
) -> None:
    deployment = released(shop)
    text = deployment.read_text().replace("shows: {version: {header: x-build}}, ", "")
    deployment.write_text(text)

    run = start(drill(fault=DEPLOY, targets=TARGET, hold_s=1), deployment)

    assert run.end() == 4
    because = run.target("deploy-without-downtime")["because"]
    assert "the deployment needs `shows: {version: {header: NAME}}`" in because
    assert not run.events("fault", state="commanded")


def test_a_plan_shows_what_nothing_undoes(start: Start, shop: Shop) -> None:
    acts = "acts: {melt: {do: 'true', undo: none}}, shows: {melt: {header: x-build}}"
    deployment = released(shop)
    text = deployment.read_text().replace("shows: {version: {header: x-build}}", acts)
    deployment.write_text(text.replace("[component-deploy]", "[component-act]"))
    fault = "{kind: component-act, component: app, act: melt}"
    run = start(drill(fault=fault, hold_s=1), deployment)

    planned = run.nfrcheck("plan", run.scenario, "-d", run.deployment).stdout
    assert "nothing undoes melt of component app" in planned
    assert "by nothing: its `undo` is `none`" in planned
    assert run.end() == 4
    assert "global still said v1" in run.target("failover")["because"]
    assert run.run_json()["restored"]
