"""An action fails unless its fault is proven, and what failed once is not forgotten."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chaoslib.exceptions import ActivityFailed

from nfrcheck.chaostoolkit import actions, held, probes
from nfrcheck.chaostoolkit.held import Experiment, Fault, deployment_file
from nfrcheck.run.ledger import Ledger, make_folder
from nfrcheck.testing.child import Child

STANDIN = Path(__file__).with_name("standin.py")
KILL = {"kind": "region-kill", "region": "b"}


@pytest.fixture
def deployment(tmp_path: Path) -> str:
    path = tmp_path / "any.deployment.yaml"
    path.touch()
    return str(path)


@pytest.fixture(autouse=True)
def this(monkeypatch: pytest.MonkeyPatch) -> Iterator[Experiment]:
    """An experiment of its own, whose faults a stand-in holds."""
    monkeypatch.setattr(held, "NFRCHECK", (sys.executable, str(STANDIN)))
    made = Experiment()
    monkeypatch.setattr(actions, "THIS", made)
    monkeypatch.setattr(probes, "THIS", made)
    yield made
    if made.holding:
        made.holding.child.end()


def test_inject_says_what_holds_and_heal_that_it_was_put_back(deployment: str) -> None:
    told = actions.inject(KILL, deployment, get="/well", at_most="9 s")
    healed = actions.heal()

    assert told["run"] == "hold-1"
    assert told["where"]["words"] == [
        *("--color", "never", "hold", "region-kill", "region=b", "--get", "/well"),
        *("--at-most", "9 s", "--quiet", "--deployment", deployment),
    ]
    assert healed == {"held": "region-kill region=b", "restored": True}
    assert probes.fault_is_proven()


def test_heal_waits_until_all_is_put_back(deployment: str, this: Experiment) -> None:
    actions.inject(KILL, deployment, get="/slow")
    assert this.holding
    child = this.holding.child.process

    actions.heal()

    assert child.poll() == 0
    assert this.holding is None


def test_heal_without_a_fault_does_nothing() -> None:
    assert actions.heal() == {"held": None, "restored": True}
    assert probes.fault_is_proven()


@pytest.mark.parametrize(
    ("fault", "get", "said"),
    [
        pytest.param(KILL, "/unseen", "no request saw it", id="not-seen"),
        pytest.param({"region": "b"}, "/", "a fault is one mapping", id="no-kind"),
        pytest.param({"kind": "x", "y": {"a": 1}}, "/", "a fault is one mapping", id="no-word"),
    ],
)
def test_a_fault_that_is_not_proven_fails_and_is_remembered(
    fault: dict[str, Any], get: str, said: str, deployment: str, this: Experiment
) -> None:
    with pytest.raises(ActivityFailed, match=said):
        actions.inject(fault, deployment, get=get)

    assert not probes.fault_is_proven()
    assert this.holding is None


def test_a_deployment_that_is_not_there_fails_and_is_remembered(tmp_path: Path) -> None:
    with pytest.raises(ActivityFailed, match="is not there"):
        actions.inject(KILL, str(tmp_path / "none.deployment.yaml"))

    assert not probes.fault_is_proven()


@pytest.mark.parametrize(
    ("get", "said"),
    [
        pytest.param("/lost", "it ended before the end of its hold", id="lost"),
        pytest.param("/early", "its time, `at_most`, was over", id="time-over"),
        pytest.param("/stuck", "NOT CONFIRMED AS PUT BACK, run `nfrcheck restore`", id="not-back"),
    ],
)
def test_a_fault_that_did_not_hold_until_heal_proves_nothing(
    get: str, said: str, deployment: str, this: Experiment
) -> None:
    actions.inject(KILL, deployment, get=get)
    assert this.holding
    if get == "/early":
        this.holding.child.process.wait(10)
        assert not probes.fault_is_proven(), "before heal, too"

    with pytest.raises(ActivityFailed, match=said):
        actions.heal()

    assert not probes.fault_is_proven()
    assert actions.heal()["held"] is None, "the rollback finds nothing more to do"


def test_an_interruption_while_it_is_injected_ends_it_and_is_remembered(
    deployment: str, this: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    children: list[Child] = []

    def interrupted(child: Child) -> dict[str, Any]:
        children.append(child)
        raise KeyboardInterrupt

    monkeypatch.setattr(held, "_first_line", interrupted)
    with pytest.raises(KeyboardInterrupt):
        actions.inject(KILL, deployment)

    assert children[0].process.poll() == 0
    assert this.holding is None
    assert not probes.fault_is_proven()


def test_one_fault_at_a_time(deployment: str) -> None:
    actions.inject(KILL, deployment)

    with pytest.raises(ActivityFailed, match="region-kill region=b is held already"):
        actions.inject({"kind": "component-kill", "component": "x"}, deployment)

    assert actions.heal()["held"] == "region-kill region=b"
    assert not probes.fault_is_proven()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        pytest.param(("lose_region", "b"), "region-kill region=b", id="lose_region"),
        pytest.param(("pause_component", "x"), "component-pause component=x", id="pause_component"),
        pytest.param(
            ("slow_link", "l", "9 ms"), "link-latency link=l latency=9 ms", id="slow_link"
        ),
    ],
)
def test_what_is_short_is_the_same_fault(
    call: tuple[str, ...], words: str, deployment: str
) -> None:
    getattr(actions, call[0])(*call[1:], deployment)

    assert actions.heal()["held"] == words


def test_values_are_words_of_the_language() -> None:
    fault = Fault({"kind": "link-cut", "share": 50, "x": True, "direction": "in"}, "", "/", "1 s")

    assert fault.words == ["link-cut", "share=50", "x=true", "direction=in"]
    several = Fault({"kind": "component-kill", "component": ["web", "cache"]}, "", "/", "1 s")
    assert several.words == ["component-kill", 'component=["web", "cache"]']


def test_a_name_stands_for_a_deployment_of_the_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "scenarios" / "deployments" / "staging.deployment.yaml"
    place.parent.mkdir(parents=True)
    place.touch()
    monkeypatch.chdir(tmp_path)

    assert deployment_file("staging").samefile(place)


def test_a_ledger_that_is_open_is_something_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NFRCHECK_STATE", str(tmp_path / "state"))
    assert probes.nothing_left_behind()
    ledger = held_ledger(tmp_path / "state")

    assert not probes.nothing_left_behind()

    ledger.chmod(0o644)
    with pytest.raises(ActivityFailed, match="others can read or change it"):
        probes.nothing_left_behind()


def held_ledger(state: Path) -> Path:
    make_folder(state / "ledgers")
    path = state / "ledgers" / "a-run.ndjson"
    Ledger.create(path, run="a-run", deployment="box").release()
    return path
