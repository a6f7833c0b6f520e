"""A region has left when no answer is its own any more, and chance could not make it look so."""

import asyncio
import itertools
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest

from nfrcheck.deployments import ShellControl
from nfrcheck.experiments.faults import Armed
from nfrcheck.experiments.faults.armed import Injection
from nfrcheck.model.traffic import EndpointSpec, Route, ServedBy, TrafficSpec
from nfrcheck.run import shares
from nfrcheck.run.children import Child
from nfrcheck.run.confirm import Confirmer
from nfrcheck.run.stop import Stop
from nfrcheck.run.undo import attempt, complaint, describe
from tests.experiments.children import Server, running_server

HEADER, BODY = ServedBy(header="X-Region"), ServedBy(json="/by", values={"west": "b"})
WITHIN_S = 1.2


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares, "CALM_S", 1.0)


@pytest.fixture
def server() -> Iterator[Server]:
    with running_server() as running:
        yield running


def says(server: Server, *words: str, status: int = 200) -> None:
    """Each answer in turn says the next word, in a header and in its body."""
    turn = itertools.cycle(words)

    def answer(_asked: object) -> tuple[int, dict[str, str], bytes]:
        word = next(turn)
        return status, {"x-region": word}, b'{"by": "%s"}' % word.encode()

    server.answer = answer


@dataclass
class Load:
    """A child whose health lines are written by the test."""

    spec: TrafficSpec
    recent: deque[tuple[float, dict[str, Any]]] = field(default_factory=deque)

    @property
    def now(self) -> float:
        return (time.monotonic_ns() - self.spec.t0_ns) / 1e9

    def second(self, at: float, **served: int) -> None:
        counts = {name: {"done": n, "good": n, "bad": 0} for name, n in served.items()}
        self.recent.append((at, {"by_region": counts}))


def load(server: Server, served_by: ServedBy | None = HEADER) -> Load:
    front = EndpointSpec(url=server.url, address="127.0.0.1")
    return Load(
        TrafficSpec(
            stream="shop",
            kind="load",
            folder="",
            t0_ns=time.monotonic_ns() - 20_000_000_000,
            rate=10.0,
            cap=10,
            entries=(("front", 1.0),),
            endpoints={"front": front},
            routes=(Route(name="browse", path="/"),),
            run_id="run-1",
            served_by=served_by,
            regions=("a", "b"),
        )
    )


def drained(verb: str = "drain") -> Armed:
    control = ShellControl.model_validate({"drain": "true", "undrain": "true"})
    return Armed(
        touched=f"{verb} region b",
        injections=(Injection(title="region b", control=control, verb=verb),),
        undo=(),
        verify=(),
        where={"region": "b"},
        note="",
        deadline_s=1.0,
    )


DRAINED = drained()


def confirmer_of(*loads: Load) -> Confirmer:
    children = [cast("Child", one) for one in loads]
    return Confirmer(dict(loads[0].spec.endpoints), {}, children)


def look(
    confirmer: Confirmer,
    traffic: Load,
    drain: Callable[[], None],
    seconds: Mapping[str, int],
    armed: Armed = DRAINED,
) -> str | None:
    """What is missing after the drain; `seconds`: what the load's next ones are answered by."""

    async def story() -> str | None:
        assert await confirmer.unwell([armed], []) is None
        drain()
        waiting = asyncio.create_task(confirmer.wait(armed, [], WITHIN_S, Stop()))
        await asyncio.sleep(0)  # its turn: now it watches
        for second in range(4):
            traffic.second(traffic.now + second, **seconds)
        return await waiting

    return asyncio.run(story())


@pytest.mark.parametrize(("served_by", "word"), [(HEADER, "b"), (BODY, "west")])
def test_a_region_that_left_is_seen_and_must_be_seen_to_be_back(
    server: Server, served_by: ServedBy, word: str
) -> None:
    says(server, "a", word)
    traffic = load(server, served_by)
    confirmer = confirmer_of(traffic)

    assert look(confirmer, traffic, lambda: says(server, "a"), {"a": 10}) is None
    (check,) = confirmer.verify(DRAINED)

    assert complaint(check, check=True) is None
    assert attempt(check).because == (
        f"{server.url}/: a was told, and not {' or '.join(check['among'])}, the last of "
        f"{check['tries']} answers"
    )
    assert f"# one of {check['tries']} answers must say in " in describe(check)
    says(server, "a", "a", "a", word)
    assert attempt(check).ok
    says(server, word, status=503)
    assert not attempt(check).ok, "a region that only fails is not back"


