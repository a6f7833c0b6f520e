"""An experiment of Chaos Toolkit as the fault of a drill: proven, judged by us, always rolled back.

What the toolkit does by itself at each of these is in the name of the test.
"""

import json
import os
import re
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.box.running_box import wait_until
from tests.run.whole import Shop, Start, WholeRun, drill
from tests.victims.experiments import MODULE, Trouble, activity

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
CHILD = "experiments.chaos.child"
WITHIN_S = 10.0
FAULT = "{kind: chaos-toolkit, experiment: lost-part.json, within: 10 s}"
BOUND_S = 20.0
"""Five seconds to begin with its rollbacks, then SIGKILL and its rollbacks alone; twice that."""


@pytest.fixture
def trouble(tmp_path: Path) -> Trouble:
    return Trouble(tmp_path)


@pytest.fixture
def play(shop: Shop, start: Start) -> Any:
    """Starts a run whose drill plays the experiment that lies in the folder."""
    deployment = shop.deployment()
    text = deployment.read_text("utf-8").replace("component-kill", "chaos-toolkit")
    deployment.write_text(text, "utf-8")

    def one(hold_s: float = 1, settle: str = "1 s", **more: str) -> WholeRun:
        scenario = drill(FAULT, more=", confirm: global", hold_s=hold_s)
        scenario = scenario.replace("settle: 1 s", f"settle: {settle}")
        return start(scenario, deployment, PYTHONPATH=str(ROOT), **more)

    return one


def journal(run: WholeRun) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        (run.folder / "experiment-lose.1.1.journal.json").read_text("utf-8")
    )
    return found


def not_proven(run: WholeRun) -> str:
    """Why the drill proves nothing; all was put back all the same."""
    assert run.end() == 4, run.words()
    target = run.target("failover")
    assert target["verdict"] == "invalid", target
    assert run.run_json()["restored"]
    return str(target["because"])


def test_what_it_does_is_held_proven_and_rolled_back(trouble: Trouble, play: Any) -> None:
    trouble.file(**{"steady-state-hypothesis": trouble.hypothesis()})

    run = play(hold_s=2, settle="11 s")

    assert run.end() == 0, run.words()
    assert run.target("failover")["verdict"] == "pass"
    (held,) = run.events("phase", part="hold", state="end")
    assert held["t"] - run.events("fault", state="confirmed")[0]["t"] >= 2
    assert trouble.log == ["down", "up"], "rolled back once, by itself"
    kept = journal(run)
    assert (kept["status"], kept["deviated"]) == ("completed", True)
    assert "lose/1: experiment lost-part.json: deviated" in str(run.run_json()["notes"])
    assert run.ledger().closed
    assert run.left_nothing_behind()


def test_a_gate_out_of_tolerance_proves_nothing_though_it_is_called_completed(
    trouble: Trouble, play: Any
) -> None:
    trouble.file(**{"steady-state-hypothesis": trouble.hypothesis(up=False)})

    run = play()

    because = not_proven(run)
    assert "its hypothesis was out of tolerance before, so its method never began" in because
    assert "its probe `is_up` gave True" in because
    assert trouble.log == ["up"]
    assert journal(run)["status"] == "completed"


@pytest.mark.parametrize("after", ["first", pytest.param("last", marks=pytest.mark.slow)])
def test_a_failed_action_proves_nothing_though_it_is_called_completed(
    after: str, trouble: Trouble, play: Any
) -> None:
    failing = [activity("fail"), trouble.take_down()]
    trouble.file(*(failing if after == "first" else failing[::-1]))

    run = play()

    assert "its action `fail` failed: RuntimeError: no such pod" in not_proven(run)
    assert trouble.log[-1] == "up"
    assert journal(run)["status"] == "completed"


@pytest.mark.slow
def test_an_action_without_effect_proves_nothing_though_it_succeeded(
    trouble: Trouble, play: Any
) -> None:
    trouble.file(activity("is_up", arguments=trouble.where))

    assert "global still answered with status 200" in not_proven(play())


def test_a_misspelt_rollback_is_refused_by_its_line_before_anything_is_contacted(
    trouble: Trouble, play: Any
) -> None:
    written = trouble.whole()
    written["rollback"] = written.pop("rollbacks")
    path = trouble.file()
    path.write_text(json.dumps(written, indent=1), "utf-8")
    lines = path.read_text("utf-8").splitlines()
    line = next(n for n, text in enumerate(lines, 1) if '"rollback"' in text)

    run = play()

    assert run.end() == 2
    assert f"lost-part.json:{line}:2" in run.words()
    assert "did you mean `rollbacks`?" in run.words()
    assert "nothing would put back what it does" in run.words()
    assert trouble.log == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda one: one.name)
def test_a_stop_in_mid_action_rolls_back_at_once(
    number: signal.Signals, trouble: Trouble, play: Any
) -> None:
    """By default nothing is rolled back after a Ctrl-C, and SIGTERM is swallowed by the action."""
    trouble.file(trouble.take_down(), trouble.slowly(300))
    run = play(hold_s=60)
    run.at("confirmed")

    run.signal(number)

    wait_until(lambda: trouble.log[-1:] == ["up"], BOUND_S)
    assert run.end() == 130
    assert trouble.log == ["down", "down", "up"]
    assert run.run_json()["restored"]
    assert "cut its method short" in str(run.run_json()["notes"])
    assert run.left_nothing_behind()


