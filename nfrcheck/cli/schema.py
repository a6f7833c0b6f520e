"""`nfrcheck schema`: the JSON Schema by which an editor completes and checks the files."""

import json

import click


@click.command(
    help="Print the JSON Schema of scenarios (or of deployments), for editors: as first line of a "
    "file, `# yaml-language-server: $schema=scenario.schema.json`."
)
@click.argument(
    "kind", type=click.Choice(["scenario", "deployment"]), default="scenario", required=False
)
def command(kind: str) -> None:
    from nfrcheck.scenario.schema import deployment_schema, scenario_schema

    made = scenario_schema() if kind == "scenario" else deployment_schema()
    click.echo(json.dumps(made, indent=2, ensure_ascii=False))
