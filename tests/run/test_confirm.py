"""Only what was well before a fault can show it, and what showed it must be well again after it."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pytest

from nfrcheck.experiments.faults import Armed
from nfrcheck.model.traffic import EndpointSpec
from nfrcheck.run import confirm
from nfrcheck.run.confirm import Confirmer
from nfrcheck.run.stop import Stop
from nfrcheck.run.undo import attempt
from tests.experiments.children import Answer, Server, running_server

WITHIN_S = 0.5
KILLED = Armed(
    touched="kill component app",
    injections=(),
    undo=(),
    verify=(),
    where={"component": "app"},
    note="",
    deadline_s=1.0,
)


@pytest.fixture
def first() -> Iterator[Server]:
    with running_server() as running:
        yield running


@pytest.fixture
def second() -> Iterator[Server]:
    with running_server() as running:
        yield running


def confirmer_of(*servers: Server) -> Confirmer:
    """The first is entry `fa`, the second `fb`."""
    entries = {
        name: EndpointSpec(url=one.url, address="127.0.0.1")
        for name, one in zip(("fa", "fb"), servers, strict=False)
    }
    return Confirmer(entries, {}, [])


def down(server: Server) -> Callable[[], None]:
    return lambda: setattr(server, "answer", lambda _asked: (503, {}, b""))


def nothing() -> None:
    """A command that does nothing."""


def look(
    confirmer: Confirmer, seen_by: Sequence[str], kill: Callable[[], None], armed: Armed = KILLED
) -> str | None:
    """What is missing after the command; None: the fault was seen."""

    async def story() -> str | None:
        assert await confirmer.unwell([armed], seen_by) is None
        kill()
        return await confirmer.wait(armed, seen_by, WITHIN_S, Stop())

    return asyncio.run(story())


def test_a_kill_is_seen_and_one_that_does_nothing_is_not(first: Server) -> None:
    confirmer = confirmer_of(first)

    because = look(confirmer, ["fa"], nothing)

    assert because is not None
    assert because.startswith("fa still answered with status 200 ")
    assert look(confirmer, ["fa"], down(first)) is None


def slowly(server: Server, seconds: float) -> None:
    def answer(_asked: object) -> Answer:
        time.sleep(seconds)
        return 200, {}, b"{}"

    server.answer = answer


def test_an_entry_that_always_answers_slowly_proves_nothing_by_it(
    first: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confirm, "ASK_TIMEOUT_S", 0.05)
    slowly(first, 0.1)
    confirmer = confirmer_of(first)

    because = look(confirmer, ["fa"], nothing)

    assert because is not None
    assert because.startswith("fa still answered with status 200 ")
    assert look(confirmer, ["fa"], first.open.clear) is None, "but silence is seen"


def test_an_entry_that_is_too_slow_to_show_a_fault_in_time_is_unwell(
    first: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confirm, "SLOWEST_S", 0.05)
    slowly(first, 0.1)

    because = asyncio.run(confirmer_of(first).unwell([KILLED], ["fa"]))

    assert because == (
        "fa was unwell before the fault: it took 0.1 s to answer, too long to see in time that it "
        "does not"
    )


def test_an_entry_that_was_bad_before_proves_nothing(first: Server, second: Server) -> None:
    down(second)()
    confirmer = confirmer_of(first, second)

    because = look(confirmer, ["fa", "fb"], nothing)

    assert because is not None
    assert because.startswith("fa still answered with status 200 ")
    assert look(confirmer, ["fa", "fb"], down(first)) is None


def test_of_several_that_must_each_show_it_none_may_be_bad_before(
    first: Server, second: Server
) -> None:
    down(second)()
    killed = replace(KILLED, entries=("fa", "fb"), where={"component": "fa, fb"})

    because = asyncio.run(confirmer_of(first, second).unwell([killed], ["fa", "fb"]))

    assert because == "fb was unwell before the fault (status 503)"


def test_each_of_several_faults_needs_an_entry_that_is_well(first: Server, second: Server) -> None:
    down(second)()
    faults = [replace(KILLED, seen_by=(entry,)) for entry in ("fa", "fb")]

    because = asyncio.run(confirmer_of(first, second).unwell(faults, ["fa", "fb"]))

    assert because == "fb was unwell before the fault (status 503)"


def test_a_single_failure_before_the_fault_is_the_systems_own(first: Server) -> None:
    answers = iter(range(10**9))
    first.answer = lambda _asked: (503 if next(answers) == 1 else 200, {}, b"")

    assert asyncio.run(confirmer_of(first).unwell([KILLED], ["fa"])) is None


def test_what_showed_the_fault_must_be_well_after_it(first: Server, second: Server) -> None:
    """Also where its component has no entry, and another one was named to show it."""
    confirmer = confirmer_of(first, second)
    down(second)()

    assert look(confirmer, ["fa", "fb"], nothing) is not None
    (check,) = confirmer.verify(KILLED)

    assert check["url"] == f"{first.url}/", "and one that was bad before is not waited for"
    assert attempt(check).ok
    down(first)()
    assert attempt(check).because == f"{first.url}/: status 503"


def test_of_several_faults_each_is_seen_well_by_its_own_entries(
    first: Server, second: Server
) -> None:
    """The last one is put back first, when the others still hold."""
    confirmer = confirmer_of(first, second)
    killed = replace(KILLED, seen_by=("fa",))
    faults = [killed, replace(KILLED, where={"component": "other"})]

    assert asyncio.run(confirmer.unwell(faults, ["fa", "fb"])) is None

    assert [step["url"] for step in confirmer.verify(killed)] == [f"{first.url}/"]
    assert confirmer.verify(faults[1]) == []


def test_what_is_asked_after_the_healing_anyway_is_asked_once(first: Server) -> None:
    confirmer = confirmer_of(first)

    assert look(confirmer, ["fa"], nothing) is not None
    (own,) = confirmer.verify(KILLED)
    armed = replace(KILLED, verify=({**own, "within_s": 7.0},))

    assert confirmer.verify(armed) == [{**own, "within_s": 7.0}]


def test_silent_entries_are_waited_for_together(first: Server, second: Server) -> None:
    confirmer = confirmer_of(first, second)
    killed = replace(KILLED, entries=("fa", "fb"))
    began = 0.0

    def hang() -> None:
        nonlocal began
        first.open.clear()
        second.open.clear()
        began = time.monotonic()

    assert look(confirmer, ["fa", "fb"], hang, killed) is None
    assert time.monotonic() - began < 2 * confirm.IN_A_ROW * confirm.ASK_TIMEOUT_S
