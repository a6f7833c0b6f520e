"""A project for each test: empty, or with one scenario and its only deployment."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from nfrcheck.plan import Options
from tests.cli.kept_project import keep
from tests.cli.project import SCENARIO, Project


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Project]:
    """No file yet."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield Project(tmp_path, server)


@pytest.fixture
def project(empty: Project) -> Project:
    """One scenario with its only deployment."""
    empty.write("scenarios/shop.nfr.yaml", SCENARIO)
    empty.deployment("local")
    return empty


@pytest.fixture
def kept(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project whose plan was kept; its control calls a script of its own."""
    project.write("scenarios/deployments/app", "#!/bin/sh\nexit 0\n").chmod(0o755)
    monkeypatch.chdir(project.folder)
    keep("plan.json", Options(seed=7))
    return project
