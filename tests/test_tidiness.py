"""How large things may be, what they may be called and what no file may hold."""

import ast
import re
from collections.abc import Callable, Iterator, Mapping

import pytest

from nfrcheck.box.defects import DEFECTS

FILE_LINES_MAX, FUNCTION_LINES_MAX = 300, 40
# Path, or path::function -> lines, and why it may be so long.
LONGER: dict[str, tuple[int, str]] = {
    "tests/reports/sample_targets.py::targets_of": (67, "one table of a page, row after row"),
}

NAMES_REFUSED = {
    *("base", "bases", "common", "core", "data", "handler", "handlers", "helper", "helpers"),
    *("lib", "manager", "managers", "misc", "process", "stuff", "tools", "types", "util", "utils"),
}
NAMES_ALLOWED = {
    "nfrcheck/deployments/process.py": "the kind of control that users write",
    "nfrcheck/box/apis/process.py": "the tier between the experience and the system APIs",
}
LAST_WORDS_REFUSED = {"helper", "helpers", "manager", "util", "utils"}
CLASS_ENDINGS_REFUSED = re.compile(r"[a-z](Base|Data|Helper|Manager|Utils?)$")

RUNNERS = ("nfrcheck/", "scenarios/", "experiments/")
MACHINE_PATH = re.compile(r"(^|[^A-Za-z0-9._:/-])/(home|root|work|Users|tmp)/[A-Za-z0-9._-]+")
REGISTRY = re.compile(r"https?://[^ \"]*(pypi|npmjs|maven|golang|debian|crates|mirror|registry)")
DEFECT = re.compile(rf"(?<![\w-])({'|'.join(defect.name for defect in DEFECTS)})(?![\w-])")

Broken = Iterator[tuple[int, str]]
Rule = Callable[[str, str], Broken]


def file_sizes(path: str, text: str) -> Broken:
    lines = len(text.splitlines())
    if path.endswith(".py") and lines > most(path, FILE_LINES_MAX):
        yield 1, f"{lines} lines, {most(path, FILE_LINES_MAX)} are allowed"


def function_sizes(path: str, text: str) -> Broken:
    for node in ast.walk(ast.parse(text, path)) if path.endswith(".py") else ():
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            allowed = most(f"{path}::{node.name}", FUNCTION_LINES_MAX)
            if lines > allowed:
                yield node.lineno, f"{node.name} has {lines} lines, {allowed} are allowed"


def most(key: str, usual: int) -> int:
    return LONGER[key][0] if key in LONGER else usual


def names(path: str, text: str) -> Broken:
    if not path.startswith("nfrcheck/") or not path.endswith(".py") or path in NAMES_ALLOWED:
        return
    for word in path.removesuffix(".py").split("/"):
        if word in NAMES_REFUSED or word.rpartition("_")[2] in LAST_WORDS_REFUSED:
            yield 1, f"'{word}' says nothing about what is inside"
    for node in ast.walk(ast.parse(text, path)):
        if isinstance(node, ast.ClassDef) and CLASS_ENDINGS_REFUSED.search(node.name):
            yield node.lineno, f"class {node.name}: name what it is"


def defects(path: str, text: str) -> Broken:
    """What looks for a defect must not know that there is one."""
    if path.startswith(RUNNERS) and not path.startswith("nfrcheck/box/"):
        for line, content in enumerate(text.splitlines(), 1):
            for found in DEFECT.finditer(content):
                yield line, f"names the box's defect {found[0]}"


def machine_paths(_path: str, text: str) -> Broken:
    for line, content in enumerate(text.splitlines(), 1):
        if MACHINE_PATH.search(content) or REGISTRY.search(content):
            yield line, f"holds only on one machine: {content.strip()[:80]}"


RULES: list[Rule] = [file_sizes, function_sizes, names, defects, machine_paths]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_repository_keeps(rule: Rule, repository: Mapping[str, str]) -> None:
    broken = [
        f"{path}:{line}: {words}"
        for path, text in repository.items()
        for line, words in rule(path, text)
    ]

    assert not broken, "\n" + "\n".join(broken)


PLANTED = [
    (file_sizes, "nfrcheck/run/x.py", "x = 1\n" * 301),
    (function_sizes, "tests/test_x.py", "async def f():\n" + "    x = 1\n" * 40),
    (names, "nfrcheck/run/utils.py", ""),
    (names, "nfrcheck/run/fault_manager.py", ""),
    (names, "nfrcheck/helpers/x.py", ""),
    (names, "nfrcheck/run/x.py", "class FaultManager: ..."),
    (defects, "nfrcheck/cli/demo.py", f"choose('{DEFECTS[0].name}')"),
    (defects, "scenarios/x.nfr.yaml", f"description: {DEFECTS[-1].name}"),
    (machine_paths, "README.md", "see /" + "home/somebody/notes"),
    (machine_paths, ".ci/run", "curl https://" + "pypi.example/simple"),
]


@pytest.mark.parametrize(
    ("rule", "path", "text"),
    [pytest.param(*case, id=f"{case[0].__name__}-{case[1]}") for case in PLANTED],
)
def test_a_rule_sees_what_breaks_it(rule: Rule, path: str, text: str) -> None:
    assert list(rule(path, text))


def test_no_exception_outlives_its_file(repository: Mapping[str, str]) -> None:
    excepted = {key.partition("::")[0] for key in [*LONGER, *NAMES_ALLOWED]}

    assert excepted <= set(repository)
