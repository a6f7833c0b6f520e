"""Requests through a link show a fault only if its kind, its size and its share are right."""

import math
import random
from collections.abc import Sequence

import pytest

from nfrcheck.experiments.faults import LinkProof
from nfrcheck.model.links import Disturbance, Effect
from nfrcheck.run.effects import Calm, complaint, ready, sampled, well_again
from nfrcheck.run.undo_link import Seen

WAY = {"kind": "link", "url": "http://h/", "expect": [200, 399], "times": 3}


def answer(first_s: float = 0.005, closed_s: float = 0.0, size: int = 200) -> Seen:
    return Seen(
        ending="answered",
        status=200,
        first_s=first_s,
        seconds=first_s,
        closed_s=closed_s,
        size=size,
        first_size=size,
    )


RESET, SILENT, CLOSED, REFUSED = (
    Seen(ending="reset"),
    Seen(ending="silent", seconds=0.5),
    Seen(ending="closed"),
    Seen(ending="refused"),
)
CALM = Calm(seen=(answer(), answer(0.007)))


def shows(wanted: Disturbance, seen: Sequence[Seen]) -> bool:
    return complaint(CALM, LinkProof(link="l", wanted=wanted, way=WAY), seen) is None


def want(effect: Effect, **more: float) -> Disturbance:
    return Disturbance(effect=effect, run="r", **more)  # type: ignore[arg-type]  # numbers only


@pytest.mark.parametrize(
    ("added", "seen"),
    [(0, False), (0.26, False), (0.28, True), (0.3, True), (0.33, True), (0.345, False)],
)
def test_added_latency_is_within_a_tenth(added: float, seen: bool) -> None:
    late = [answer(0.005 + added), answer(0.005 + added + 0.2)]
    assert shows(want("latency", seconds=0.3), late) is seen


def test_jitter_must_be_there_too() -> None:
    dice = random.Random(1)
    wanted = want("latency", seconds=0.3, jitter_s=0.05)
    spread = [answer(0.306 + dice.uniform(-0.05, 0.05)) for _ in range(sampled(wanted))]

    assert shows(wanted, spread)
    assert not shows(wanted, [answer(0.306)] * sampled(wanted))


def test_a_latency_with_jitter_is_told_from_none_in_every_draw() -> None:
    dice = random.Random(2)
    wanted = want("latency", seconds=0.3, jitter_s=0.05)
    draws = [
        [answer(0.006 + 0.3 + dice.uniform(-0.05, 0.05)) for _ in range(sampled(wanted))]
        for _ in range(500)
    ]

    assert sum(not shows(wanted, draw) for draw in draws) <= 2


@pytest.mark.parametrize(
    ("effect", "hit", "others"),
    [
        ("reset", RESET, (answer(), SILENT, CLOSED, REFUSED)),
        ("hang", SILENT, (answer(), RESET, CLOSED, REFUSED)),
        ("cut", REFUSED, (answer(),)),
        ("stall", answer(0.305), (answer(), RESET, SILENT)),
        ("slow-close", answer(closed_s=2.0), (answer(), answer(closed_s=4.0), RESET)),
        ("latency", answer(0.305), (RESET, SILENT, CLOSED)),
    ],
)
def test_one_kind_is_not_taken_for_another(
    effect: Effect, hit: Seen, others: Sequence[Seen]
) -> None:
    wanted = want(effect, seconds=2.0 if effect == "slow-close" else 0.3)

    assert shows(wanted, [hit] * 5)
    for other in others:
        assert not shows(wanted, [hit] * 4 + [other])
        assert not shows(wanted, [other] * 5)


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5, 0.9])
def test_a_share_is_told_from_none_and_from_all(share: float) -> None:
    wanted = want("reset", share=share)
    count = sampled(wanted)
    hit = round(share * count)

    assert shows(wanted, [RESET] * hit + [answer()] * (count - hit))
    assert not shows(wanted, [answer()] * count)
    assert not shows(wanted, [RESET] * count)
    assert (1 - share) ** count < 0.001


def flow(rate: float) -> Seen:
    return Seen(ending="answered", status=200, seconds=1.0, size=int(rate) + 500, first_size=500)


@pytest.mark.parametrize(
    ("rate", "seen"), [(80_000, False), (95_000, True), (109_000, True), (120_000, False)]
)
def test_a_bandwidth_is_within_a_tenth(rate: float, seen: bool) -> None:
    assert shows(want("bandwidth", bytes_s=100_000), [flow(rate)]) is seen


@pytest.mark.parametrize(("rate", "able"), [(150_000, False), (250_000, True)])
def test_a_link_that_carries_little_more_anyway_shows_no_limit(rate: float, able: bool) -> None:
    proof = LinkProof(link="l", wanted=want("bandwidth", bytes_s=100_000), way=WAY)
    calm = Calm(seen=(answer(),), whole=(flow(rate),))

    assert (ready(calm, proof) is None) is able


def test_so_many_answers_are_asked_for_that_the_limit_takes_a_second() -> None:
    calm = Calm.of([answer(size=200)], want("bandwidth", bytes_s=100_000))

    assert calm.pipeline == 500


def test_well_again_is_nearer_to_before_than_to_the_fault() -> None:
    proof = LinkProof(link="l", wanted=want("latency", seconds=0.3), way=WAY)

    limit = well_again(CALM, proof)["first_within_s"]

    assert CALM.slowest_s < limit < CALM.first_s + 0.3


def test_the_end_of_a_fault_of_few_takes_as_many_connections_as_its_proof() -> None:
    proof = LinkProof(link="l", wanted=want("reset", share=0.05), way=WAY)

    times = well_again(CALM, proof)["times"]

    assert times == math.ceil(math.log(0.001) / math.log(0.95))
