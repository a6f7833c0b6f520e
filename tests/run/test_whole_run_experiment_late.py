"""What an experiment asked for and is done only after its rollbacks is rolled back as well."""

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.box.running_box import wait_until
from tests.experiments.children import Answer, Asked
from tests.run.whole import Shop, Start, WholeRun, drill

pytestmark = pytest.mark.slow

LATE_S = 1.5
"""So much later than it was asked to, the other side takes the part down."""
FAULT = "{kind: chaos-toolkit, experiment: slow.json, within: 10 s}"


class SlowPlatform:
    """Beside the shop: `POST /down`, `POST /late` and `POST /up`; the second is done late."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.late = False
        """Whether what was asked for late is done."""
        shop.server.answer = self.answer

    def answer(self, asked: Asked) -> Answer:
        if asked.method != "POST":
            return self.shop.answer(asked)
        if asked.path == "/up":
            self.shop.down.unlink(missing_ok=True)
            return (200, {}, b"{}")
        if asked.path == "/late":
            time.sleep(LATE_S)
        self.shop.down.touch()
        self.late = self.late or asked.path == "/late"
        return (200, {}, b"{}")

    def experiment(self, place: Path, *paths: str) -> None:
        method, rollbacks = [self._ask(path) for path in paths], [self._ask("/up")]
        words = {"title": "a part is lost", "description": "by a slow platform"}
        written = {**words, "method": method, "rollbacks": rollbacks}
        place.write_text(json.dumps(written), "utf-8")

    def asked(self, path: str) -> bool:
        return any(one.path == path for one in list(self.shop.server.asked))

    def _ask(self, path: str) -> dict[str, Any]:
        url = f"{self.shop.server.url}{path}"
        provider = {"type": "http", "method": "POST", "url": url, "timeout": 10}
        return {"type": "action", "name": path, "provider": provider}


def stop(run: WholeRun) -> None:
    run.signal(signal.SIGTERM)


def go_on(_run: WholeRun) -> None:
    """To the end of the hold, which cuts the method short."""


@pytest.mark.parametrize(
    ("paths", "end"),
    [
        pytest.param(("/late",), stop, id="first-action-stopped"),
        pytest.param(("/late",), WholeRun.kill_group, id="first-action-killed"),
        pytest.param(("/down", "/late"), go_on, id="a-later-one-at-the-end"),
        pytest.param(("/down", "/late"), WholeRun.kill_group, id="a-later-one-killed"),
    ],
)
def test_what_is_done_after_the_rollbacks_is_rolled_back_once_more(
    paths: tuple[str, ...], end: Callable[[WholeRun], None], shop: Shop, start: Start
) -> None:
    platform = SlowPlatform(shop)
    platform.experiment(shop.place / "slow.json", *paths)
    deployment = shop.deployment()
    text = deployment.read_text("utf-8").replace("component-kill", "chaos-toolkit")
    deployment.write_text(text, "utf-8")
    run = start(
        drill(FAULT, more=", confirm: global", hold_s=0.6 if end is go_on else 60), deployment
    )
    wait_until(lambda: platform.asked("/late"), 20.0)
    if len(paths) > 1:
        run.at("confirmed")

    end(run)

    run.all_gone()
    assert run.ledger().closed
    wait_until(lambda: platform.late)
    assert not shop.down.exists(), "it was done when all had been put back"
