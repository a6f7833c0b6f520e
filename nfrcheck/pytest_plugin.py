"""nfrcheck in pytest: `*.nfr.yaml` as tests, fixtures that load and break, and what they say.

The rest is imported when a test session has something to do with it.
"""

import importlib
from pathlib import Path
from typing import Any

import pytest

ENDING = ".nfr.yaml"
FIXTURES = frozenset({"nfr", "nfr_load", "nfr_region", "nfr_toxic"})
SESSION = pytest.StashKey[Any]()
"""The `nfrcheck.testing.session.Session`, once there is something to do."""


def late(module: str) -> Any:
    """A module of ours at the moment when there is something for it to do."""
    return importlib.import_module(f"nfrcheck.testing.{module}")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("nfrcheck", "promised numbers of a running system")
    group.addoption(
        "--nfr",
        choices=["off", "load", "all"],
        default="off",
        help="What to run of NFR targets and tests: nothing (default), those that only send load, "
        "or all, faults included.",
    )
    group.addoption(
        "--nfr-deployment",
        metavar="NAME|FILE",
        help="Where to run them. Else NFRCHECK_DEPLOYMENT, else ini nfr_deployment.",
    )
    group.addoption("--nfr-report", metavar="DIR", help="Keep run folders and scorecards here.")
    group.addoption(
        "--nfr-inconclusive",
        choices=["fail", "skip", "warn"],
        default="fail",
        help="What becomes of an undecided target whose measured value meets its limit.",
    )
    parser.addini("nfr_deployment", "Where NFR targets and tests run: NAME or file.", default="")
    parser.addini("nfrcheck_command", "An nfrcheck that is installed elsewhere.", type="args")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "nfr(*targets, scenario=FILE, deployment=NAME|FILE): what the fixture nfr is to give; "
        "also on every item of a *.nfr.yaml",
    )
    config.addinivalue_line("markers", "nfr_fault: injects a fault (set by nfrcheck itself)")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Hook of xdist: the folder in which the workers of this session meet."""
    session = late("session")
    node.workerinput[session.SHARED] = str(session.session_of(node.config).own)


def pytest_sessionstart(session: pytest.Session) -> None:
    session.config.pluginmanager.register(Reports(), "nfrcheck-reports")


def pytest_unconfigure(config: pytest.Config) -> None:
    if SESSION in config.stash:
        config.stash[SESSION].close()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if not file_path.name.endswith(ENDING):
        return None
    file: pytest.Collector = late("items").ScenarioFile.from_parent(parent, path=file_path)
    return file


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """First, so that `-m` sees what is marked here."""
    if not any(FIXTURES.intersection(getattr(item, "fixturenames", ())) for item in items):
        return
    late("session").mark_tests(items, config)


def pytest_collection_finish(session: pytest.Session) -> None:
    if SESSION in session.config.stash:
        late("session").want_all(session.items, session.config)


def pytest_report_teststatus(
    report: pytest.CollectReport | pytest.TestReport,
) -> tuple[str, str, str] | None:
    if report.when != "call" or f"{ENDING}::" not in report.nodeid:
        return None
    told: tuple[str, str, str] | None = late("table").status(report)
    return told


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    if type(left).__module__ != "nfrcheck.testing.measured":
        return None
    lines: list[str] | None = late("measured").explain(left, op, right)
    return lines


class Reports:
    """Keeps the reports that the section "NFR targets" is made of."""

    def __init__(self) -> None:
        self.kept: list[pytest.TestReport] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped or any(name == "nfr_target" for name, _ in report.user_properties):
            self.kept.append(report)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if self.kept:
            late("table").write(self.kept, terminalreporter)


@pytest.fixture(scope="session")
def nfr_deployment(pytestconfig: pytest.Config) -> Any:
    """Entries with their URLs, regions and components of the deployment. May be redefined."""
    return late("fixtures").deployment(pytestconfig)


@pytest.fixture
def nfr_run_dir(tmp_path: Path) -> Path:
    """Scenarios that fixtures write, logs and (without --nfr-report) run folders of this test."""
    folder = tmp_path / "nfr"
    folder.mkdir()
    return folder


@pytest.fixture
def nfr(request: pytest.FixtureRequest) -> Any:
    """The result of the scenario that the marker `nfr` names: a mapping of its targets by id."""
    return late("fixtures").result(request)


@pytest.fixture
def nfr_load(request: pytest.FixtureRequest, nfr_run_dir: Path) -> Any:
    """`nfr_load.get(url, rate=200, duration="20 s").latency.p99 < "400 ms"`."""
    return late("fixtures").load(request, nfr_run_dir)


@pytest.fixture
def nfr_region(request: pytest.FixtureRequest, nfr_run_dir: Path) -> Any:
    """`with nfr_region.kill("b"):` holds a proven fault and puts it back, whatever happens."""
    return late("fixtures").regions(request, nfr_run_dir)


@pytest.fixture
def nfr_toxic(request: pytest.FixtureRequest, nfr_run_dir: Path) -> Any:
    """A link fault, held likewise: `nfr_toxic("orders-db", latency="150 ms")`."""
    return late("fixtures").toxics(request, nfr_run_dir)
