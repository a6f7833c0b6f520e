"""Neither a controller that says nothing nor one that does not listen makes traffic wait."""

import json
import os
import time
from collections.abc import Iterator

import pytest

from nfrcheck.wire.control import Orders, Voice


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    yield reading, writing
    for descriptor in (reading, writing):
        try:
            os.close(descriptor)
        except OSError:
            continue


def test_orders_are_read_as_they_arrive_and_never_waited_for(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    orders = Orders(reading)

    assert orders.new() == []
    os.write(writing, b'{"do": "start"}\n{"do": "st')
    assert orders.new() == [{"do": "start"}]
    assert orders.new() == []
    os.write(writing, b'op"}\n\n')
    assert orders.new() == [{"do": "stop"}]
    assert not orders.closed


def test_the_first_line_is_waited_for_and_the_rest_is_kept(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    orders = Orders(reading)
    os.write(writing, b'{"spec": 1}\n{"do": "start"}\n')

    assert orders.wait() == '{"spec": 1}'
    assert orders.new() == [{"do": "start"}]


def test_a_controller_that_is_gone_is_noticed(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    orders = Orders(reading)
    os.close(writing)

    assert orders.wait() is None
    assert orders.new() == []
    assert orders.closed


def test_a_controller_that_does_not_listen_costs_lines_and_no_time(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    voice = Voice(writing)
    began = time.monotonic()

    for number in range(2_000):
        voice.say({"n": number, "text": "x" * 200})
    voice.say({"stopped": True})

    assert time.monotonic() - began < 1
    said = read_all(reading, voice)
    assert said[0]["n"] == 0
    assert said[-1] == {"stopped": True}
    assert len(said) < 2_000


def read_all(reading: int, voice: Voice) -> list[dict[str, object]]:
    os.set_blocking(reading, False)
    arrived = b""
    while True:
        try:
            arrived += os.read(reading, 1 << 20)
        except BlockingIOError:
            return [json.loads(line) for line in arrived.splitlines()]
        voice.flush()


def test_a_line_longer_than_a_pipe_takes_at_once_arrives_whole(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    voice = Voice(writing)

    for _ in range(1_000):
        voice.say({"text": "x" * 20_000})

    assert all(line == {"text": "x" * 20_000} for line in read_all(reading, voice))


def test_a_controller_that_is_gone_is_no_error(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    os.close(reading)

    voice = Voice(writing)
    voice.say({"ill": "nobody hears it"})
    voice.flush(within_s=0.1)
