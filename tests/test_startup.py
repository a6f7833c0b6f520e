"""`nfrcheck --help` and `--version` answer at once and load nothing that they do not need."""

import subprocess
import sys
from pathlib import Path

import pytest

import nfrcheck
from tests.cpu import alone, cpu_s, least

CPU_S_MAX = 0.15
ALLOWED_FOREIGN = {"click"}
ALLOWED_OURS = {"nfrcheck", "nfrcheck.cli", "nfrcheck.errors"}
HEAVY_STDLIB = {"asyncio", "ssl", "http", "multiprocessing", "sqlite3", "unittest"}

LOADED = "import sys; print(*sys.modules, sep='\\n')"
LOADED_AFTER = (
    "import sys, nfrcheck.cli; code = nfrcheck.cli.exit_code(sys.argv[1:]); "
    "assert code == 0, code; print('loaded:', *sys.modules, sep='\\n')"
)


def modules(*arguments: str) -> set[str]:
    argv = [sys.executable, "-c", LOADED_AFTER if arguments else LOADED, *arguments]
    out = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=30).stdout
    return set(out.rpartition("loaded:\n")[2].split())


@alone
@pytest.mark.parametrize("flag", ["--help", "--version"])
def test_costs_little_cpu(flag: str) -> None:
    command = [sys.executable, "-m", "nfrcheck", flag]

    spent = least(lambda: cpu_s(command, stdout=subprocess.DEVNULL), times=5)

    assert spent <= CPU_S_MAX


@pytest.mark.parametrize("flag", ["--help", "--version"])
def test_loads_click_and_nothing_heavy(flag: str) -> None:
    # What site loads by itself (.pth files of the environment) is not ours.
    loaded = modules(flag) - modules()

    foreign = {name.partition(".")[0] for name in loaded} - sys.stdlib_module_names - {"nfrcheck"}
    ours = {name for name in loaded if name.partition(".")[0] == "nfrcheck"}
    assert foreign == ALLOWED_FOREIGN
    assert ours == ALLOWED_OURS
    assert not loaded & HEAVY_STDLIB


@pytest.mark.parametrize(
    "argv",
    [
        pytest.param([str(Path(sys.executable).with_name("nfrcheck"))], id="installed-command"),
        pytest.param([sys.executable, "-m", "nfrcheck"], id="python -m nfrcheck"),
    ],
)
def test_both_ways_in_are_the_same_program(argv: list[str]) -> None:
    out = subprocess.run(
        [*argv, "--version"], capture_output=True, text=True, check=True, timeout=30
    ).stdout

    assert out == f"nfrcheck {nfrcheck.__version__}\n"