def test_a_stop_in_the_first_action_does_not_wait_for_it(trouble: Trouble, play: Any) -> None:
    trouble.file(trouble.slowly(300))
    run = play(hold_s=60)
    run.at("commanded")
    wait_until(lambda: trouble.log == ["down"], BOUND_S)

    run.signal(signal.SIGINT)

    took = wait_until(lambda: trouble.log == ["down", "up"], BOUND_S)
    assert took < WITHIN_S, "the deadline of the action itself"
    assert run.end() == 130
    assert run.run_json()["restored"]
    assert run.left_nothing_behind()


def test_what_ends_the_experiment_alone_is_told(trouble: Trouble, play: Any) -> None:
    """A SIGTERM that meets an action only fails that action, over there."""
    trouble.file(trouble.take_down(), trouble.slowly(300))
    run = play(hold_s=3)
    run.at("confirmed")

    os.kill(run.pid(CHILD), signal.SIGTERM)

    wait_until(lambda: trouble.log[-1:] == ["up"], BOUND_S)
    assert "it rolled back before the end of the hold" in not_proven(run)
    assert trouble.log == ["down", "down", "up"]


@pytest.mark.parametrize(
    "background",
    [
        pytest.param(False, id="foreground"),
        pytest.param(True, id="background", marks=pytest.mark.slow),
    ],
)
def test_an_action_that_never_ends_is_killed_and_then_rolled_back(
    background: bool, trouble: Trouble, play: Any
) -> None:
    trouble.file(trouble.take_down(), {**trouble.for_ever(), "background": background})
    run = play()
    run.at("healing")

    began = time.monotonic()
    wait_until(lambda: trouble.log[-1:] == ["up"], BOUND_S)

    assert time.monotonic() - began < BOUND_S
    assert run.end() in {0, 3}
    assert run.run_json()["restored"]
    # In the background it keeps nobody from rolling back, and ends with its process.
    killed = "its process was killed before it could end"
    assert ("cut its method short" if background else killed) in str(run.run_json()["notes"])
    assert run.left_nothing_behind()


@pytest.mark.parametrize(
    "victim", ["controller", pytest.param("controller-and-experiment", marks=pytest.mark.slow)]
)
def test_nothing_is_left_when_the_controller_is_killed(
    victim: str, trouble: Trouble, play: Any
) -> None:
    trouble.file(trouble.take_down(), trouble.slowly(300))
    run = play(hold_s=60)
    run.at("confirmed")
    child = run.pid(CHILD)

    run.signal(signal.SIGSTOP)
    if victim != "controller":
        os.kill(child, signal.SIGKILL)
    run.kill_group()

    wait_until(lambda: trouble.log[-1:] == ["up"], BOUND_S)
    assert run.left_nothing_behind()
    assert trouble.log == ["down", "down", "up"]
    assert run.ledger().closed
    assert not trouble.down.exists()


def test_restore_rolls_back_when_everybody_was_killed(trouble: Trouble, play: Any) -> None:
    trouble.file(trouble.take_down(), trouble.slowly(300))
    run = play(hold_s=60)
    run.at("confirmed")
    child = run.pid(CHILD)
    run.signal(signal.SIGSTOP)
    for pid in (run.pid("guardian.py"), child):
        os.kill(pid, signal.SIGKILL)
    run.kill_group()
    run.all_gone()
    assert trouble.down.exists()

    refused = run.again()
    listed = run.nfrcheck("restore", "--list")
    restored = run.nfrcheck("restore", "--yes")

    assert refused.returncode == 8
    assert "experiments.chaos.rollback" in " ".join(listed.stdout.split())
    assert restored.returncode == 0, restored.stdout + restored.stderr
    assert not trouble.down.exists()
    assert run.ledger().closed


@pytest.mark.slow
def test_no_secret_of_an_experiment_is_written_anywhere(
    trouble: Trouble, play: Any, tmp_path: Path
) -> None:
    keep = activity("keep", arguments={"place": str(tmp_path / "given")})
    keep["provider"]["secrets"] = ["broken"]
    secrets = {"broken": {"token": {"type": "env", "key": "A_NAME"}}}
    trouble.file(keep, trouble.take_down(), secrets=secrets)

    run = play(A_NAME="planted-secret")

    assert "its action `keep` failed: RuntimeError: refused [redacted] of" in not_proven(run)
    assert "planted-secret" in (tmp_path / "given").read_text("utf-8"), "it was given to it"
    folders = (run.folder, run.state, tmp_path)
    written = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    holding = [path.name for path in written if b"planted-secret" in path.read_bytes()]
    assert holding == ["given"]


def test_actions_of_an_extension_kill_and_restore_a_component(
    trouble: Trouble, shop: Shop, start: Start
) -> None:
    calls = ", ".join(
        f'{verb}: {{func: {func}, arguments: {{place: "{trouble.down}"}}}}'
        for verb, func in (("kill", "take_down"), ("restore", "bring_up"), ("verify", "is_up"))
    )
    keys = f"kind: chaostoolkit, module: {MODULE}, within: 20 s, entry: global, {calls}"
    deployment = shop.deployment()
    text = re.sub(r"app: {.*}}", f"app: {{{keys}}}}}", deployment.read_text("utf-8"))
    deployment.write_text(text, "utf-8")

    run = start(drill(), deployment, PYTHONPATH=str(ROOT))

    assert run.end() in {0, 3}, run.words()
    assert run.events("fault", state="confirmed")
    assert run.run_json()["restored"]
    assert trouble.log == ["down", "up"]
    assert run.left_nothing_behind()
