"""However pytest ends, what it had injected is put back: by Ctrl-C before it exits, by kill -9
at once; and no process is left."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from nfrcheck.run.ledger import open_ledgers
from tests.box.running_box import PRODUCT, RunningBox, wait_until, whole
from tests.run.kill_drill import RESTORE_S, is_back
from tests.run.whole import _read, drill
from tests.testing.suites import Suite

END_WITHIN_S = 45.0
COLLECTED = drill(
    fault="{kind: region-kill, region: b}",
    path=PRODUCT,
    hold_s=120,
    targets="{availability: {at_least: 50 %, during: run}}",
)
HELD = f"""\
import time

def test_it(nfr_region):
    with nfr_region.kill("b", get="{PRODUCT}"):
        time.sleep(120)
"""


class Broken:
    """A pytest that has just lost region b of the box."""

    def __init__(self, folder: Path, box: RunningBox, files: dict[str, str], *words: str) -> None:
        self.state = folder / "state"
        suite = Suite(folder)
        suite.write("pytest.ini", "[pytest]\n")
        for name, text in files.items():
            suite.write(name, text)
        deployment = str(box.folder / "box.deployment.yaml")
        self.said = folder / "said"
        with self.said.open("wb") as out:
            self.process = subprocess.Popen(
                suite.command("--nfr=all", f"--nfr-deployment={deployment}", *words, *files),
                cwd=folder,
                env=suite.environment(NFRCHECK_STATE=str(self.state), BOX_ALICE_TOKEN=box.token),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                process_group=0,
            )
        wait_until(lambda: self.process.poll() is not None or not is_back(box), END_WITHIN_S)
        assert self.process.poll() is None, self.said.read_text()

    def pids(self) -> list[int]:
        """Every living process that came of it."""
        mark = f"NFRCHECK_STATE={self.state}".encode()
        numbers = [int(path.name) for path in Path("/proc").glob("[0-9]*")]
        return [pid for pid in numbers if mark in _read(pid, "environ").split(b"\0")]

    def over(self) -> None:
        for pid in self.pids():
            os.kill(pid, signal.SIGKILL)
        self.process.wait(END_WITHIN_S)


@pytest.fixture(params=["scenario", "fixture", pytest.param("xdist", marks=pytest.mark.slow)])
def broken(request: pytest.FixtureRequest, tmp_path: Path, box: RunningBox) -> Iterator[Broken]:
    wait_until(lambda: whole(box, "b"))
    files = {"test_it.py": HELD} if request.param == "fixture" else {"shop.nfr.yaml": COLLECTED}
    words = ("-n", "2") if request.param == "xdist" else ()
    running = Broken(tmp_path, box, files, *words)
    yield running
    running.over()


def test_kill_9_of_pytest_leaves_nothing_behind(broken: Broken, box: RunningBox) -> None:
    broken.process.kill()

    wait_until(lambda: is_back(box), RESTORE_S)
    wait_until(lambda: not broken.pids(), END_WITHIN_S)
    assert list(broken.state.glob("ledgers/*.ndjson"))
    assert not open_ledgers(broken.state / "ledgers")


def test_ctrl_c_ends_pytest_when_all_is_put_back(broken: Broken, box: RunningBox) -> None:
    broken.process.send_signal(signal.SIGINT)

    assert broken.process.wait(END_WITHIN_S) == pytest.ExitCode.INTERRUPTED
    assert is_back(box)
    assert not broken.pids()
    assert not open_ledgers(broken.state / "ledgers")
