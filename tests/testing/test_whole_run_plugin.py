"""With the real command: a fault that is held while load is sent, and what is said about both."""

import json

import pytest

from tests.run.whole import Shop, quiet
from tests.testing.suites import BUSY, Ended, Suite
from tests.victims.small_proxy import small_proxy

LOADED = """\
def test_it(nfr_region, nfr_load, nfr_deployment):
    with nfr_region.hold("component-kill", component="app"):
        result = nfr_load.get(nfr_deployment.url + "/x", rate=50, duration="2 s")
    assert result.availability.value < 0.1
    after = nfr_load.get(nfr_deployment.url + "/x", rate=50, duration="2 s")
    assert after.availability >= "99 %"
"""


@pytest.fixture
def real(suite: Suite) -> Suite:
    suite.write("pytest.ini", "[pytest]\n")
    return suite


def run(suite: Suite, shop: Shop, test: str, **commands: str) -> Ended:
    suite.write("test_it.py", test)
    place = shop.deployment(**commands)
    # What one test leaves behind on purpose must not refuse the runs of the next.
    state = str(suite.folder / "state")
    return suite.run("--nfr=all", f"--nfr-deployment={place}", "test_it.py", NFRCHECK_STATE=state)


def test_a_fault_holds_while_the_test_runs_and_is_gone_afterwards(real: Suite, shop: Shop) -> None:
    ended = run(real, shop, LOADED)

    assert not shop.down.exists()
    if not any(word in ended.said for word in BUSY):
        # 100 requests cannot show 99 %: the text has the value, its interval and n.
        assert "E       assert availability >= 99 %" in ended.said
        assert "E         measured  100 %" in ended.said
        assert "E         n         100, 0 failed" in ended.said
        assert "not decided" in ended.said


@pytest.mark.slow
def test_a_fault_without_effect_fails_the_test_before_it_goes_on(real: Suite, shop: Shop) -> None:
    test = (
        "def test_it(nfr_region):\n    with nfr_region.hold('component-kill', component='app'):\n"
    )

    ended = run(real, shop, f"{test}        print('went on')\n", kill="true")

    assert "no fault was injected: nfrcheck hold: hold/1: no fault was proven" in ended.said
    assert "went on" not in ended.said


@pytest.mark.slow
def test_a_fault_that_is_not_put_back_fails_the_test(real: Suite, shop: Shop) -> None:
    test = (
        "def test_it(nfr_region):\n    with nfr_region.hold('component-kill', component='app'):\n"
    )

    ended = run(real, shop, f"{test}        raise ValueError\n", restore="true", within="1 s")

    assert "NOT PUT BACK: " in ended.said
    assert "nfrcheck restore" in ended.said
    shop.down.unlink()


def test_a_deployment_that_forbids_the_fault_is_not_touched(real: Suite, shop: Shop) -> None:
    test = (
        "def test_it(nfr_region):\n    with nfr_region.hold('component-pause', component='app'):\n"
    )

    ended = run(real, shop, f"{test}        pass\n", pause="touch x", resume="touch x")

    assert "`safety` does not allow the fault component-pause" in ended.said


def test_a_link_is_slow_while_the_test_runs(real: Suite, shop: Shop) -> None:
    test = (
        "import time, urllib.request\n"
        "def test_it(nfr_toxic):\n"
        "    with nfr_toxic('legacy', latency='300 ms'):\n"
        "        began = time.monotonic()\n"
        "        urllib.request.urlopen(URL).read()\n"
        "        assert 0.28 < time.monotonic() - began\n"
        "    began = time.monotonic()\n"
        "    urllib.request.urlopen(URL).read()\n"
        "    assert time.monotonic() - began < 0.28\n"
    )
    with small_proxy(("127.0.0.1", int(shop.server.server_address[1]))) as proxy:
        control = json.dumps(proxy.control())
        place = real.write(
            "slow.deployment.yaml",
            f'nfrcheck: 1\nentries: {{app: {{url: "http://{proxy.listen}"}}}}\n'
            f"links: {{legacy: {control}}}\nsafety: {{allow: [link-latency]}}\n",
        )
        real.write("test_it.py", f'URL = "http://{proxy.listen}/"\n{test}')

        ended = real.run("--nfr=all", f"--nfr-deployment={place}", "test_it.py")

        assert "1 passed" in ended.said, ended.said
        assert not proxy.toxics


def test_a_scenario_is_run_and_judged(real: Suite, shop: Shop) -> None:
    place = shop.deployment()
    real.write("small.nfr.yaml", quiet(seconds=2, targets="{availability: {at_least: 50 %}}"))

    ended = real.run("--nfr=load", f"--nfr-deployment={place}", "--nfr-report=kept")

    [folder] = [one for one in (real.folder / "kept").iterdir() if one.is_dir()]
    assert (folder / "run.json").exists()
    assert (folder / "scorecard.html").exists()
    assert f"scorecard  kept/{folder.name}/scorecard.html" in ended.section("NFR targets")
    if not any(word in ended.said for word in BUSY):
        assert ended.letters("small.nfr.yaml") == "."
