"""A change that refuses no connection is believed when answers say what none said before."""

import asyncio
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pytest

from nfrcheck.experiments.faults import FAULTS, AnswerProof, Armed
from nfrcheck.model.signs import Sign
from nfrcheck.model.traffic import EndpointSpec
from nfrcheck.run.confirm import Confirmer
from nfrcheck.run.guard_client import Arming, GuardianClient
from nfrcheck.run.shown import AnswerWatch
from nfrcheck.run.stop import Stop
from nfrcheck.run.undo import attempt, complaint
from tests.experiments.children import Answer, Server, running_server
from tests.run.test_fault_contract import arm, town
from tests.victims.fixtures import Operations

HEADER = Sign(header="X-Node")
PLACE = Sign(json="/app/build", path="/info")
WITHIN_S = 2.0


def proof(sign: Sign | None = HEADER, replicas: int | None = None, **more: str) -> AnswerProof:
    given = {"title": "component app", "entry": "way", "what": "version"} | more
    return AnswerProof(sign=sign, replicas=replicas, **given)  # type: ignore[arg-type] # all texts


def armed(*proofs: AnswerProof, undo: Sequence[dict[str, str]] = ()) -> Armed:
    return Armed(
        touched="deploy component app",
        injections=(),
        undo=tuple(undo),
        verify=(),
        where={"component": "app"},
        note="",
        deadline_s=1.0,
        answers=proofs,
    )


@pytest.fixture
def server() -> Iterator[Server]:
    with running_server() as running:
        yield running


def says(server: Server, *words: str, status: int = 200) -> None:
    """Each answer in turn says the next word, in a header and in its body."""
    turn = itertools.cycle(words)

    def answer(_asked: object) -> Answer:
        word = next(turn)
        return (status, {"x-node": word}, b'{"app": {"build": "%s"}}' % word.encode())

    server.answer = answer


def watch(server: Server) -> AnswerWatch:
    return AnswerWatch({"way": EndpointSpec(url=server.url, address="127.0.0.1")}, {"way": "/x"})


def look(
    server: Server, one: Armed, change: Callable[[], object], before: str | None = None
) -> str | None:
    """What is missing after the change; None if it is seen."""

    async def story() -> str | None:
        watching = watch(server)
        assert await watching.calm([one], ["way"]) == before
        change()
        return await watching.wait(one, ["way"], WITHIN_S, Stop())

    return asyncio.run(story())


@pytest.mark.parametrize("sign", [HEADER, PLACE])
def test_a_new_version_is_seen_in_a_header_or_in_a_body(server: Server, sign: Sign) -> None:
    says(server, "v1")

    assert look(server, armed(proof(sign)), lambda: says(server, "v2")) is None
    assert {asked.path for asked in server.asked} == {sign.path or "/x"}


def test_a_deployment_that_changed_nothing_is_not_believed(server: Server) -> None:
    says(server, "v1")

    because = look(server, armed(proof()), lambda: None)

    assert because == "way still said v1 in the header X-Node 2 s after the command"


def test_a_version_that_only_some_answers_show_is_not_there_yet(server: Server) -> None:
    says(server, "v1")

    because = look(server, armed(proof()), lambda: says(server, "v1", "v2"))

    assert because is not None
    assert "still said v" in because


def test_a_system_that_stops_to_answer_was_changed(server: Server) -> None:
    says(server, "v1")

    assert look(server, armed(proof()), lambda: says(server, "v1", status=503)) is None


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        (("a", "b"), ("a",), 1),
        (("a", "b"), ("a", "b", "c"), 3),
        (("2",), ("3",), 3),
        (("2",), ("1",), 1),
    ],
    ids=["fewer", "more", "told-as-a-number", "one-told-as-a-number"],
)
def test_replicas_are_counted(
    server: Server, before: tuple[str, ...], after: tuple[str, ...], wanted: int
) -> None:
    says(server, *before)

    assert look(server, armed(proof(replicas=wanted)), lambda: says(server, *after)) is None


@pytest.mark.parametrize(
    ("one", "odd"),
    [
        pytest.param(
            proof(replicas=1), lambda n: (200, "a" if n < 16 or n % 2 else "b"), id="look"
        ),
        pytest.param(proof(), lambda n: (503 if n < 5 else 200, "a"), id="reload"),
    ],
)
def test_what_chance_or_a_moment_does_is_no_change(
    server: Server, one: AnswerProof, odd: Callable[[int], tuple[int, str]]
) -> None:
    says(server, *(("a", "b") if one.replicas else ("a",)))

    turn = itertools.count()

    def answer(_asked: object) -> Answer:
        status, word = odd(next(turn))
        return status, {"x-node": word}, b"{}"

    assert look(server, armed(one), lambda: setattr(server, "answer", answer)) is not None


def test_another_number_than_was_asked_for_is_not_believed(server: Server) -> None:
    says(server, "a", "b")

    because = look(server, armed(proof(replicas=3)), lambda: says(server, "a"))

    assert because == "way still said a in the header X-Node 2 s after the command"


def test_what_answers_show_already_could_not_be_seen_to_change(server: Server) -> None:
    says(server, "a", "b", "c")

    because = asyncio.run(watch(server).calm([armed(proof(replicas=3))], ["way"]))

    assert because == "way showed 3 replicas before the fault already, in the header X-Node"


