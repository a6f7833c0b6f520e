"""JSON Schema of both files for editors, from the same models that read them."""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from nfrcheck.checks import CHECKS
from nfrcheck.deployments import CONTROLS
from nfrcheck.experiments.faults import FAULTS
from nfrcheck.scenario import deployment, later
from nfrcheck.scenario.drills import AbortIf, DrillKeys
from nfrcheck.scenario.loads import Load
from nfrcheck.scenario.meanings import MEANINGS
from nfrcheck.scenario.phases import PROFILES
from nfrcheck.scenario.probes import HttpProbe, WritesProbe
from nfrcheck.scenario.targets import CommonKeys, Evidence

Schema = dict[str, Any]
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_NAMES = {"propertyNames": {"pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"}}
_ANYTHING: Schema = {}


def scenario_schema() -> Schema:
    """Of `*.nfr.yaml`."""
    models: list[type[BaseModel]] = [
        Load,
        HttpProbe,
        WritesProbe,
        DrillKeys,
        AbortIf,
        Evidence,
        CommonKeys,
    ]
    found = _Models(*models, *FAULTS.values(), *CHECKS.values())
    drill = found.schema(DrillKeys)
    faults = [found.ref(model) for model in FAULTS.values()]
    faults += [_by_kind(later.FAULTS, later.FAULTS.keys() - FAULTS.keys())]
    one_or_more = {"anyOf": [*faults, {"type": "array", "items": {"anyOf": faults}}]}
    drill["properties"]["fault"] = one_or_more
    probes = [found.ref(HttpProbe), found.ref(WritesProbe)]
    probes += [_by_kind(later.PROBES, {"events", "dns", "visibility"})]
    return _file(
        "An nfrcheck scenario: what must hold, and what is done to find out",
        {
            "profile": {"enum": list(PROFILES), "default": "ci"},
            "evidence": found.ref(Evidence),
            "load": _named(found.ref(Load)),
            "probes": _named({"anyOf": probes}),
            "drills": _named(found.ref(DrillKeys)),
            "phases": {"type": "array", "items": {"type": ["string", "object"]}},
            "targets": _named(_target(found)),
        },
        found.definitions | {DrillKeys.__name__: drill},
        ["nfrcheck", "targets"],
    )


def deployment_schema() -> Schema:
    """Of `*.deployment.yaml`."""
    single, named = deployment.SINGLE, deployment.NAMED
    controlled = deployment.CONTROLLED
    found = _Models(*single.values(), *named.values(), *controlled.values(), *CONTROLS.values())
    properties: Schema = {key: found.ref(model) for key, model in single.items()}
    properties |= {key: _named(found.ref(model)) for key, model in named.items()}
    properties |= {key: _named(_controlled(found, model)) for key, model in controlled.items()}
    properties |= {
        key: _named(_loose([keys])) for key, keys in later.PARTS.items() if key not in controlled
    }
    properties["rates"] = _named({"type": "string", "examples": ["150/s"]})
    title = "An nfrcheck deployment: where things are, and how they may be touched"
    return _file(title, properties, found.definitions, ["nfrcheck"])


class _Models:
    """The schemas of some models, with one set of definitions."""

    def __init__(self, *models: type[BaseModel]) -> None:
        listed = list(dict.fromkeys(models))
        refs, schema = models_json_schema([(model, "validation") for model in listed])
        self.definitions: Schema = schema.get("$defs", {})
        self.refs = {model: refs[model, "validation"] for model in listed}
        _accept_scalars(self.definitions)
        for definition in self.definitions.values():
            for key, value in definition.get("properties", {}).items():
                if key in MEANINGS:
                    value["description"] = MEANINGS[key]

    def ref(self, model: type[BaseModel]) -> Schema:
        return dict(self.refs[model])

    def schema(self, model: type[BaseModel]) -> Schema:
        name = str(self.refs[model]["$ref"]).rsplit("/", 1)[-1]
        found: Schema = self.definitions[name]
        return found


def _accept_scalars(schema: Any) -> None:
    """The reader takes the text of any scalar; an editor has parsed `1` as a number."""
    if isinstance(schema, list):
        for each in schema:
            _accept_scalars(each)
    if not isinstance(schema, dict):
        return
    values = schema.get("additionalProperties")
    if isinstance(values, dict) and values.get("type") == "string":
        values["type"] = ["string", "number", "boolean"]
    for each in schema.values():
        _accept_scalars(each)


def _file(title: str, properties: Schema, definitions: Schema, required: list[str]) -> Schema:
    paths = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
    return {
        "$schema": _DIALECT,
        "title": title,
        "type": "object",
        "properties": {
            "nfrcheck": {"const": 1, "description": "version of this language"},
            "name": {"type": "string", "pattern": _NAMES["propertyNames"]["pattern"]},
            "description": {"type": "string", "description": "shown on the scorecard"},
            "include": paths | {"description": "read first, in order; this file is merged over"},
            **properties,
        },
        "required": required,
        "additionalProperties": False,
        "$defs": definitions,
    }


def _named(schema: Schema) -> Schema:
    return {"type": "object", "additionalProperties": schema, **_NAMES}


def _target(found: _Models) -> Schema:
    """Common keys and those of every check; which belong together is for the reader to say."""
    own: Schema = {}
    for model in CHECKS.values():
        own |= found.schema(model)["properties"]
    own |= found.schema(CommonKeys)["properties"]
    own["check"] = {"enum": list(later.CHECKS), "description": "needed if the id is no check"}
    for keys in later.CHECKS.values():
        for key in (*keys.required, *keys.optional):
            own.setdefault(key, _ANYTHING)
    own.pop("pNN", None)
    limit = {"type": "string", "examples": ["< 200 ms"], "description": "an upper limit"}
    return {
        "type": "object",
        "properties": own,
        "patternProperties": {r"^p(50|[5-9][0-9](\.[0-9]{1,2})?)$": limit},
        "additionalProperties": False,
    }


def _controlled(found: _Models, model: type[BaseModel]) -> Schema:
    """A part's own keys, and what any of the controls takes at each of theirs."""
    own = dict(found.schema(model)["properties"])
    del own["control"]
    choices: dict[str, list[Schema]] = {}
    for control in CONTROLS.values():
        for key, value in found.schema(control)["properties"].items():
            choices.setdefault(key, []).append(value)
    taken = {key: {"anyOf": values} for key, values in choices.items() if key not in own}
    kind: Schema = {"enum": list(later.CONTROLS), "description": "the control of this part"}
    loose = _loose(later.CONTROLS.values())
    return loose | {"properties": loose["properties"] | taken | own | {"kind": kind}}


def _by_kind(table: dict[str, later.Keys], kinds: Iterable[str]) -> Schema:
    kinds = sorted(kinds)
    loose = _loose(table[kind] for kind in kinds)
    loose["properties"]["kind"] = {"enum": kinds}
    return loose | {"required": ["kind"]}


def _loose(rows: Iterable[later.Keys]) -> Schema:
    names = [key for keys in rows for key in (*keys.required, *keys.optional)]
    properties: Schema = dict.fromkeys(names, _ANYTHING)
    return {"type": "object", "properties": properties, "additionalProperties": False}
