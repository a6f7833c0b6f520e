"""A pause that ends by itself in its hold proves nothing, also where nobody saw it end."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.experiments.children import Server, running_server
from tests.run.whole import Shop, Start, WholeRun, drill

pytestmark = pytest.mark.slow

PAUSE = "{kind: component-pause, component: app}"
STAYS = "touch {down}\n"
ENDS = "touch {down}\nsetsid sh -c 'sleep 1; rm -f {down}' > /dev/null 2>&1 &\n"


@pytest.fixture(name="own")
def _own() -> Iterator[Server]:
    """The only component, past the entry that users go through."""
    with running_server() as running:
        yield running


def paused(shop: Shop, pause: str, own: Server | None = None) -> Path:
    script = shop.place / "pause.sh"
    script.write_text(pause.format(down=shop.down), "utf-8")
    path = shop.deployment(pause=f"sh {script}", resume=f"rm -f {shop.down}")
    text = path.read_text("utf-8").replace("[component-kill]", "[component-pause]")
    if own:
        own.answer = shop.answer
        text = text.replace("entry: global", "entry: own")
        text = text.replace("entries: {", f'entries: {{own: {{url: "{own.url}"}}, ')
    path.write_text(text, "utf-8")
    return path


def note(run: WholeRun) -> str:
    return " ".join(event["text"] for event in run.events("note"))


def test_what_answers_again_by_its_own_entry_is_invalid(
    start: Start, shop: Shop, own: Server
) -> None:
    run = start(drill(PAUSE, hold_s=3), paused(shop, ENDS, own))

    assert run.end() == 4, run.words()
    failover = run.target("failover")
    assert failover["verdict"] == "invalid"
    assert "it ended in its hold: own answered again with status 200" in failover["because"]
    assert run.run_json()["restored"]


def test_what_stays_paused_is_proven_to_its_end(start: Start, shop: Shop, own: Server) -> None:
    run = start(drill(PAUSE, hold_s=3), paused(shop, STAYS, own))

    assert run.end() in {0, 3, 4}, run.words()
    assert run.events("fault", state="confirmed")
    assert not run.events("fault", state="unconfirmed")
    assert run.run_json()["restored"]
    assert "at the end of the hold" not in note(run)


def test_where_the_system_may_have_taken_another_way_it_is_only_told(
    start: Start, shop: Shop
) -> None:
    run = start(drill(PAUSE, hold_s=3), paused(shop, ENDS))

    run.end()

    assert not run.events("fault", state="unconfirmed")
    told = "lose/1: at the end of the hold global answered again with status 200"
    assert told in note(run)


def test_what_expires_too_soon_is_refused_before_anything_is_sent(start: Start, shop: Shop) -> None:
    place = paused(shop, ENDS)
    text = place.read_text("utf-8").replace("kind: shell,", "kind: shell, expires: 1 s,")
    place.write_text(text, "utf-8")
    run = start(drill(PAUSE, hold_s=3), place)

    assert run.end() == 2
    assert "NFR027" in run.words()
    assert "`expires: 8 s` or more, or a shorter hold" in run.words()
    assert not shop.server.asked
