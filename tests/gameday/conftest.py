"""Servers that are told, and a project whose own server must stay alone."""

from collections.abc import Iterator

import pytest

from tests.cli.conftest import empty, project
from tests.experiments.children import Server, running_server

__all__ = ["empty", "project"]


@pytest.fixture
def told() -> Iterator[Server]:
    """A chat server: what it was sent is in `asked`."""
    with running_server() as server:
        yield server
