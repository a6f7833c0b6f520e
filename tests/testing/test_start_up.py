"""A test suite that asks nothing of the plugin pays nothing for it."""

import statistics
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cpu import alone, cpu_s
from tests.testing.suites import PLUGINS, Suite

pytestmark = pytest.mark.slow

CPU_S_MAX = 0.020
PAIRS, LOOKS = 9, 4
HEAVY = {"numpy", "pydantic", "ruamel", "locust", "gevent", "click", "rich", "pandas", "jinja2"}
LOADED = "import sys, pytest; pytest.main(sys.argv[1:]); print('loaded:', *sys.modules)"


def spent_s(folder: Path, *words: str) -> float:
    """Of a pytest that collects one empty test, with no other plugin than those named."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words]
    environment = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return cpu_s(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL)


@alone
def test_an_empty_run_costs_little_cpu(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_empty.py").write_text("def test_it(): ...\n")

    # In pairs, because the machine is slower at times: then both of a pair are. On a busy one a
    # pair may be 60 ms apart by chance, so what looks like too much is looked at again.
    differences: list[float] = []
    for _ in range(LOOKS):
        differences += [
            spent_s(tmp_path, "-p", "nfrcheck.pytest_plugin") - spent_s(tmp_path)
            for _ in range(PAIRS)
        ]
        if statistics.median(differences) <= CPU_S_MAX:
            break

    assert statistics.median(differences) <= CPU_S_MAX, differences


def modules(suite: Suite, *words: str) -> set[str]:
    command = [sys.executable, "-c", LOADED, *PLUGINS, *words]
    done = subprocess.run(
        command, cwd=suite.folder, capture_output=True, text=True, check=True, timeout=60
    )
    return set(done.stdout.rpartition("loaded: ")[2].split())


def test_an_empty_run_loads_one_module_of_ours(suite: Suite) -> None:
    suite.write("test_empty.py", "def test_it(): ...\n")

    ours = {name for name in modules(suite) if name.partition(".")[0] == "nfrcheck"}

    assert ours == {"nfrcheck", "nfrcheck.pytest_plugin"}


def test_a_run_with_scenarios_loads_nothing_heavy(suite: Suite) -> None:
    suite.scenario(targets={"p99": {"verdict": "pass"}})

    loaded = modules(suite, "--nfr=all")

    assert "nfrcheck.testing.results" in loaded
    assert not HEAVY & {name.partition(".")[0] for name in loaded}
