"""A child whose own code fails says so and ends; it never goes on in silence."""

import json
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from nfrcheck.model.traffic import EndpointSpec, Route, TrafficSpec
from nfrcheck.wire.child import Child, raise_descriptor_limit
from nfrcheck.wire.control import Orders, Voice
from nfrcheck.wire.job import Job
from nfrcheck.wire.traffic import compile_traffic


@pytest.fixture
def pipes() -> Iterator[tuple[int, int, int, int]]:
    descriptors = (*os.pipe(), *os.pipe())
    yield descriptors
    for descriptor in descriptors:
        os.close(descriptor)


def broken(_k: int, _due_ns: int) -> Job:
    raise ZeroDivisionError("a mistake of ours")


def test_an_error_of_ours_ends_the_streams_and_is_said(
    tmp_path: Path, pipes: tuple[int, int, int, int], capsys: pytest.CaptureFixture[str]
) -> None:
    reading, orders, said, saying = pipes
    spec = TrafficSpec(
        stream="s",
        kind="load",
        folder=str(tmp_path),
        t0_ns=time.monotonic_ns(),
        rate=100,
        cap=500,
        entries=(("e", 1),),
        endpoints={"e": EndpointSpec(url="http://127.0.0.1:9", address="127.0.0.1")},
        routes=(Route(name="r", path="/"),),
        run_id="r",
    )
    child = Child(compile_traffic(spec), Orders(reading), Voice(saying))
    child.streams = tuple(replace(stream, make=broken) for stream in child.streams)
    os.write(orders, json.dumps({"do": "start", "at_ns": spec.t0_ns}).encode() + b"\n")

    deadline = time.monotonic() + 5
    while not child.stopping:
        assert time.monotonic() < deadline
        child.serve()
    code = child.finish()
    child.say_stopped({})

    messages = [json.loads(line) for line in os.read(said, 1 << 16).splitlines()]
    assert code == 1
    assert messages[0] == {"ill": "the streams died: ZeroDivisionError: a mistake of ours"}
    assert messages[-1] == {"stopped": True, "sent": 0, "recorded": 0}
    assert "in broken" in capsys.readouterr().err


def test_as_many_files_are_allowed_as_may_be() -> None:
    assert raise_descriptor_limit() >= 256
