"""`gameday run` itself refuses by the real clock: exit 8, one sentence, and contacts nothing."""

import fcntl
import json
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest

from nfrcheck.plan import Options, plan
from nfrcheck.plan.fingerprint import fingerprint
from nfrcheck.run.ledger import Ledger, ledger_path
from nfrcheck.run.lock import Place
from nfrcheck.scenario.read import read_pair
from tests.cli.project import Project
from tests.experiments.children import Answer, Asked, Server
from tests.gameday.days import where_it_is_noon

REFUSED = 8
ON_TIME = {"schedule": '"* * * * *"', "window": '{open: "00:00", close: "24:00"}'}
MORNING = {"schedule": '"17 9 * * *"', "window": '{open: "09:00", close: "11:00"}'}


def written(project: Project, **keys: str) -> ZoneInfo:
    """A game day whose day is at noon now; returns the zone of its wall clock."""
    zone = where_it_is_noon()
    chosen = {
        "scenario": "scenarios/shop.nfr.yaml",
        "deployment": "local",
        "timezone": zone,
        "approval": "{needed: none}",
        **ON_TIME,
        **keys,
    }
    lines = "".join(f"    {key}: {value}\n" for key, value in chosen.items())
    project.write("gamedays.yaml", f"gamedays:\n  weekly:\n{lines}")
    return ZoneInfo(zone)


def digest(project: Project) -> str:
    scenarios = project.folder / "scenarios"
    pair = read_pair(scenarios / "shop.nfr.yaml", scenarios / "deployments/local.deployment.yaml")
    return fingerprint(plan(pair.scenario, pair.deployment, Options()))


def approved(hash_: str, hours: float = 1) -> str:
    until = datetime.now(UTC) + timedelta(hours=hours)
    return json.dumps({"hash": hash_, "who": "ann", "until": until.isoformat()})


Arrange = Callable[[Project, Path], Mapping[str, str]]


def _day(**keys: str) -> Arrange:
    def arrange(project: Project, _state: Path) -> Mapping[str, str]:
        written(project, **keys)
        return {}

    return arrange


def _about_to_close(project: Project, _state: Path) -> Mapping[str, str]:
    now = datetime.now(ZoneInfo(where_it_is_noon()))
    soon = now + timedelta(minutes=5)
    written(
        project,
        schedule=f'"{now.minute} {now.hour} * * *"',
        window=f'{{open: "00:00", close: "{soon:%H:%M}"}}',
    )
    return {}


def _freeze(project: Project, _state: Path) -> Mapping[str, str]:
    today = f"{datetime.now(ZoneInfo(where_it_is_noon())):%Y%m%d}"
    project.write(
        "freeze.ics",
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VEVENT\nUID:1\nSUMMARY:Freeze\n"
        f"DTSTART;VALUE=DATE:{today}\nEND:VEVENT\nEND:VCALENDAR\n",
    )
    written(project, blackout="[freeze.ics]")
    return {}


def _held(project: Project, state: Path) -> Mapping[str, str]:
    written(project)
    deployment = project.folder / "scenarios/deployments/local.deployment.yaml"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NFRCHECK_STATE", str(state))
        lock = Place(name="local", path=deployment).lock()
    lock.parent.mkdir(mode=0o700, parents=True)
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    os.write(descriptor, b"game day other, process 7\n")
    # Kept until the test process ends: nothing else knows of the state folder.
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    return {}


def _open(project: Project, state: Path) -> Mapping[str, str]:
    written(project)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NFRCHECK_STATE", str(state))
        Ledger.create(ledger_path("an-old-run"), run="an-old-run", deployment="local").release()
    return {}


def _for_another(project: Project, _state: Path) -> Mapping[str, str]:
    written(project, approval="{needed: plan}")
    return {"NFRCHECK_APPROVAL": approved("0" * 64)}


def _for_what_was(project: Project, _state: Path) -> Mapping[str, str]:
    written(project, approval="{needed: plan}")
    given = approved(digest(project))
    _replace(project, "150/s", "151/s")
    return {"NFRCHECK_APPROVAL": given}


def _replace(project: Project, before: str, after: str) -> None:
    scenario = project.folder / "scenarios/shop.nfr.yaml"
    scenario.write_text(scenario.read_text("utf-8").replace(before, after), "utf-8")


