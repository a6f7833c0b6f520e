"""What `chaos discover nfrcheck` shows: every action and probe with its arguments."""

from typing import Any

from chaoslib.discovery import (
    discover_actions,
    discover_probes,
    initialize_discovery_result,
)

from nfrcheck import __version__


def discover(*, discover_system: bool = True) -> dict[str, Any]:
    """The activities; nothing is contacted, so of the system nothing is said."""
    found: dict[str, Any] = initialize_discovery_result("nfrcheck", __version__, "nfrcheck")
    found["activities"] += discover_actions("nfrcheck.chaostoolkit.actions")
    found["activities"] += discover_probes("nfrcheck.chaostoolkit.probes")
    found["system"] = {} if discover_system else None
    return found
