"""`nfrcheck describe`: what a file holds, as JSON, for programs that run scenarios."""

import json
from pathlib import Path
from typing import Any

import click

from nfrcheck.cli.options import deployment_option

FORMAT = 1


@click.command(
    help="Print what a scenario file holds as JSON: its targets, where they stand, which drills "
    "they need. Without a FILE, or for a deployment file: its entries, regions and components. "
    "Contacts nothing, needs no secret."
)
@click.argument("file", required=False, type=click.Path(path_type=Path))
@deployment_option
@click.pass_context
def command(ctx: click.Context, file: Path | None, deployment: str | None) -> None:
    from nfrcheck.cli.files import ENDING, SCENARIOS, existing, find_deployment, valid

    if file is None or file.name.endswith(ENDING):
        place = find_deployment(SCENARIOS / "any", deployment) if file is None else existing(file)
        said = valid(lambda: deployment_json(place), ctx.color)
    else:
        scenario = existing(file)
        said = valid(lambda: scenario_json(scenario), ctx.color)
    click.echo(json.dumps({"format": FORMAT, **said}, ensure_ascii=False))


def scenario_json(path: Path) -> dict[str, Any]:
    """Raises InvalidFiles."""
    from nfrcheck.plan.chosen import looked_at
    from nfrcheck.scenario.document import compose
    from nfrcheck.scenario.phases import DrillPhase
    from nfrcheck.scenario.read import read_scenario

    scenario = read_scenario(path)
    root = compose(path).root
    phases = [phase.name for phase in scenario.phases if isinstance(phase, DrillPhase)]
    run = list(dict.fromkeys(phases))
    return {
        "kind": "scenario",
        "name": scenario.name,
        "description": scenario.description or "",
        "alone": root is not None and root.child("include") is None,
        "drills": run,
        "targets": [
            {
                "id": target.id,
                "check": target.check,
                "class": target.class_,
                "title": target.title or "",
                "requirement": target.requirement or "",
                "path": str(Path(target.path).absolute()),
                "line": target.line,
                "drills": [name for name in run if name in looked_at(scenario, target)],
            }
            for target in scenario.targets
        ],
    }


def deployment_json(path: Path) -> dict[str, Any]:
    """Raises InvalidFiles."""
    from nfrcheck.scenario.read import read_deployment

    place = read_deployment(path)
    safety = place.safety
    return {
        "kind": "deployment",
        "name": place.name,
        "path": str(path.absolute()),
        "entries": {
            name: {"url": entry.url, "region": entry.region}
            for name, entry in place.entries.items()
        },
        "regions": {name: region.title or name for name, region in place.regions.items()},
        "components": {
            name: {"region": part.region, "entry": part.entry}
            for name, part in place.components.items()
        },
        "safety": {
            "protected": bool(safety and safety.protected),
            "allow": list(safety.allow) if safety else [],
        },
    }
