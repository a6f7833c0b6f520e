"""Pipeline files taken apart into the shell steps that their runners would start.

An expression that is not known here, or a condition, is an error: what a test did not understand
it must not pass over.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
ACTION = ROOT / "examples" / "ci" / "github-action" / "action.yml"
COMPONENT = ROOT / "examples" / "ci" / "gitlab" / "templates" / "nfrcheck.yml"
JENKINSFILE = ROOT / "examples" / "ci" / "jenkins" / "Jenkinsfile"
HOOKS = ROOT / ".pre-commit-hooks.yaml"

EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
UNLESS_SKIPPED = "always() && steps.run.outcome != 'skipped'"
AFTER_ALL = {UNLESS_SKIPPED, "always() && steps.run.outputs.folder != ''"}


@dataclass(frozen=True)
class Step:
    """One step: shell text, or an action that is used. `always`: also after a failure."""

    name: str
    shell: str
    uses: str
    env: Mapping[str, str]
    always: bool


def load(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


def filled(text: str, values: Mapping[str, str]) -> str:
    """With every expression replaced; raises KeyError for one that has no value."""
    return EXPRESSION.sub(lambda found: values[found[1]], text)


def github(steps: list[dict[str, Any]], values: Mapping[str, str]) -> Iterator[Step]:
    for step in steps:
        condition = step.get("if", "")
        assert condition in {"", *AFTER_ALL}, condition
        shell = step.get("run", "")
        assert not EXPRESSION.search(shell), "an expression in shell text can be injected into"
        env = {name: filled(value, values) for name, value in step.get("env", {}).items()}
        yield Step(step.get("name", ""), shell, step.get("uses", ""), env, bool(condition))


def jenkins(text: str) -> list[Step]:
    """Every `sh`, in the order of the file; those below `post` run always."""
    before = text.index("\n  post {")
    found = re.finditer(r"sh\s*\(?(?:[^'\n]*script:)?\s*('''(.*?)'''|'([^'\n]*)')", text, re.DOTALL)
    return [
        Step("", match[2] or match[3], "", {}, always=match.start() > before) for match in found
    ]


def jenkins_environment(text: str) -> dict[str, str]:
    block = text.partition("environment {")[2].partition("\n  }")[0]
    return dict(re.findall(r"^\s+([A-Z_]+) = '([^']*)'$", block, re.MULTILINE))
