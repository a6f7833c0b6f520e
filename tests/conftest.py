"""What holds for every test: real and truth tests are marked by folder, slow ones run last,
nothing touches the user's own state, and under NFRCHECK_NO_SKIPS=1 a skip is a failure."""

import os
from collections.abc import Generator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MARKED_FOLDERS = ("real", "truth")
NOT_OURS = {"node_modules", "dist", "runs", "truth-results", "__pycache__"}
NO_SKIPS = os.environ.get("NFRCHECK_NO_SKIPS", "") not in {"", "0"}


@pytest.hookimpl(tryfirst=True)  # before pytest deselects by marker
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for folder in MARKED_FOLDERS:
            if item.path.is_relative_to(ROOT / "tests" / folder):
                item.add_marker(folder)
        if item.path.name.startswith("test_whole_run_"):
            item.add_marker("whole")
    _leave_for_later(items)
    items.sort(key=lambda item: item.get_closest_marker("slow") is not None)


def _leave_for_later(items: list[pytest.Item]) -> None:
    """Of what is `sampled` the first case is quick feedback; `make slow` runs the others."""
    seen: set[tuple[Path, str]] = set()
    for item in items:
        if item.get_closest_marker("sampled"):
            name = (item.path, getattr(item, "originalname", item.name))
            if name in seen:
                item.add_marker("slow")
            seen.add(name)


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """A skipped test proves nothing; where everything is installed it must say so loudly."""
    if NO_SKIPS and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[-1] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{reason} (NFRCHECK_NO_SKIPS=1: a skip is a failure)"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _refuse_skip(report)
    return report


@pytest.fixture(scope="session", autouse=True)
def _own_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Ledgers and leases of tests go to a folder of this test run; no flag comes from outside."""
    folder = tmp_path_factory.mktemp("state")
    folder.chmod(0o700)
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("NFRCHECK_")]:
            patch.delenv(name)
        for name in ("NO_COLOR", "FORCE_COLOR"):
            patch.delenv(name, raising=False)
        patch.setenv("NFRCHECK_STATE", str(folder))
        yield


@pytest.fixture(scope="session")
def repository() -> dict[str, str]:
    """Every text file of the repository: path, relative and with slashes -> content."""
    found = {}
    for folder, below, names in os.walk(ROOT):
        # Pruned in place: walking the virtual environment would take longer than all the rest.
        below[:] = [
            name
            for name in below
            if name not in NOT_OURS and (name == ".ci" or not name.startswith("."))
        ]
        for path in (Path(folder, name) for name in names):
            # What is no text has no lines to judge; what another test just removed is gone.
            with suppress(UnicodeDecodeError, FileNotFoundError):
                found[path.relative_to(ROOT).as_posix()] = path.read_text("utf-8")
    return dict(sorted(found.items()))
