"""Editors get a JSON Schema that comes from the models that read the files."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from nfrcheck.checks import CHECKS
from nfrcheck.deployments import CONTROLS
from nfrcheck.experiments.faults import FAULTS
from nfrcheck.scenario import later
from nfrcheck.scenario.meanings import MEANINGS
from nfrcheck.scenario.schema import deployment_schema, scenario_schema

LANGUAGE = Path(__file__).parents[1] / "golden" / "language"
TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "number": (int, float),
    "integer": (int,),
    "null": (type(None),),
}


def complaints(value: Any, schema: dict[str, Any], root: dict[str, Any], at: str) -> list[str]:
    """What a validator would say, for the keywords that our schemas use."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return complaints(value, root["$defs"][name], root, at)
    if "anyOf" in schema and all(complaints(value, each, root, at) for each in schema["anyOf"]):
        return [f"{at}: none of the choices"]
    named = schema.get("type", [])
    types = [named] if isinstance(named, str) else named
    if types and not any(isinstance(value, TYPES[each]) for each in types):
        return [f"{at}: not {types}"]
    if value not in schema.get("enum", [value]) or value != schema.get("const", value):
        return [f"{at}: not the word"]
    return [*_inside(value, schema, root, at)]


def _inside(value: Any, schema: dict[str, Any], root: dict[str, Any], at: str) -> list[str]:
    found: list[str] = []
    if isinstance(value, list):
        for each in value:
            found += complaints(each, schema.get("items", {}), root, f"{at}[]")
    if isinstance(value, dict):
        found += [f"{at}: needs {key}" for key in schema.get("required", []) if key not in value]
        for key, each in value.items():
            below = _below(str(key), schema)
            if below is False:
                found.append(f"{at}: unknown {key}")
            elif isinstance(below, dict):
                found += complaints(each, below, root, f"{at}.{key}")
    return found


def _below(key: str, schema: dict[str, Any]) -> Any:
    if key in schema.get("properties", {}):
        return schema["properties"][key]
    for pattern, below in schema.get("patternProperties", {}).items():
        if re.search(pattern, key):
            return below
    return schema.get("additionalProperties", {})


def schema_of(path: Path) -> dict[str, Any]:
    return scenario_schema() if path.name.endswith(".nfr.yaml") else deployment_schema()


@pytest.mark.parametrize("path", sorted(LANGUAGE.iterdir()), ids=lambda path: path.name)
def test_every_example_fits_the_schema(path: Path) -> None:
    schema, value = schema_of(path), YAML(typ="safe", pure=True).load(path)

    assert complaints(value, schema, schema, "") == []


@pytest.mark.parametrize("path", sorted(LANGUAGE.iterdir()), ids=lambda path: path.name)
def test_a_misspelt_key_does_not_fit(path: Path) -> None:
    schema, value = schema_of(path), YAML(typ="safe", pure=True).load(path)
    section = "targets" if path.name.endswith(".nfr.yaml") else "entries"
    next(iter(value[section].values()))["mispelt"] = 1

    assert complaints(value, schema, schema, "")


def test_the_schema_offers_what_the_language_has() -> None:
    scenario, deployment = scenario_schema(), deployment_schema()

    checks = scenario["properties"]["targets"]["additionalProperties"]["properties"]["check"]
    assert set(checks["enum"]) >= set(CHECKS)
    assert len(checks["enum"]) == len(later.CHECKS)
    regions = deployment["properties"]["regions"]["additionalProperties"]["properties"]
    assert set(regions["kind"]["enum"]) >= set(CONTROLS)
    assert set(later.FAULTS) >= set(FAULTS)


def test_the_schema_is_json_and_says_what_the_keys_of_a_target_mean() -> None:
    schema = json.loads(json.dumps(scenario_schema()))

    target = schema["properties"]["targets"]["additionalProperties"]["properties"]
    assert all(target[key]["description"] for key in ("during", "each", "class", "waived"))


def test_every_meaning_is_that_of_a_key() -> None:
    text = json.dumps([scenario_schema(), deployment_schema()])

    assert [key for key in MEANINGS if f'"{key}": {{' not in text] == []
