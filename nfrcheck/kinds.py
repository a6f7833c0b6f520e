"""The verbs: what a check and a report can do, and the target that a check is asked about."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from nfrcheck.model.history import History
from nfrcheck.model.question import Question
from nfrcheck.model.verdict import Verdict


class Check(Protocol):
    """A pure judge: no clock, no network, no files. Its fields are its YAML keys."""

    def judge(self, history: History, question: Question) -> Verdict: ...


@runtime_checkable
class Refutable(Protocol):
    """A check that one counter-example decides, while the run still goes on."""

    @property
    def within_s(self) -> float | None:
        """How long a counter-example lasts at least; None: there can be none."""

    def refute(self, history: History, question: Question) -> Verdict | None:
        """A FAIL that stands whatever comes later; looks at the newest part of a history alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One requirement: the check with its limits, and where and by which rules it is judged."""

    id: str
    check: str
    question: Question
    judge: Check | None = None
    """None when this version, the scenario or the deployment lacks something; `lacks` says what."""
    lacks: str = ""
    title: str = ""
    critical: bool = True
    source: str = ""
    requirement: str = ""
    waived: Mapping[str, str] | None = None
    """owner, until (ISO date), because."""
    stretch: str = ""


class Report(Protocol):
    """Writes one file from `run.json` and nothing else; the same input gives the same bytes."""

    def __call__(self, run: dict[str, Any], folder: Path) -> Path: ...