def test_an_act_is_seen_when_other_words_are_said(server: Server) -> None:
    says(server, "a", "b")
    act = replace(proof(), what="thin-out", any_other=True)

    assert look(server, armed(act), lambda: says(server, "a")) is None
    says(server, "a", "b")
    assert look(server, armed(act), lambda: None) is not None


@pytest.mark.parametrize(
    ("one", "because"),
    [
        (proof(None), "nothing in an answer shows the version of component app"),
        (proof(Sign(header="x-none")), "way does not tell the header x-none: it is not there"),
        (proof(Sign(json="/build")), "way does not tell /build in the body: it is not there"),
    ],
)
def test_what_nothing_shows_is_not_injected(server: Server, one: AnswerProof, because: str) -> None:
    says(server, "v1")

    told = asyncio.run(watch(server).calm([armed(one)], ["way"]))

    assert told is not None
    assert told.startswith(because)


def test_a_single_failure_before_the_fault_is_the_systems_own(server: Server) -> None:
    turn = itertools.count()
    server.answer = lambda _asked: (503 if next(turn) % 5 == 2 else 200, {"x-node": "v1"}, b"{}")

    assert asyncio.run(watch(server).calm([armed(proof())], ["way"])) is None

    server.answer = lambda _asked: (503, {"x-node": "v1"}, b"{}")
    told = asyncio.run(watch(server).calm([armed(proof())], ["way"]))
    assert told == "way does not tell the header X-Node: status 503"


def test_without_an_entry_nobody_sees_it(server: Server) -> None:
    told = asyncio.run(watch(server).calm([armed(proof())], []))

    assert told == "no entry leads to component app, so that nobody can see its version"


def test_healing_is_verified_by_answers_that_say_again_what_they_said(server: Server) -> None:
    says(server, "v1")
    watching, one = watch(server), armed(proof())

    asyncio.run(watching.calm([one], ["way"]))
    (check,) = watching.verify(one, [])

    assert complaint(check, check=True) is None
    assert attempt(check).ok
    says(server, "v2")
    assert attempt(check).because == f"{server.url}/x: v2 was told, and not v1"


def test_what_nothing_undoes_need_not_look_as_before(server: Server) -> None:
    says(server, "v1")
    watching, one = watch(server), armed(proof(), undo=[{"kind": "nothing"}])

    asyncio.run(watching.calm([one], ["way"]))

    assert watching.verify(one, []) == []


def test_each_of_several_components_must_show_it() -> None:
    """A kill of two of which one goes on to answer is not proven."""
    with running_server() as first, running_server() as second:
        entries = {
            name: EndpointSpec(url=one.url, address="127.0.0.1")
            for name, one in (("gw", first), ("app", second))
        }
        killed = replace(armed(), entries=("gw", "app"), where={"component": "gw, app"})
        confirmer = Confirmer(entries, {}, [])
        assert asyncio.run(confirmer.unwell([killed], ["gw", "app"])) is None
        first.answer = lambda _asked: None

        one = asyncio.run(confirmer.wait(killed, ["gw", "app"], WITHIN_S, Stop()))
        second.answer = lambda _asked: None
        both = asyncio.run(confirmer.wait(killed, ["gw", "app"], WITHIN_S, Stop()))

    assert one is not None
    assert one.startswith("app still answered with status 200")
    assert both is None


# ---- what is read before is what is put back


def tell_it(operations: Operations, kind: str, change: Callable[[], None]) -> list[str]:
    """Arms, injects, lets somebody change it, heals; what was done."""

    async def story() -> list[str]:
        guardian = await GuardianClient.start("run-1", deployment="test")
        try:
            await guardian.arm(
                Arming(id="d.1", undo=one.undo, verify=one.verify, deadline_s=one.deadline_s)
            )
            await one.inject()
            change()
            assert (await guardian.heal("d.1")).verified
        finally:
            await guardian.let_go()
        return list(operations.log)

    operations.replicas["store"], operations.version["store"] = "4", "v0"
    one = arm(kind, town(operations))
    return asyncio.run(story())


@pytest.mark.usefixtures("state")
def test_a_number_that_others_changed_in_between_is_put_back_to_what_was_found(
    operations: Operations,
) -> None:
    done = tell_it(operations, "component-scale", lambda: operations.replicas.update(store="9"))

    assert done == ["scale store 3", "scale store 4"]
    assert operations.replicas["store"] == "4"


@pytest.mark.usefixtures("state")
def test_a_version_is_rolled_back_to_the_one_that_was_found(operations: Operations) -> None:
    done = tell_it(operations, "component-deploy", lambda: operations.version.update(store="v9"))

    assert done == ["deploy store v2", "rollback store v0"]


def test_a_recipe_that_was_not_read_yet_is_refused_by_the_guardian(operations: Operations) -> None:
    keys = {"component": "store", "replicas": "3"}
    planned = FAULTS["component-scale"].model_validate(keys).arm(town(operations))

    assert [complaint(step) for step in planned.undo] == ["what it is put back to was not read yet"]
    assert operations.log == []
