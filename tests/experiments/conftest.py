"""A server to send traffic to, one for each test."""

from collections.abc import Iterator

import pytest

from tests.experiments.children import Server, running_server


@pytest.fixture
def server() -> Iterator[Server]:
    with running_server() as running:
        yield running
