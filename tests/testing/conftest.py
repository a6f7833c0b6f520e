"""Test suites that use the plugin, each in an empty folder; a box and a shop for the real ones."""

from pathlib import Path

import pytest

from tests.run.conftest import box, shop
from tests.testing.suites import Suite

__all__ = ["box", "shop"]


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    return Suite(tmp_path)
