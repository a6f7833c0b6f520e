"""What `plan.json` holds to judge a kept run again: questions and limits, no secrets."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from nfrcheck.checks import CHECKS
from nfrcheck.kinds import Target
from nfrcheck.model.question import Earlier, EvidenceRules, Exclusion, Piece, Question
from nfrcheck.plan.addresses import is_loopback
from nfrcheck.plan.steps import Plan


def kept_targets(targets: Sequence[Target]) -> dict[str, Any]:
    """Plain values; `read_targets` gives equal targets back."""
    return {"targets": [_kept(target) for target in targets]}


def read_targets(kept: Mapping[str, Any]) -> tuple[Target, ...]:
    """Raises ValueError for a file that this version did not write."""
    return tuple(_read(one) for one in kept["targets"])


def _kept(target: Target) -> dict[str, Any]:
    model = target.judge
    limits = None
    if model is not None:
        limits = model.model_dump(mode="json", by_alias=True, exclude_unset=True)  # type: ignore[attr-defined]  # every check is a model
    return {
        "id": target.id,
        "check": target.check,
        "limits": limits,
        "lacks": target.lacks,
        "title": target.title,
        "critical": target.critical,
        "source": target.source,
        "requirement": target.requirement,
        "waived": dict(target.waived) if target.waived else None,
        "stretch": target.stretch,
        "question": dataclasses.asdict(target.question),
    }


def _read(kept: Mapping[str, Any]) -> Target:
    question = dict(kept["question"])
    question["rules"] = EvidenceRules(**question["rules"])
    question["exclude"] = tuple(
        Exclusion(status=tuple(one["status"]), route=one["route"]) for one in question["exclude"]
    )
    for name in ("during", "drills", "each"):
        question[name] = tuple(question[name])
    question["needs"] = {route: tuple(links) for route, links in question.get("needs", {}).items()}
    question["counted"] = {
        run: tuple(streams) for run, streams in question.get("counted", {}).items()
    }
    if question.get("earlier"):
        question["earlier"] = _earlier(question["earlier"])
    judge = None
    if kept["limits"] is not None:
        judge = CHECKS[kept["check"]].model_validate(kept["limits"])
    return Target(
        id=kept["id"],
        check=kept["check"],
        question=Question(**question),
        judge=judge,  # type: ignore[arg-type]  # every model in CHECKS has the verb
        lacks=kept["lacks"],
        title=kept["title"],
        critical=kept["critical"],
        source=kept["source"],
        requirement=kept["requirement"],
        waived=kept["waived"],
        stretch=kept["stretch"],
    )


def streams_of(plan: Plan) -> dict[str, dict[str, Any]]:
    """Per stream what was planned: total requests a second, arrivals, time-out."""
    streams: dict[str, dict[str, Any]] = {}
    for spec in plan.traffic:
        clients = len(spec.clients) if spec.kind == "probe" else 1
        streams[spec.stream] = {
            "rate": spec.rate * clients,
            "arrivals": spec.arrivals,
            "timeout_s": spec.timeout_s,
            "local": all(is_loopback(end.address) for end in spec.endpoints.values()),
        }
    return streams


def _earlier(kept: Mapping[str, Any]) -> Earlier:
    return Earlier(**{**kept, "pieces": tuple(Piece(**piece) for piece in kept["pieces"])})
