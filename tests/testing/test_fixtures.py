"""What a test can ask for, and what it is told when it asks wrongly."""

import pytest

from tests.testing.suites import Suite

pytestmark = pytest.mark.slow

TARGETS = {
    "p99": {"verdict": "fail"},
    "failover": {"verdict": "pass", "drills": ["lose-b"]},
}


@pytest.fixture
def shop(suite: Suite) -> Suite:
    suite.scenario("scenarios/shop.nfr.yaml", targets=TARGETS)
    return suite


def test_a_missed_target_fails_the_test_without_a_traceback(shop: Suite) -> None:
    shop.write(
        "test_it.py",
        "import pytest\n@pytest.mark.nfr('p99')\ndef test_it(nfr):\n    nfr.assert_met()\n",
    )

    ended = shop.run("--nfr=load", "test_it.py")

    assert ended.section("FAILURES")[1] == "p99 FAILED: 250 ms, required < 200 ms"
    assert "assert_met" not in ended.said
    assert any(" ✗ p99" in line for line in ended.section("NFR targets"))


def test_an_assertion_about_a_figure_shows_the_whole_target(shop: Suite) -> None:
    text = "assert nfr['p99'].interval.high < 0.2"
    shop.write(
        "test_it.py", f"import pytest\n@pytest.mark.nfr('p99')\ndef test_it(nfr):\n    {text}\n"
    )

    ended = shop.run("--nfr=load", "test_it.py")

    assert "E       assert 0.26 < 0.2" in ended.said
    assert (
        "<p99: fail, required < 200 ms, measured 250 ms, interval 240 - 260 ms, "
        "n 4,000, 61 failed>" in ended.said
    )


@pytest.mark.parametrize(
    ("mark", "said"),
    [
        pytest.param("'p95'", "shop.nfr.yaml has no target p95", id="target"),
        pytest.param("scenario='scenarios/no.nfr.yaml'", "No such file or directory", id="file"),
        pytest.param("env='x'", "the marker nfr takes scenario= and deployment=", id="keyword"),
    ],
)
def test_a_wrong_marker_is_an_error_of_its_test(shop: Suite, mark: str, said: str) -> None:
    shop.write("test_it.py", f"import pytest\n@pytest.mark.nfr({mark})\ndef test_it(nfr): ...\n")

    ended = shop.run("--nfr=all", "test_it.py")

    assert said in "\n".join(ended.section("ERRORS"))
    assert "1 error" in ended.said


@pytest.mark.parametrize(
    ("test", "mode", "runs"),
    [
        pytest.param("@pytest.mark.nfr('p99')\ndef test_it(nfr): ...", "off", False, id="off"),
        pytest.param("@pytest.mark.nfr('p99')\ndef test_it(nfr): ...", "load", True, id="load"),
        pytest.param(
            "@pytest.mark.nfr('failover')\ndef test_it(nfr): ...", "load", False, id="drill"
        ),
        pytest.param("def test_it(nfr_region): ...", "load", False, id="region"),
        pytest.param("def test_it(nfr_region): ...", "all", True, id="region-all"),
        pytest.param(
            "def test_it(request): request.getfixturevalue('nfr_region')", "load", False, id="late"
        ),
    ],
)
def test_tests_are_run_as_far_as_the_option_allows(
    shop: Suite, test: str, mode: str, runs: bool
) -> None:
    shop.write("test_it.py", f"import pytest\n{test}\n")

    ended = shop.run(f"--nfr={mode}", "test_it.py")

    assert ("1 passed" in ended.said, "1 skipped" in ended.said) == (runs, not runs)
    assert runs or "1 test not run: it" in ended.said


def test_a_test_that_injects_is_marked_as_such(shop: Suite) -> None:
    shop.write(
        "test_it.py",
        "import pytest\n"
        "@pytest.mark.nfr('failover')\ndef test_drill(nfr): ...\n"
        "@pytest.mark.nfr('p99')\ndef test_load(nfr): ...\n"
        "def test_region(nfr_region): ...\n",
    )

    ended = shop.run("-m", "nfr_fault", "--collect-only", "-q", "test_it.py")

    assert ended.lines[:2] == ["test_it.py::test_drill", "test_it.py::test_region"]


def test_a_link_fault_that_says_nothing_is_refused_at_once(shop: Suite) -> None:
    shop.write("test_it.py", "def test_it(nfr_toxic):\n    nfr_toxic('orders-db')\n")

    ended = shop.run("--nfr=all", "test_it.py")

    assert "nfr_toxic: what is to be wrong with orders-db? latency=, bandwidth=" in ended.said
    assert "1 failed" in ended.said


@pytest.mark.parametrize(
    ("call", "words"),
    [
        pytest.param(
            "nfr_region.kill('b', get='/x')",
            "region-kill region=b --get /x --at-most 5 min",
            id="kill",
        ),
        pytest.param(
            "nfr_region.drain('b', at_most='1 min')",
            "region-drain region=b --get / --at-most 1 min",
            id="drain",
        ),
        pytest.param(
            "nfr_toxic('db', latency='150 ms \N{PLUS-MINUS SIGN} 20 ms')",
            "link-latency link=db latency=150 ms jitter=20 ms --get / --at-most 5 min",
            id="latency",
        ),
        pytest.param(
            "nfr_toxic('db', 'cut', direction='in')",
            "link-cut link=db direction=in --get / --at-most 5 min",
            id="cut",
        ),
    ],
)
def test_a_fault_is_held_by_a_command_of_its_own(shop: Suite, call: str, words: str) -> None:
    fixture = call.partition(".")[0].partition("(")[0]
    shop.write(
        "test_it.py", f"def test_it({fixture}):\n    with {call}:\n        print('went on')\n"
    )

    ended = shop.run("--nfr=all", "--nfr-deployment=here", "-s", "test_it.py")

    assert "went on" in ended.said
    assert "1 passed" in ended.said
    held = (shop.folder / "held.txt").read_text().splitlines()
    assert held == [f"{words} --quiet --deployment here", "let go"]


def test_only_one_fault_is_held_at_a_time(shop: Suite) -> None:
    shop.write(
        "test_it.py",
        "def test_it(nfr_region):\n"
        "    with nfr_region.kill('a'), nfr_region.kill('b'):\n        pass\n",
    )

    ended = shop.run("--nfr=all", "test_it.py")

    assert "region-kill: this test holds a fault already; one at a time" in ended.said
    assert (shop.folder / "held.txt").read_text().count("let go") == 1
