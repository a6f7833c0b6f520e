"""Who may import whom: the tables below are the architecture, and every import keeps to them."""

import ast
import re
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]

# Who may import whom, by the first name under `nfrcheck`. Everybody may import itself and the
# version; nobody imports `cli`, `box` or `pytest_plugin` but the doors named here.
READING = {"errors", "kinds", "model", "fields", "written", "wire"}
JUDGING = {"errors", "kinds", "model", "fields", "evidence", "checks"}
ACTING = {"deployments", "experiments", "buses"}
MAY_IMPORT: dict[str, set[str]] = {
    "": {"chaostoolkit"},
    "errors": set(),
    "model": set(),
    "evidence": set(),
    "box": set(),
    "faultproxy": set(),
    "kinds": {"model"},
    "written": {"errors", "model"},
    "fields": {"errors", "model", "written"},
    "wire": {"errors", "model"},
    "history": {"errors", "model"},
    "series": {"model", "checks"},
    "reports": {"model"},
    "checks": {"model", "evidence", "fields", "kinds"},
    "deployments": READING,
    "experiments": READING,
    "buses": READING,
    "scenario": READING | ACTING | {"checks"},
    "plan": READING | ACTING | {"checks", "evidence", "scenario"},
    "comparing": {"model", "evidence"},
    "judge": JUDGING | {"series", "comparing"},
    "remember": JUDGING | {"plan", "history", "comparing"},
    "run": READING | JUDGING | ACTING | {"scenario", "plan", "history", "judge"},
    "pipeline": READING | JUDGING | {"scenario", "plan", "history", "judge", "run", "remember"},
    "ci": {"errors"},
    "gameday": {"errors", "kinds", "model", "fields", "written", "scenario", "plan"},
    "cli": READING
    | JUDGING
    | ACTING
    | {"ci", "gameday"}
    | {"scenario", "plan", "history", "judge", "run", "reports", "pipeline"}
    | {"comparing", "remember", "chaostoolkit"},
    "__main__": {"cli"},
    "testing": {"errors", "model", "reports", "pytest_plugin"},
    "pytest_plugin": set(),
    "chaostoolkit": {"errors", "model", "wire", "checks", "scenario", "plan", "run", "testing"},
}


class Foreign(NamedTuple):
    """The distribution that brings a module, and the only places that may import it."""

    distribution: str
    places: tuple[str, ...]


ONLY_IN = {
    "click": Foreign("click", ("cli",)),
    "rich": Foreign("rich", ("cli",)),
    "httpx": Foreign("httpx", ("deployments", "scenario/init")),
    "ruamel": Foreign("ruamel.yaml", ("scenario",)),
    "numpy": Foreign(
        "numpy", ("model", "wire", "history", "checks", "series", "judge", "experiments", "run")
    ),
    "pydantic": Foreign(
        "pydantic", ("written", "fields", "checks", *ACTING, "scenario", "plan", "gameday")
    ),
    "pydantic_core": Foreign("pydantic", ("written", "fields", "scenario")),
    "locust": Foreign("locust", ("experiments/loads",)),
    "gevent": Foreign("locust", ("experiments/loads",)),
    "jinja2": Foreign("jinja2", ("reports",)),
    "markupsafe": Foreign("jinja2", ("reports",)),
    "vl_convert": Foreign("vl-convert-python", ("reports",)),
    "pandas": Foreign("pandas", ("reports", "history/export")),
    "cronsim": Foreign("cronsim", ("gameday",)),
    "icalendar": Foreign("icalendar", ("gameday/blackout",)),
    "recurring_ical_events": Foreign("recurring-ical-events", ("gameday/blackout",)),
    "apprise": Foreign("apprise", ("gameday/notify",)),
    "pytest": Foreign("pytest", ("pytest_plugin", "testing")),
    "httptools": Foreign("httptools", ("box",)),
    "uvloop": Foreign("uvloop", ("box",)),
    "trustme": Foreign("trustme", ("box",)),
    "kafka": Foreign("kafka-python", ("buses/kafka", "box")),
    "schemathesis": Foreign("schemathesis", ("experiments/fuzz",)),
    "chaoslib": Foreign("chaostoolkit", ("experiments/chaos", "chaostoolkit")),
    "toxiproxy": Foreign("toxiproxy-python", ("deployments/toxiproxy",)),
}

# Started as `python -S -E -P FILE`, where nothing is installed; so is all that they import.
STDLIB_ONLY = ("run/guardian", "run/undo", "run/ledger", "run/launch", "run/perform")

# Where an import may stand inside a function, and why.
LATE_IMPORTS = {
    "__init__": "`discover` is for chaostoolkit alone, and all others import this module too",
    "cli": "a command loads what it needs and the root stays light",
    "reports": "jinja2, pandas and vl_convert are an extra and load only when something is drawn",
}

TYPES_ONLY = ("typing.TYPE_CHECKING",)


@dataclass(frozen=True, slots=True)
class Import:
    module: str
    line: int
    late: bool


@dataclass(frozen=True, slots=True)
class Source:
    """A module of ours; `place` is its path under nfrcheck/ without `.py`."""

    place: str
    imports: tuple[Import, ...]

    @property
    def unit(self) -> str:
        return self.place.partition("/")[0].removeprefix("__init__")

    def lies_in(self, places: Iterable[str]) -> bool:
        return any(self.place == place or self.place.startswith(f"{place}/") for place in places)


Broken = Iterator[tuple[int, str]]
Rule = Callable[[Source], Broken]


@cache
def is_module(name: str) -> bool:
    path = ROOT / name.replace(".", "/")
    return path.with_suffix(".py").is_file() or path.is_dir()


