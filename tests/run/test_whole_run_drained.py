"""What showed a fault is asked once more when it was put back: else it may be there for good."""

import time
from pathlib import Path

import pytest

from tests.experiments.children import Answer, Asked, Server
from tests.run.whole import Shop, Start, drill

pytestmark = pytest.mark.slow

DRAIN = "{kind: region-drain, region: b}"
WINDOW = "{failover: {drill: lose, error_window: <= 20 s}}"


class TwoRegions:
    """A server that answers for two regions in turn; for one alone while a file exists.

    Its traffic comes back `late_s` after the file is gone.
    """

    def __init__(self, place: Path, server: Server) -> None:
        self.place, self.drained = place, place / "drained"
        self.url, self.late_s = server.url, 0.0
        self._every, self._asked, self._drained_at = 2, 0, float("-inf")
        server.answer = self._answer

    def seldom(self) -> None:
        """The second region answers every twelfth request."""
        self._every = 12

    def _answer(self, _asked: Asked) -> Answer:
        now = time.monotonic()
        self._asked += 1
        if self.drained.exists():
            self._drained_at = now
        of_b = self._asked % self._every == 0 and now - self._drained_at > self.late_s
        return 200, {"x-region": "b" if of_b else "a"}, b"{}"

    def deployment(self, **commands: str) -> Path:
        """The own entry of the region answers well all the time, as that of a drained one does."""
        usual = {"drain": f"touch {self.drained}", "undrain": f"rm -f {self.drained}"}
        verbs = ", ".join(f'{verb}: "{done}"' for verb, done in {**usual, **commands}.items())
        path = self.place / "two.deployment.yaml"
        path.write_text(
            "nfrcheck: 1\nname: two\nserved_by: {header: x-region}\n"
            f'entries: {{global: {{url: "{self.url}"}}, at-b: {{url: "{self.url}", region: b}}}}\n'
            f"regions: {{a: {{}}, b: {{kind: shell, within: 4 s, {verbs}}}}}\n"
            "safety: {allow: [region-drain], hosts: [127.0.0.1], max_rate: 500/s}\n",
            "utf-8",
        )
        return path


@pytest.fixture
def regions(shop: Shop) -> TwoRegions:
    return TwoRegions(shop.place, shop.server)


def test_a_drain_that_is_not_undone_is_code_6(start: Start, regions: TwoRegions) -> None:
    """Its own entry answers well; nobody who comes in at the front is sent there any more."""
    script = regions.place / "undrain.sh"
    script.write_text("true\n")
    run = start(drill(DRAIN, WINDOW), regions.deployment(undrain=f"sh {script}"))

    assert run.end() == 6
    assert run.events("fault", state="confirmed")
    because = run.events("fault", state="unverified")[0]["because"]
    assert f"{regions.url}/: a was told, and not b, the last of " in because
    assert "answers must say in x-region: b" in run.words()
    assert run.nfrcheck("restore", "--yes").returncode == 6, "and it still is"

    script.write_text(f"rm {regions.drained}\n")

    assert run.nfrcheck("restore", "--yes").returncode == 0
    assert run.ledger().closed


def test_traffic_that_comes_back_late_is_no_time_of_the_healing(
    start: Start, regions: TwoRegions
) -> None:
    regions.late_s = 1.5
    run = start(drill(DRAIN, WINDOW), regions.deployment())

    assert run.end() in {0, 3, 4}, run.words()
    (healed,), (verified,) = (run.events("fault", state=it) for it in ("healed", "verified"))
    assert run.run_json()["restored"]
    assert verified["t"] - healed["t"] > 1


def test_a_drain_that_does_nothing_is_not_proven_by_little_traffic(
    start: Start, regions: TwoRegions
) -> None:
    regions.seldom()
    text = drill(DRAIN, WINDOW).replace("rate: 50/s", "rate: 4/s")
    run = start(text.replace("baseline: 500 ms", "baseline: 2 s"), regions.deployment(drain="true"))

    assert run.end() == 4
    assert not run.events("fault", state="confirmed")
    because = run.target("failover")["because"]
    assert "region b" in because


def test_what_a_named_entry_showed_must_be_well_there_again(start: Start, shop: Shop) -> None:
    """The component has no entry, and its own `verify` is content."""
    deployment = shop.deployment(restore="true", verify="true")
    deployment.write_text(deployment.read_text("utf-8").replace("entry: global, ", ""), "utf-8")
    run = start(drill(more=", confirm: global", hold_s=1), deployment)

    assert run.end() == 6
    assert run.events("fault", state="confirmed")
    assert "status 503" in run.events("fault", state="unverified")[0]["because"]
