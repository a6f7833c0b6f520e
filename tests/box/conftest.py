"""One box for each module of tests, whole again after each test that breaks it."""

from collections.abc import Iterator
from functools import partial

import pytest

from tests.box.running_box import RunningBox, wait_until, whole


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBox]:
    running = RunningBox(tmp_path_factory.mktemp("box"))
    yield running
    assert running.stop() == 0


@pytest.fixture
def whole_box(box: RunningBox) -> Iterator[RunningBox]:
    """The box of the module; afterwards nothing is switched on and both regions take part."""
    yield box
    told = box.ctl("GET", "active")
    for name in told["defects"]:
        box.ctl("DELETE", f"defects/{name}")
    for name in told["healthy"]:
        box.ctl("DELETE", f"healthy/{name}")
    for region in ("a", "b"):
        if not whole(box, region):
            box.act(f"regions/{region}/restore")
            box.act(f"regions/{region}/undrain")
            wait_until(partial(whole, box, region))