def _ended(project: Project, _state: Path) -> Mapping[str, str]:
    written(project, approval="{needed: plan}")
    return {"NFRCHECK_APPROVAL": approved(digest(project), hours=-1)}


def _in_the_checkout(project: Project, _state: Path) -> Mapping[str, str]:
    written(project, approval="{needed: plan}")
    path = project.write("approval.json", approved(digest(project)))
    return {"NFRCHECK_APPROVAL": str(path)}


class Case(NamedTuple):
    arrange: Arrange
    words: str


CASES = {
    "after-its-window": Case(_day(**MORNING), "window closed 11:00 (the scheduler was "),
    "before-its-window": Case(
        _day(schedule='"0 20 * * *"', window='{open: "20:00", close: "22:00"}'),
        " 22:00 (the scheduler was ",
    ),
    "too-late": Case(
        _day(
            schedule='"0 9 * * *"',
            window='{open: "09:00", close: "18:00", latest_start: 45 min}',
        ),
        " after it was due; it may start up to 45 min late",
    ),
    "would-outlast-its-window": Case(_about_to_close, "and the window closes 1"),
    "in-a-blackout": Case(_freeze, 'freeze.ics: "Freeze" until'),
    "while-locked": Case(_held, "local is held by game day other, process 7"),
    "with-an-open-ledger": Case(_open, "an-old-run"),
    "without-approval": Case(_day(approval="{needed: plan}"), "NFRCHECK_APPROVAL is not set"),
    "approved-another-plan": Case(_for_another, "approves another plan"),
    "approved-before-a-change": Case(_for_what_was, "approves another plan"),
    "approval-has-ended": Case(_ended, "has ended"),
    "approval-in-the-checkout": Case(_in_the_checkout, "in the checkout"),
}


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    return folder


@pytest.mark.sampled
@pytest.mark.parametrize("case", CASES)
def test_it_is_refused(case: str, project: Project, state: Path) -> None:
    environment = {"NFRCHECK_STATE": str(state), **CASES[case].arrange(project, state)}

    found = project.run("gameday", "run", "weekly", **environment)

    assert found.returncode == REFUSED, found
    sentence, last = found.stderr.splitlines()
    assert sentence.startswith("refused: ")
    assert CASES[case].words in sentence
    assert sentence.endswith(" · nothing was contacted")
    assert last == "exit 8 (refused)"
    assert not found.stdout
    assert not project.contacted
    assert not (project.folder / "reports").exists()


def test_no_variable_sets_the_clock_of_what_really_starts(project: Project, state: Path) -> None:
    zone = written(project, **MORNING)
    environment = {
        "NFRCHECK_AT": f"{datetime.now(zone):%Y-%m-%d}T09:20",
        "NFRCHECK_STATE": str(state),
    }

    asked = project.run("gameday", "check", "weekly", **environment)
    begun = project.run("gameday", "run", "weekly", **environment)

    assert asked.returncode == 0, asked
    assert begun.returncode == REFUSED, begun
    assert "window closed 11:00" in begun.stderr
    assert not project.contacted


def test_no_flag_does_either(project: Project, state: Path) -> None:
    written(project, **MORNING)

    found = project.run(
        *("gameday", "run", "weekly", "--at=2026-11-22T09:20"), NFRCHECK_STATE=str(state)
    )

    assert found.returncode == 2, found
    assert "--at" in found.stderr
    assert not project.contacted


def test_what_changes_after_it_was_approved_is_not_run(
    project: Project, state: Path, told: Server
) -> None:
    written(project, approval="{needed: plan}", notify='{urls: ["${CHAT_URL}"]}')
    _replace(project, "json: {sku: x}", "body: {file: order.json}")
    order = project.write("scenarios/order.json", '{"sku": "x"}')
    given = approved(digest(project))

    def change(_asked: Asked) -> Answer:
        """While people are told that it starts."""
        order.write_text('{"sku": "y"}', "utf-8")
        return 200, {}, b"{}"

    told.answer = change
    found = project.run(
        *("gameday", "run", "weekly"),
        NFRCHECK_STATE=str(state),
        NFRCHECK_APPROVAL=given,
        CHAT_URL=told.url.replace("http://", "json://"),
        A_TOKEN_THAT_NOBODY_SET="x",
    )

    assert found.returncode == REFUSED, found
    titles = [json.loads(asked.body)["title"] for asked in told.asked]
    assert titles == ["Game day weekly starts", "Game day weekly was stopped"]
    assert not project.contacted
