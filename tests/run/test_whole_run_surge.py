"""The clients of a store of the box that returns are counted, and a crowd among them is seen."""

import httpx
import pytest

from tests.box.running_box import RunningBox, wait_until
from tests.run.whole import Start

pytestmark = pytest.mark.slow

TEXT = """\
nfrcheck: 1
load: {shop: {entry: global, rate: 20/s, journey: {browse: {get: /web/v1/products/sku-1}}}}
drills:
  lose:
    fault: {kind: component-kill, component: store-a}
    repeat: 1
    baseline: 500 ms
    hold: 2 s
    settle: SETTLE
phases: [warm-up: 100 ms, lose]
targets: {recovery-surge: {drill: lose, peak: <= 20 %}}
"""


def is_connected(box: RunningBox) -> bool:
    url = f"http://127.0.0.4:{box.port}/proxies/system-to-legacy-a/arrivals"
    return bool(httpx.get(url, trust_env=False).json()["open"] >= 100)


# On a busy machine nobody can say who came when; that the other thing was seen is never right.
@pytest.mark.parametrize(
    ("defect", "settle"),
    [pytest.param("herd", "3 s", id="herd"), pytest.param(None, "9 s", id="healthy")],
)
def test_a_crowd_of_clients_is_told_from_those_who_come_one_by_one(
    defect: str | None, settle: str, start: Start, box: RunningBox
) -> None:
    right, codes = ("fail", {1, 4}) if defect else ("pass", {0, 3, 4})
    wait_until(lambda: is_connected(box), within_s=12)
    if defect:
        box.ctl("PUT", f"defects/{defect}", {"region": "a"})

    text = TEXT.replace("SETTLE", settle)
    run = start(text, box.folder / "box.deployment.yaml", BOX_ALICE_TOKEN=box.token)
    code = run.end()
    if defect:
        box.ctl("DELETE", f"defects/{defect}")

    assert code in codes, run.words()
    target = run.target("recovery-surge")
    assert target["verdict"] in {right, "inconclusive", "invalid"}
    assert target["where"]["component"] == "store-a"
    if target["interval"] and target["verdict"] != "invalid":
        low, high = target["interval"]
        assert low >= 0.4 if defect else high <= 0.2
    assert (run.folder / "connections-at_system-to-legacy-a.ndjson").stat().st_size
    assert run.left_nothing_behind()
