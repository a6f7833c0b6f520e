"""Stage 1, read: two YAML files become a Scenario and a Deployment, or all that is wrong."""

import re
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, TypeVar

from nfrcheck.errors import Diagnostic, InvalidFiles
from nfrcheck.scenario.assemble import ScenarioReader
from nfrcheck.scenario.carried import check_carried
from nfrcheck.scenario.deployment import Deployment
from nfrcheck.scenario.document import Node
from nfrcheck.scenario.expiring import check_expiring
from nfrcheck.scenario.include import read_tree
from nfrcheck.scenario.place import DeploymentReader
from nfrcheck.scenario.references import References, secret_headers, with_entries, with_later
from nfrcheck.scenario.scenario import Scenario
from nfrcheck.scenario.told_apart import check_regions
from nfrcheck.scenario.typed import Reading, nearest
from nfrcheck.scenario.unsent import check_certificates

T = TypeVar("T")
# What a line that cannot even be parsed may hold.
_SECRETS = re.compile(
    r"((?:password|token|client_secret|api_key|authorization|cookie)[\"']?\s*:\s*)"
    r"([^\s{][^,}]*)",
    re.IGNORECASE,
)
_IN_URL = re.compile(r"(://[^/@\s:]*:)([^/@\s]+)(?=@)")


class Pair(NamedTuple):
    """Both files; `diagnostics` are warnings and what this version cannot run."""

    scenario: Scenario
    deployment: Deployment
    diagnostics: tuple[Diagnostic, ...] = ()


def read_scenario(path: Path | str, *, profile: str | None = None) -> Scenario:
    """`profile` replaces the one of the file. Raises InvalidFiles with everything that is wrong."""
    reading = Reading()
    scenario, _ = _scenario(Path(path), reading, profile)
    return _whole(scenario, reading)


def read_deployment(path: Path | str) -> Deployment:
    """Raises InvalidFiles with everything that is wrong."""
    reading = Reading()
    deployment, _ = _deployment(Path(path), reading)
    return _whole(deployment, reading)


def read_pair(scenario: Path | str, deployment: Path | str, *, profile: str | None = None) -> Pair:
    """Both files and the names between them; `profile` replaces the scenario's own.

    Raises InvalidFiles with all errors of both.
    """
    reading, second = Reading(), Reading()
    first, root = _scenario(Path(scenario), reading, profile)
    place, below = _deployment(Path(deployment), second)
    if root is not None and below is not None:
        References(reading, root).between(below)
        check_certificates(reading, root, below)
        _entries_said(reading, root, first, below)
        if first is not None:
            check_carried(reading, root, first, below)
            first = with_later(replace(first, later=tuple(reading.later)))
            check_regions(reading, root, first, below)
            if place is not None:
                check_expiring(second, below, first, place)
    problems = Reading([*reading.problems, *second.problems])
    read = _whole(first, problems)
    where = _whole(place, problems)
    rest = tuple(found for found in problems.problems if found.severity != "error")
    return Pair(with_entries(read, where), where, rest)


def _scenario(
    path: Path, reading: Reading, profile: str | None = None
) -> tuple[Scenario | None, Node | None]:
    tree = read_tree(path, reading)
    if tree.root is None:
        return None, None
    secret_headers(reading, tree.root)
    scenario = ScenarioReader(reading, tree.root, path, profile).read(tree)
    References(reading, tree.root).inside(scenario)
    return with_later(scenario), tree.root


def _deployment(path: Path, reading: Reading) -> tuple[Deployment | None, Node | None]:
    tree = read_tree(path, reading)
    if tree.root is None:
        return None, None
    secret_headers(reading, tree.root)
    return DeploymentReader(reading, tree.root, path).read(), tree.root


def _entries_said(
    reading: Reading, root: Node, scenario: Scenario | None, deployment: Node
) -> None:
    """With several entries, every load and probe says which it means."""
    entries = deployment.child("entries")
    names = list(entries.content) if entries and isinstance(entries.content, dict) else []
    if scenario is None or len(names) == 1:
        return
    for section, parts in (("load", scenario.load), ("probes", scenario.probes)):
        node = root.child(section)
        for name, part in parts.items():
            if node and getattr(part, "entry", None) == {}:
                message = f"`{name}` does not say through which `entry` it goes"
                if not names:
                    message = f"`{name}` has nowhere to go: the deployment has no `entries`"
                reading.problem(node.keys[name], "NFR019", message, nearest("", names))


def _whole(value: T | None, reading: Reading) -> T:
    if value is None or any(found.severity == "error" for found in reading.problems):
        raise InvalidFiles(masked(sorted(reading.problems, key=_order)))
    return value


def masked(found: list[Diagnostic]) -> list[Diagnostic]:
    """No literal secret is shown in the frame of its own line, nor in another's."""
    secrets = [each for each in found if each.code == "NFR017"]
    return [_mask(each, secrets) for each in found]


def _mask(found: Diagnostic, secrets: list[Diagnostic]) -> Diagnostic:
    for pattern in (_SECRETS, _IN_URL):
        hidden = pattern.sub(lambda match: match[1] + "*" * len(match[2]), found.source)
        found = replace(found, source=hidden)
    for secret in secrets:
        if (secret.path, secret.line) == (found.path, found.line):
            start, end = secret.column - 1, secret.column - 1 + secret.length
            hidden = f"{found.source[:start]}{'*' * secret.length}{found.source[end:]}"
            found = replace(found, source=hidden)
    return found


def _order(found: Diagnostic) -> tuple[str, int, int]:
    return found.path, found.line, found.column