def test_a_drain_that_does_nothing_is_not_believed_where_the_region_has_little_to_do(
    server: Server,
) -> None:
    says(server, *(11 * "a"), "b")
    traffic = load(server)
    # As it is before the command already: whole seconds without an answer of the region.
    for second in range(10):
        traffic.second(second, a=4, b=int(second % 3 == 0))

    because = look(confirmer_of(traffic), traffic, lambda: None, {"a": 4})

    assert because is not None
    assert because.startswith(("region b still answered", "there was too little traffic to see"))


def test_few_answers_after_the_command_are_too_little_traffic(server: Server) -> None:
    says(server, "a", "b")
    traffic = load(server)
    confirmer = confirmer_of(traffic)

    def drain() -> None:
        says(server, "a")
        confirmer.shares.pause_s = WITHIN_S / 3

    because = look(confirmer, traffic, drain, {"a": 0})

    assert because is not None
    assert because.startswith(
        "there was too little traffic to see region b leave: before the fault it gave 10 of "
    )


def test_the_traffic_of_the_run_counts_where_few_requests_may_be_sent_beside_it(
    server: Server,
) -> None:
    says(server, "a", "b")
    traffic = load(server)
    for second in range(10):
        traffic.second(second, a=10, b=10)
    confirmer = confirmer_of(traffic)

    def drain() -> None:
        says(server, "a")
        confirmer.shares.pause_s = WITHIN_S / 3

    assert look(confirmer, traffic, drain, {"a": 20}) is None


def test_seconds_from_before_the_command_do_not_count(server: Server) -> None:
    says(server, "a", "b")
    traffic = load(server)
    for second in range(10):
        traffic.second(second, a=10)

    async def story() -> str | None:
        confirmer = confirmer_of(traffic)
        assert await confirmer.unwell([DRAINED], []) is None
        says(server, "a")
        return await confirmer.wait(DRAINED, [], WITHIN_S, Stop())

    because = asyncio.run(story())

    assert because is not None
    assert because.startswith("shop was not watched for 2 whole seconds")


def test_a_region_that_still_answers_the_traffic_has_not_left(server: Server) -> None:
    """Connections that are kept may lead to it, when new ones do not any more."""
    says(server, "a", "b")
    traffic = load(server)

    because = look(confirmer_of(traffic), traffic, lambda: says(server, "a"), {"a": 50, "b": 1})

    assert because is not None
    assert because.startswith("region b still answered shop ")


def test_answers_that_nobody_gave_well_do_not_show_that_a_region_left(server: Server) -> None:
    says(server, "a", "b")
    traffic = load(server)

    because = look(confirmer_of(traffic), traffic, lambda: says(server, "", status=503), {"a": 50})

    assert because is not None
    assert because.startswith("region b may still have answered through front, which did not tell")


@pytest.mark.parametrize(
    ("served_by", "words", "because"),
    [
        (None, "ab", "no traffic tells whether region b answers it: is there `served_by`?"),
        (HEADER, "a", "no answer told before the fault that region b gave it: front (GET /, "),
    ],
    ids=["nobody-tells", "never-seen"],
)
def test_what_nobody_could_see_to_be_undone_is_not_drained(
    served_by: ServedBy | None, words: str, because: str, server: Server
) -> None:
    says(server, *words)

    told = asyncio.run(confirmer_of(load(server, served_by)).unwell([DRAINED], []))

    assert told is not None
    assert told.startswith(because)


def test_a_drained_component_may_have_taken_its_region_with_it(server: Server) -> None:
    """That the region is gone does not show that this component is; but it must be back."""
    says(server, "a", "b")
    traffic = load(server)
    armed = replace(DRAINED, where={"component": "gw-b", "region": "b"})
    confirmer = confirmer_of(traffic)

    assert look(confirmer, traffic, lambda: says(server, "a"), {"a": 10}, armed) is not None
    (check,) = confirmer.verify(armed)

    assert not attempt(check).ok
    says(server, "a", "b")
    assert attempt(check).ok


@pytest.mark.parametrize(("verb", "shares"), [("drain", 1), ("isolate", 1), ("kill", 0)])
def test_where_its_own_entry_shows_a_kill_nobody_waits_for_traffic_to_return(
    verb: str, shares: int, server: Server
) -> None:
    says(server, "a", "b")
    armed, confirmer = drained(verb), confirmer_of(load(server))

    asyncio.run(confirmer.unwell([armed], ["front"]))
    own = [step for step in confirmer.verify(armed) if not step.get("tries")]
    armed = replace(armed, verify=tuple(own))
    asyncio.run(confirmer.unwell([armed], ["front"]))

    assert len([step for step in confirmer.verify(armed) if step.get("tries")]) == shares
    assert len(own) == 1
