"""What was paused, drained or isolated is still so at the end of its hold; what is not, is told."""

import asyncio
import itertools
import os
import signal
from collections.abc import Iterator

import pytest

from nfrcheck.deployments import CONTROLS
from nfrcheck.experiments.faults import FAULTS, Armed, Injection
from nfrcheck.model.traffic import EndpointSpec
from nfrcheck.run import last_look
from nfrcheck.run.last_look import LastLook, Well
from nfrcheck.run.stop import Stop
from nfrcheck.run.undo_process import is_stopped
from tests.box.running_box import wait_until
from tests.experiments.children import Server, running_server
from tests.victims.fixtures import Victim
from tests.victims.site import Town, component, entry

KEYS = {"kind": "shell", "pause": "x --for {expires}", "drain": "x", "isolate": "x", "kill": "x"}


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(last_look, "AGAIN_S", 0.1)


@pytest.fixture(name="own")
def _own() -> Iterator[Server]:
    with running_server() as running:
        yield running


@pytest.fixture(name="other")
def _other() -> Iterator[Server]:
    with running_server() as running:
        yield running


def armed(verb: str = "pause", *own: str, expires: str | None = None, part: str = "web") -> Armed:
    control = CONTROLS["shell"].model_validate({**KEYS, "expires": expires})
    where = {"region": "a"} if part == "region" else {"component": part}
    return Armed(
        touched=f"{verb} {part}",
        injections=(Injection(title=f"component {part}", control=control, verb=verb),),
        undo=(),
        verify=(),
        where=where,
        note="",
        deadline_s=1.0,
        entries=own,
    )


def look(
    one: Armed, *servers: Server, used: tuple[str, ...] = (), held_s: float = 2.0
) -> Well | None:
    """By entries with the names `way-0`, `way-1`."""
    entries = {
        f"way-{number}": EndpointSpec(url=server.url, address="127.0.0.1")
        for number, server in enumerate(servers)
    }
    looking = LastLook(entries, {}, used)
    return asyncio.run(looking.well(one, list(entries), held_s, Stop()))


@pytest.mark.parametrize("verb", ["pause", "drain"])
def test_what_answers_again_by_its_own_entry_was_not_held(verb: str, own: Server) -> None:
    found = look(armed(verb), own)

    assert found == Well(
        "way-0 answered again with status 200, before anybody put it back", sure=True
    )


def test_a_single_failure_does_not_make_it_held(own: Server) -> None:
    turn = itertools.count()
    own.answer = lambda _asked: (503 if next(turn) % 3 == 1 else 200, {}, b"")

    assert look(armed(), own)


def test_what_still_gives_no_answer_is_held(own: Server) -> None:
    own.answer = lambda _asked: None

    assert look(armed(), own) is None


def test_an_entry_that_users_go_through_may_have_taken_another_way(own: Server) -> None:
    found = look(armed(), own, used=("way-0",))

    assert found is not None
    assert not found.sure


def test_an_isolated_region_may_help_itself(own: Server) -> None:
    found = look(armed("isolate", part="region"), own)

    assert found is not None
    assert not found.sure


@pytest.mark.parametrize(
    "one",
    [
        pytest.param(armed("kill"), id="kill-comes-back-by-itself"),
        pytest.param(armed("drain", part="region"), id="drain-was-seen-by-a-share"),
    ],
)
def test_what_answers_may_say_is_not_asked(one: Armed, own: Server) -> None:
    assert look(one, own) is None
    assert not own.asked


def test_each_of_several_components_must_still_show_it(own: Server, other: Server) -> None:
    own.answer = lambda _asked: None

    found = look(armed("pause", "way-0", "way-1"), own, other)

    assert found is not None
    assert found.because.startswith("way-1 answered again")


def test_of_several_declared_entries_one_is_enough(own: Server, other: Server) -> None:
    other.answer = lambda _asked: (503, {}, b"")

    assert look(armed(), own, other) is None


def test_what_its_control_ends_is_not_held_longer(own: Server) -> None:
    own.answer = lambda _asked: None

    assert look(armed(expires="3 s"), own, held_s=2.9) is None
    assert look(armed(expires="3 s"), own, held_s=3.5) == Well(
        "the control of component web ends it after 3 s (`expires`), and its command was 3.5 s ago",
        sure=True,
    )


def test_a_process_that_somebody_told_to_go_on_was_not_held(victim: Victim) -> None:
    control = CONTROLS["process"].model_validate(victim.control)
    site = Town(components=component("web", control, by="way"), entries=entry("way", victim.url))
    one = FAULTS["component-pause"].model_validate({"component": "web"}).arm(site)
    entries = {"way": EndpointSpec(url=victim.url, address="127.0.0.1")}
    looking = LastLook(entries, {}, used=("way",))

    asyncio.run(one.inject())
    held = asyncio.run(looking.well(one, ["way"], 2.0, Stop()))
    os.kill(victim.pid, signal.SIGCONT)
    wait_until(lambda: not is_stopped(victim.pid), 5)
    found = asyncio.run(looking.well(one, ["way"], 2.0, Stop()))

    assert held is None
    assert found == Well(f"process {victim.pid} was told to go on", sure=True)
