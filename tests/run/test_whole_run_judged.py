"""A kept run can be judged again: to the same bytes, and a new limit changes one verdict."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest

from nfrcheck.model.records import read_records
from tests.experiments.children import running_server
from tests.run.whole import Shop, Start, WholeRun, has_failed, quiet

TARGETS = "{availability: {at_least: 50 %}, latency: {p99: < 2 s}}"
WALL_CLOCK = re.compile(r"\btime\.time(_ns)?\(|datetime\.(now|utcnow|today)\(")
MEASURING = ("wire", "run", "experiments", "history", "checks", "evidence", "judge")
ANCHORS = {
    "nfrcheck/run/controller.py": "the one anchor of a run",
    "nfrcheck/run/hold.py": "the name of what is held, for people",
    "nfrcheck/run/ledger.py": "when a line was written, for people",
    "nfrcheck/run/lock.py": "since when somebody has a deployment, for people",
    "nfrcheck/run/undo_process.py": "the age of a pid file, which knows no other clock",
    "nfrcheck/experiments/loads/locust_runner.py": "Locust counts in seconds of the wall clock",
}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeRun]:
    """A run that is over; tests may judge it again, and change nothing else."""
    place = tmp_path_factory.mktemp("kept")
    with running_server() as server:
        run = WholeRun(place, quiet(targets=TARGETS), Shop(place, server).deployment())
        assert run.end() in {0, 3, 4}
        yield run
        run.over()


def reports(run: WholeRun) -> dict[str, bytes]:
    names = ("run.json", "scorecard.html", "junit.xml", "summary.md")
    return {name: (run.folder / name).read_bytes() for name in names}


def test_a_kept_run_is_judged_to_the_same_bytes(kept: WholeRun) -> None:
    written = reports(kept)

    for _ in range(2):
        assert kept.nfrcheck("judge", kept.folder).returncode == kept.process.returncode
        assert reports(kept) == written


def test_a_new_limit_changes_its_own_verdict_and_no_other(kept: WholeRun) -> None:
    written = (kept.folder / "run.json").read_bytes()
    before = {row["id"]: row["verdict"] for row in json.loads(written)["targets"]}
    stricter = kept.place / "stricter.nfr.yaml"
    text = kept.scenario.read_text("utf-8").replace("at_least: 50 %", "at_least: 99.99 %")
    stricter.write_text(text, "utf-8")

    judged = kept.nfrcheck("judge", kept.folder, "--scenario", stricter, "-d", kept.deployment)

    after = {row["id"]: row["verdict"] for row in kept.run_json()["targets"]}
    told = f"By the limits of {stricter}, not those of the run: "
    assert told in " ".join((kept.folder / "summary.md").read_text("utf-8").split())
    (kept.folder / "run.json").write_bytes(written)
    assert after["latency"] == before["latency"]
    # A machine that was too busy to measure says so, whatever the limit.
    busy = before["availability"] == "invalid"
    assert after["availability"] == ("invalid" if busy else "inconclusive")
    assert judged.returncode == (4 if busy or after["latency"] == "invalid" else 3)


@pytest.mark.slow
def test_a_run_without_its_end_is_judged_as_incomplete(kept: WholeRun) -> None:
    written = (kept.folder / "events.ndjson").read_text("utf-8")
    torn = kept.place / "torn"
    subprocess.run(["cp", "-r", kept.folder, torn], check=True)
    (torn / "run.json").unlink()
    (torn / "events.ndjson").write_text(written[: written.rindex('{"t"')] + '{"t": 1, "ev', "utf-8")

    kept.nfrcheck("judge", torn)

    assert json.loads((torn / "run.json").read_text("utf-8"))["ended"] == "incomplete"


def test_what_is_sent_is_recorded_and_is_what_locust_counts(start: Start, shop: Shop) -> None:
    answers = iter(range(10**9))
    shop.server.answer = lambda _asked: (500, {}, b"") if next(answers) % 4 == 3 else (200, {}, b"")
    run = start(quiet(), shop.deployment())

    run.end()
    (stopped,) = run.events("stopped")
    kept = np.concatenate([read_records(path) for path in run.folder.glob("load-shop.*.rec")])
    assert len(kept) > 50
    assert stopped["sent"] == stopped["recorded"] == len(kept)
    assert stopped["locust"] == {
        "requests": len(kept),
        "failures": int((kept["status"] == 500).sum()),
    }
    assert stopped["locust"]["failures"] > 10


@pytest.mark.slow
def test_a_server_that_hangs_at_the_end_is_counted(start: Start, shop: Shop) -> None:
    """Else the last time-out of every run would be a blind spot, and green by that."""
    run = start(quiet(4).replace("timeout: 5 s", "timeout: 2 s"), shop.deployment())
    run.wait_for("health", instrument="load-shop.0")

    shop.server.open.clear()

    assert has_failed(run)
    kept = np.concatenate([read_records(path) for path in run.folder.glob("load-shop.*.rec")])
    assert (kept["status"] == 6).sum() > 100, "all of the last seconds timed out"
    assert not (kept["status"] == 9).any(), "and none was given up"


@pytest.mark.slow
def test_the_load_goes_before_others_where_that_is_allowed(start: Start, shop: Shop) -> None:
    attempt = "import os; os.setpriority(os.PRIO_PROCESS, 0, -10)"
    allowed = subprocess.run(
        [sys.executable, "-c", attempt], stderr=subprocess.DEVNULL, check=False
    )
    run = start(quiet(1), shop.deployment())
    run.wait_for("phase", state="start")

    nice = os.getpriority(os.PRIO_PROCESS, run.pid("loads.child"))

    assert nice == (os.getpriority(os.PRIO_PROCESS, 0) if allowed.returncode else -10)
    assert run.end() != 7


@pytest.mark.slow
def test_a_wall_clock_that_jumps_changes_nothing(start: Start, shop: Shop) -> None:
    (shop.place / "site").mkdir()
    (shop.place / "site" / "sitecustomize.py").write_text(
        "import time\n"
        "wall, wall_ns = time.time, time.time_ns\n"
        "def jump(): return 3600 * (int(time.monotonic()) % 3 - 1)\n"
        "time.time = lambda: wall() + jump()\n"
        "time.time_ns = lambda: wall_ns() + jump() * 10**9\n"
    )
    run = start(quiet(3), shop.deployment(), PYTHONPATH=str(shop.place / "site"))

    assert run.end() in {0, 3, 4}
    times = [event["t"] for event in run.events("phase")]
    assert times == sorted(times)
    assert 2.9 < times[-1] - times[-2] < 5
    kept = np.concatenate([read_records(path) for path in run.folder.glob("load-shop.*.rec")])
    assert 2.5e6 < int(np.ptp(kept["due_us"])) < 6e6
    assert int(kept["latency_us"].max()) < 5e6


def test_nothing_that_measures_looks_at_the_wall_clock(repository: Mapping[str, str]) -> None:
    found = {
        path
        for path, text in repository.items()
        if path.startswith("nfrcheck/")
        and Path(path).suffix == ".py"
        and path.removesuffix(".py").split("/")[1] in MEASURING
        and WALL_CLOCK.search(text)
    }

    assert found == set(ANCHORS)