def read(path: str, text: str) -> Source:
    place = path.removeprefix("nfrcheck/").removesuffix(".py").removesuffix("/__init__")
    tree = ast.parse(text, path)
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    inside = {
        node for top in ast.walk(tree) if isinstance(top, functions) for node in ast.walk(top)
    }
    found = [
        Import(module, node.lineno, node in inside)
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for module in imported(node)
    ]
    return Source(place, tuple(found))


def imported(node: ast.Import | ast.ImportFrom) -> list[str]:
    """Full names: of the module where `from x import y` takes one, else of the thing."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    module = "." * node.level + (node.module or "")
    longer = [f"{module}.{alias.name}" for alias in node.names]
    return [name if is_module(name) or name in TYPES_ONLY else module for name in longer]


@pytest.fixture(scope="module")
def ours(repository: Mapping[str, str]) -> dict[str, Source]:
    return {
        path: read(path, text)
        for path, text in repository.items()
        if path.startswith("nfrcheck/") and path.endswith(".py")
    }


def layers(source: Source) -> Broken:
    if source.unit not in MAY_IMPORT:
        yield 1, f"{source.unit} has no row in MAY_IMPORT: decide who it may import"
        return
    for seen in source.imports:
        first, _, rest = seen.module.partition(".")
        unit = rest.partition(".")[0]
        if not first:
            yield seen.line, "a relative import hides the layer: write the full name"
        elif first == "nfrcheck" and unit not in MAY_IMPORT[source.unit] | {source.unit, ""}:
            yield seen.line, f"{source.unit or 'nfrcheck'} must not import {unit}"


def foreign(source: Source) -> Broken:
    for seen in source.imports:
        name = seen.module.partition(".")[0]
        if name in sys.stdlib_module_names | {"", "nfrcheck"}:
            continue
        if name not in ONLY_IN:
            yield seen.line, f"{name} is a new foreign module: name it in ONLY_IN"
        elif not source.lies_in(ONLY_IN[name].places):
            yield seen.line, f"{name} may be imported only in {', '.join(ONLY_IN[name].places)}"


def late_imports(source: Source) -> Broken:
    for seen in source.imports:
        if seen.late and not source.lies_in(LATE_IMPORTS):
            yield seen.line, f"{seen.module} is imported inside a function"
        if seen.module in TYPES_ONLY:
            yield seen.line, "a type dependency is a dependency: no TYPE_CHECKING"


def not_stdlib(source: Source) -> Broken:
    for seen in source.imports:
        beside = seen.module.startswith("nfrcheck.run.")
        if not beside and seen.module.partition(".")[0] not in sys.stdlib_module_names:
            yield seen.line, f"{seen.module} is not there when the guardian runs"


@pytest.mark.parametrize("rule", [layers, foreign, late_imports], ids=lambda rule: rule.__name__)
def test_every_module_keeps(rule: Rule, ours: Mapping[str, Source]) -> None:
    broken = [
        f"{path}:{line}: {words}" for path, source in ours.items() for line, words in rule(source)
    ]

    assert not broken, "\n" + "\n".join(broken)


def test_the_guardian_needs_no_installed_package(ours: Mapping[str, Source]) -> None:
    waiting = [f"nfrcheck/{place}.py" for place in STDLIB_ONLY]
    broken, seen_paths = [], set()
    while waiting:
        path = waiting.pop()
        if path in seen_paths or path not in ours:
            continue
        seen_paths.add(path)
        broken += [f"{path}:{line}: {words}" for line, words in not_stdlib(ours[path])]
        waiting += [f"{seen.module.replace('.', '/')}.py" for seen in ours[path].imports]

    assert not broken, "\n" + "\n".join(broken)
    assert seen_paths >= {f"nfrcheck/{place}.py" for place in STDLIB_ONLY}


PLANTED = [
    (layers, "nfrcheck/model/x.py", "from nfrcheck.checks import latency"),
    (layers, "nfrcheck/checks/x.py", "import nfrcheck.run"),
    (layers, "nfrcheck/cli/demo.py", "from nfrcheck import box"),
    (layers, "nfrcheck/checks/x.py", "from . import counting"),
    (layers, "nfrcheck/newcomer.py", ""),
    (foreign, "nfrcheck/run/x.py", "import pandas as pd"),
    (foreign, "nfrcheck/evidence/x.py", "import numpy"),
    (foreign, "nfrcheck/cli/x.py", "import requests"),
    (not_stdlib, "nfrcheck/run/undo.py", "import numpy"),
    (not_stdlib, "nfrcheck/run/guardian.py", "from nfrcheck.model import records"),
    (late_imports, "nfrcheck/run/x.py", "def f():\n    import json"),
    (late_imports, "nfrcheck/cli/x.py", "from typing import TYPE_CHECKING"),
]


@pytest.mark.parametrize(
    ("rule", "path", "text"),
    [pytest.param(*case, id=f"{case[0].__name__}-{case[2] or case[1]}") for case in PLANTED],
)
def test_a_rule_sees_what_breaks_it(rule: Rule, path: str, text: str) -> None:
    assert list(rule(read(path, text)))


def test_the_layers_have_no_cycle() -> None:
    TopologicalSorter(MAY_IMPORT).prepare()


def test_every_foreign_module_comes_with_a_declared_distribution() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lists = [project["dependencies"], *project["optional-dependencies"].values()]
    declared = {re.split(r"[\[<>=]", entry)[0] for entries in lists for entry in entries}

    assert {module.distribution for module in ONLY_IN.values()} <= declared
