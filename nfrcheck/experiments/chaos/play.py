"""What playing an experiment and putting it back have in common."""

import copy
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chaoslib.configuration import load_configuration
from chaoslib.secret import load_secrets

from nfrcheck.experiments.chaos.evidence import Hiding, secret_texts

SETTINGS = {"runtime": {"rollbacks": {"strategy": "always"}}}
"""Ours, whatever a settings file of the user or the experiment itself says."""


def without_refs(experiment: dict[str, Any]) -> dict[str, Any]:
    """Each activity is a mapping of its own, so that it can be told from all others.

    The library finds a `ref` by name among the method and the hypothesis; so does this.
    """
    probes = (experiment.get("steady-state-hypothesis") or {}).get("probes") or []
    named = {one.get("name"): one for one in [*(experiment.get("method") or []), *probes]}

    def own(activity: dict[str, Any]) -> dict[str, Any]:
        return copy.deepcopy(named.get(activity.get("ref"), activity))

    listed = {key: [own(one) for one in experiment.get(key) or []] for key in _LISTS}
    return {key: value for key, value in experiment.items() if key != "dry"} | listed


_LISTS = ("method", "rollbacks")


def listed(activity: dict[str, Any], activities: Sequence[dict[str, Any]]) -> bool:
    """Whether it is one of these itself; another one may say the same."""
    return any(one is activity for one in activities)


def hiding_of(experiment: dict[str, Any]) -> Hiding:
    """What must not be written of it. Raises what the library raises for a missing secret."""
    configuration = load_configuration(experiment.get("configuration") or {})
    secrets = load_secrets(experiment.get("secrets") or {}, configuration)
    # By any name: whoever called it a secret knows.
    loaded = {f"secret {n}": text for n, text in enumerate(secret_texts(secrets))}
    return Hiding(loaded, configuration, experiment)


def log_to(path: Path | None, hide: Hiding) -> None:
    """What the library says while it plays, in a file of the run; None: nowhere."""

    class Hidden(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            return hide.text(super().format(record))

    kept = logging.FileHandler(path, encoding="utf-8") if path else logging.NullHandler()
    kept.setFormatter(Hidden("%(asctime)s %(levelname)s %(message)s"))
    logger = logging.getLogger("chaostoolkit")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(kept)
