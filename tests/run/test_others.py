"""A run beside another one needs it alive: of a dead one nobody would put the fault back."""

import asyncio
from pathlib import Path

import pytest

from nfrcheck.errors import Refused
from nfrcheck.run.controller import run
from nfrcheck.run.hold import Wish, plan_hold
from nfrcheck.run.ledger import Ledger, ledger_path
from nfrcheck.run.lock import Place
from nfrcheck.run.others import beside_notes, refuse_open_ledgers
from nfrcheck.run.ui import Silent
from tests.run.whole import Shop

pytestmark = pytest.mark.usefixtures("state")


def opened(run: str, place: str = "") -> Ledger:
    ledger = Ledger.create(ledger_path(run), run=run, deployment="local", place=place)
    note = "component-kill: put back component app"
    ledger.append("armed", id="x", undo=[], verify=[], note=note, deadline_s=1)
    return ledger


def test_the_note_names_the_run_and_its_fault() -> None:
    ledger = opened("held-1")

    assert beside_notes(["held-1"]) == (
        "beside run held-1, whose fault is in place: component-kill",
    )
    ledger.release()


@pytest.mark.parametrize("run", ["dead", "closed", "unknown"])
def test_nothing_is_begun_beside_a_run_that_is(run: str) -> None:
    opened("dead").release()
    ledger = opened("closed")
    ledger.append("closed")
    ledger.release()

    with pytest.raises(Refused, match=f"no run {run} is under way"):
        beside_notes([run])


def test_what_is_open_refuses_a_run_that_does_not_know_of_it() -> None:
    ledger = opened("held-1")

    refuse_open_ledgers({"held-1"})
    with pytest.raises(Refused, match="run held-1 on local is under way: process "):
        refuse_open_ledgers()
    ledger.release()


def test_a_run_on_another_deployment_is_no_reason_while_somebody_guards_it(tmp_path: Path) -> None:
    here, there = (Place(name="local", path=tmp_path / name) for name in ("here", "there"))
    ledger = opened("held-1", there.file)

    refuse_open_ledgers(place=here)
    with pytest.raises(Refused, match="held-1 on local is under way: process"):
        refuse_open_ledgers(place=there)
    ledger.release()
    with pytest.raises(Refused, match=r"held-1 on local is not confirmed.*component app"):
        refuse_open_ledgers(place=here)


def test_a_ledger_that_is_just_being_opened_is_left_to_the_lease(tmp_path: Path) -> None:
    here = Place(name="local", path=tmp_path / "here")
    opened("held-1").release()
    ledger_path("held-1").write_bytes(b"")

    refuse_open_ledgers(place=here)


def test_what_another_run_opened_in_the_meantime_is_seen_before_the_first_contact(
    tmp_path: Path, shop: Shop
) -> None:
    wish = Wish(fault="component-kill", keys={"component": "app"}, path="/", at_most_s=1)
    made = plan_hold(shop.deployment(), wish, tmp_path)
    asked = len(shop.server.asked)
    ledger = opened("held-1")

    with pytest.raises(Refused, match="run held-1 on local is under way: process "):
        asyncio.run(run(made, tmp_path, made.scenario, Silent()))

    assert len(shop.server.asked) == asked
    assert not shop.down.exists()
    ledger.release()
