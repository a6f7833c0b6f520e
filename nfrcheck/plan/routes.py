"""A written request becomes a route: who sends it, its body, and what a good answer is."""

import base64
import json
from collections.abc import Mapping
from urllib.parse import urlencode

from nfrcheck.errors import DeploymentError
from nfrcheck.fields import Secret
from nfrcheck.model.traffic import Expect, Route
from nfrcheck.plan.sources import Sources
from nfrcheck.scenario.deployment import Principal
from nfrcheck.scenario.loads import BodyFile, Request, Step


def route_of(
    sources: Sources,
    name: str,
    step: Request,
    principal: str | None,
    headers: Mapping[str, str | Secret],
) -> Route:
    who = step.principal or principal
    all_headers = {**headers, **step.headers}
    filled = {key: _header(value, sources.secrets) for key, value in all_headers.items()}
    identity = _identity(who, sources) if who else {}
    secret = [key for key, value in all_headers.items() if isinstance(value, Secret)]
    body, content_type = _body(step)
    query = f"?{urlencode(step.query, safe='{}')}" if step.query else ""
    own = step if isinstance(step, Step) else Step.model_construct()
    return Route(
        name=name,
        path=step.path + query,
        method=step.method,
        weight=own.weight,
        headers=filled | identity,
        body=body,
        content_type=content_type,
        idempotency_key=own.idempotency_key,
        expect=_expect(step),
        timeout_s=step.timeout,
        principal=who,
        at_least_rate=own.at_least_rate,
        secret=tuple(dict.fromkeys([*secret, *identity])),
    )


def _header(value: str | Secret, secrets: bool) -> str:
    if isinstance(value, Secret):
        return value.resolve() if secrets else "-"
    return value


def _identity(who: str, sources: Sources) -> dict[str, str]:
    principal: Principal = sources.deployment.principals[who]
    if not sources.secrets:
        return {}
    if principal.token:
        return {"authorization": f"Bearer {principal.token.resolve()}"}
    if principal.api_key:
        return {principal.api_key.header: principal.api_key.value.resolve()}
    if principal.basic:
        pair = f"{principal.basic.username}:{principal.basic.password.resolve()}"
        return {"authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
    if principal.certificate:
        raise DeploymentError(
            f"principal {who}: this version sends no client certificate per principal",
            "give the entry a `cert` and a `key`",
        )
    return {}


def _body(step: Request) -> tuple[str | None, str | None]:
    if step.has_json:
        return json.dumps(step.json_), "application/json"
    if step.form is not None:
        return urlencode(step.form, safe="{}"), "application/x-www-form-urlencoded"
    if step.graphql is not None:
        return json.dumps({"query": _text(step.graphql)}), "application/json"
    if step.body is not None:
        return _text(step.body), "text/plain; charset=utf-8"
    return None, None


def _text(body: str | BodyFile) -> str:
    return body.file.read_text(encoding="utf-8") if isinstance(body, BodyFile) else body


def _expect(step: Request) -> Expect | None:
    declared = step.expect
    absent = ("/errors",) if step.graphql is not None else ()
    if declared is None and not absent:
        return None
    if declared is None:
        return Expect(absent=absent)
    return Expect(
        status=tuple(int(s) if s.isdigit() else s for s in declared.status) or ("2xx",),
        json=declared.json_,
        has=declared.has,
        absent=(*declared.absent, *absent),
        header=declared.header,
    )
