"""A healing is verified by a request that a healthy system answers, or nothing is injected."""

import re
from http import HTTPStatus

import pytest

from tests.experiments.children import Answer, Asked
from tests.run.whole import Shop, Start, drill

KNOWN = re.compile(r"/search\?q=red%20lamp|/items/[0-9]+")


class Shelves:
    """Answers what it has, byte by byte, and its front page to nobody."""

    def __init__(self, shop: Shop, *, keys: bool = False) -> None:
        self.shop, self.keys = shop, keys
        shop.server.answer = self.answer

    def answer(self, asked: Asked) -> Answer:
        if self.shop.down.exists():
            return HTTPStatus.SERVICE_UNAVAILABLE, {}, b""
        let_in = not self.keys or "authorization" in {name.lower() for name in asked.headers}
        known = let_in and KNOWN.fullmatch(asked.path)
        return (HTTPStatus.OK if known else HTTPStatus.NOT_FOUND), {}, b""


@pytest.mark.parametrize(
    "path",
    [
        pytest.param('"/search?q=red lamp"', id="blank"),
        pytest.param('"/items/{n}"', id="number", marks=pytest.mark.slow),
    ],
)
def test_what_the_load_asks_for_is_asked_as_the_load_asks(
    path: str, start: Start, shop: Shop
) -> None:
    Shelves(shop)
    run = start(drill(path=path, hold_s=1), shop.deployment(within="5 s"))

    assert run.end() in {0, 3}, run.words()
    assert run.events("fault", state="verified")
    assert run.run_json()["restored"]
    assert run.ledger().closed
    strangers = {one.path for one in shop.server.asked if not KNOWN.fullmatch(one.path)}
    assert not strangers, "no preflight and no look asked for anything else"


def test_what_nobody_answers_before_the_fault_refuses_the_drill(start: Start, shop: Shop) -> None:
    """All routes need a key, which the guardian has not, and the front page is not there."""
    Shelves(shop, keys=True)
    text = drill(hold_s=1).replace("{get: /}", '{get: "/items/{n}", as: alice}')
    run = start(text, shop.deployment(within="5 s"), A_TOKEN="token")

    assert run.end() == 4, run.words()
    assert run.target("failover")["verdict"] == "invalid"
    because = run.target("failover")["because"]
    assert "nobody could see that it is put back" in because
    assert f"{shop.server.url}/: status 404; `health: /path` of an entry" in because
    assert not run.events("fault", state="commanded")
    assert not run.events("fault", state="armed")
    assert run.run_json()["restored"] is None
    assert run.ledger().closed, "and no later run is refused"
    assert run.left_nothing_behind()
