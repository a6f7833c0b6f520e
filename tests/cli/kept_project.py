"""A plan that was kept, and what `run` says of it before it contacts anything."""

import json
from pathlib import Path
from typing import Any

import click

from nfrcheck.cli.keeping import write_plan
from nfrcheck.cli.kept_plan import kept_plan
from nfrcheck.cli.run import command
from nfrcheck.errors import NfrcheckError
from nfrcheck.plan import Options, plan
from nfrcheck.scenario.read import read_pair
from tests.cli.project import Project

FILE = "scenarios/shop.nfr.yaml"
PLAN = ("plan", FILE, "-o", "plan.json")


def keep(path: str, options: Options) -> None:
    pair = read_pair(FILE, "scenarios/deployments/local.deployment.yaml")
    write_plan(plan(pair.scenario, pair.deployment, options), Path(path))


def held(project: Project) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((project.folder / "plan.json").read_text("utf-8"))
    return found


def run(path: str = "plan.json", *words: str) -> tuple[int, str]:
    """The exit code and the message with which `run` ends before it contacts anything; 0: none."""
    try:
        with command.make_context("run", [path, *words]) as ctx:
            kept_plan(ctx, Path(path))
    except NfrcheckError as error:
        return error.exit_code, f"{error.message} ({error.remedy})"
    except click.exceptions.Exit as error:
        return error.exit_code, ""
    return 0, ""
