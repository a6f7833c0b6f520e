"""Two files in a folder, and what the reader says about them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from nfrcheck.errors import Diagnostic, InvalidFiles
from nfrcheck.scenario.read import Pair, read_pair

SCENARIO = """\
nfrcheck: 1
load: {users: {rate: 50/s, journey: {home: {get: /}}}}
targets:
  availability: {at_least: 99.9 %}
"""
DEPLOYMENT = """\
nfrcheck: 1
entries: {app: {url: "http://127.0.0.1:8000"}}
"""
SHOP = "  shop: {rate: 5/s, journey: {home: {get: /}}}\n"
OF_SHOP = "targets: {availability: {at_least: 99 %, load: shop}}\n"

Write = Callable[..., tuple[Path, Path]]
Complain = Callable[..., list[Diagnostic]]
Read = Callable[..., Pair]


def load_of(text: str) -> str:
    """A scenario whose only load, `shop`, stands on line 3."""
    return f"nfrcheck: 1\nload:\n  shop: {text}\n{OF_SHOP}"


def probe_of(text: str) -> str:
    """A scenario whose only probe, `edge`, stands on line 5."""
    return f"nfrcheck: 1\nload:\n{SHOP}probes:\n  edge: {text}\n{OF_SHOP}"


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes both files into the working folder, so that messages name them without it."""
    monkeypatch.chdir(tmp_path)

    def files(scenario: str = SCENARIO, deployment: str = DEPLOYMENT) -> tuple[Path, Path]:
        Path("a.nfr.yaml").write_text(scenario, "utf-8")
        Path("b.deployment.yaml").write_text(deployment, "utf-8")
        return Path("a.nfr.yaml"), Path("b.deployment.yaml")

    return files


@pytest.fixture
def read(write: Write) -> Read:
    def both(scenario: str = SCENARIO, deployment: str = DEPLOYMENT) -> Pair:
        return read_pair(*write(scenario, deployment))

    return both


@pytest.fixture
def complain(read: Read) -> Complain:
    """The errors of files that must be refused."""

    def errors(scenario: str = SCENARIO, deployment: str = DEPLOYMENT) -> list[Diagnostic]:
        with pytest.raises(InvalidFiles) as refused:
            read(scenario, deployment)
        return [found for found in refused.value.diagnostics if found.severity == "error"]

    return errors
