"""A scenario file is a collector, each of its targets an item: pytest's own options work on it."""

import pytest

from tests.testing.suites import Suite

pytestmark = pytest.mark.slow

TARGETS = {
    "availability": {"verdict": "pass"},
    "p99": {"verdict": "fail"},
    "failover": {"verdict": "pass", "drills": ["lose-b"]},
}


@pytest.fixture
def shop(suite: Suite) -> Suite:
    suite.scenario("scenarios/shop.nfr.yaml", targets=TARGETS)
    suite.write("test_other.py", "def test_other(): ...\n")
    return suite


def test_node_ids_are_the_file_and_the_target(shop: Suite) -> None:
    ended = shop.run("--collect-only", "-q")

    assert ended.lines[:4] == [
        "scenarios/shop.nfr.yaml::availability",
        "scenarios/shop.nfr.yaml::p99",
        "scenarios/shop.nfr.yaml::failover",
        "test_other.py::test_other",
    ]


@pytest.mark.parametrize(
    ("words", "chosen"),
    [
        pytest.param(["-k", "p99"], ["p99"], id="k"),
        pytest.param(["-m", "nfr_fault"], ["failover"], id="m-fault"),
        pytest.param(["-m", "nfr and not nfr_fault"], ["availability", "p99"], id="m-no-fault"),
        pytest.param(["scenarios/shop.nfr.yaml::p99"], ["p99"], id="node-id"),
    ],
)
def test_selecting(shop: Suite, words: list[str], chosen: list[str]) -> None:
    ended = shop.run("--collect-only", "-q", *words)

    found = [line.partition("::")[2] for line in ended.lines if ".nfr.yaml::" in line]
    assert found == chosen


def test_without_an_option_nothing_is_run_and_one_line_says_how_to(shop: Suite) -> None:
    ended = shop.run()

    assert ended.code == 0
    assert ended.letters("scenarios/shop.nfr.yaml") == "sss"
    assert ended.section("NFR targets") == [
        "2 tests not run: it sends load: --nfr=load or --nfr=all runs it",
        "1 test not run: it injects faults (lose-b): --nfr=all runs it",
    ]
    assert not shop.runs


def test_load_runs_what_needs_no_fault_and_allows_none(shop: Suite) -> None:
    ended = shop.run("--nfr=load")

    assert ended.letters("scenarios/shop.nfr.yaml") == ".Fs"
    [words] = (shop.folder / "scenarios" / "runs.txt").read_text().splitlines()
    assert "--no-faults --only availability --only p99" in words
    assert "--end-with-stdin" in words


def test_all_is_one_run_of_everything(shop: Suite) -> None:
    ended = shop.run("--nfr=all")

    assert ended.letters("scenarios/shop.nfr.yaml") == ".F."
    [words] = (shop.folder / "scenarios" / "runs.txt").read_text().splitlines()
    assert "--only" not in words
    assert "--no-faults" not in words


def test_only_what_was_selected_is_judged(shop: Suite) -> None:
    shop.run("--nfr=all", "-k", "p99")

    [words] = (shop.folder / "scenarios" / "runs.txt").read_text().splitlines()
    assert words.endswith("--only p99")


def test_the_last_failed_alone_and_stopping_at_the_first(shop: Suite) -> None:
    first = shop.run("--nfr=all", "-x")
    again = shop.run("--nfr=all", "--lf")

    assert first.letters("scenarios/shop.nfr.yaml") == ".F"
    assert again.letters("scenarios/shop.nfr.yaml") == "F"


@pytest.mark.parametrize(
    ("words", "environment", "named"),
    [
        pytest.param(["--nfr-deployment", "x"], {"NFRCHECK_DEPLOYMENT": "y"}, "x", id="option"),
        pytest.param([], {"NFRCHECK_DEPLOYMENT": "y"}, "y", id="variable"),
        pytest.param([], {}, "staging", id="ini"),
    ],
)
def test_the_deployment_is_named_by(
    suite: Suite, words: list[str], environment: dict[str, str], named: str
) -> None:
    ini = suite.folder / "pytest.ini"
    ini.write_text(ini.read_text() + "nfr_deployment = staging\n")
    suite.scenario(targets={"p99": {"verdict": "pass"}})

    suite.run("--nfr=all", *words, **environment)

    assert f"--deployment {named}" in suite.runs[0]


def test_a_file_that_is_not_valid_is_a_collection_error_with_its_frame(suite: Suite) -> None:
    ini = suite.folder / "pytest.ini"
    ini.write_text("[pytest]\n")  # the real command
    text = "nfrcheck: 1\nload: {users: {rate: 5/s, journey: {home: {get: /}}}}\ntargets:\n"
    suite.write("shop.nfr.yaml", f"{text}  availability: {{at_last: 99 %}}\n")
    suite.write("test_other.py", "def test_other(): ...\n")

    ended = suite.run("--continue-on-collection-errors")

    assert ended.code == 1
    assert "1 passed, 1 error" in ended.said
    section = ended.section("ERRORS")
    assert "error[NFR012] unknown key `at_last` of `availability`" in section
    assert " --> shop.nfr.yaml:4:18" in section
    assert "Traceback" not in ended.said


def test_a_file_is_read_again_only_when_it_has_changed(shop: Suite) -> None:
    shop.run("--collect-only")
    kept = shop.folder / ".pytest_cache" / "v" / "nfrcheck" / "described"
    assert kept.exists()
    kept.write_text(kept.read_text().replace("availability", "remembered"))

    remembered = shop.run("--collect-only", "-q")
    shop.scenario("scenarios/shop.nfr.yaml", targets={"other": {"verdict": "pass"}})
    changed = shop.run("--collect-only", "-q")

    assert "scenarios/shop.nfr.yaml::remembered" in remembered.lines
    assert "scenarios/shop.nfr.yaml::other" in changed.lines
