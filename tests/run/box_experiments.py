"""Experiments of Chaos Toolkit that hurt region b of a box until they are rolled back."""

import json
from pathlib import Path
from typing import Any

from nfrcheck.box import layout
from nfrcheck.box.links import API_HOST
from tests.box.running_box import RunningBox

KIND = "kind: chaos-toolkit"
LOST = f"{KIND}, experiment: lost-gateway.json, within: 10 s"
SLOW = f"{KIND}, experiment: slow-store.json, within: 10 s"
FAULTS = (LOST, SLOW)
SEEN = ", confirm: region-b"
"""What a drill with one of them needs: neither says where its fault can be seen."""
LATE_MS = 1000
"""So late no look counts as an answer; but whoever waits gets one, also when it is left behind."""
WIRE = "system-to-legacy-b"


def prepare(box: RunningBox, place: Path, fault: str) -> tuple[Path, str]:
    """A deployment file of the box that allows this fault, and what its drill needs besides.

    Experiments are written to where the scenario will be.
    """
    if not fault.startswith(KIND):
        return box.folder / "box.deployment.yaml", ""
    for name, (act, back) in _acts(box.port).items():
        written = {
            "title": name,
            "description": "region b is hurt until it is rolled back",
            "method": [{"type": "action", "name": "hurt", "provider": act}],
            "rollbacks": [{"type": "action", "name": "put back", "provider": back}],
        }
        (place / f"{name}.json").write_text(json.dumps(written, indent=1), "utf-8")
    # Beside the one that the box wrote, for that names its certificate from there.
    path = box.folder / "experiments.deployment.yaml"
    text = box.deployment.replace("allow: [", "allow: [chaos-toolkit, ")
    path.write_text(text, "utf-8")
    return path, SEEN


def _acts(port: int) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """Each with what undoes it: through the platform of the box, and by its fault proxy."""
    gateway = f"http://{layout.OPS_HOST}:{port}/components/gw-b"
    toxics = f"http://{API_HOST}:{port}/proxies/{WIRE}/toxics"
    late = {"name": "late", "type": "latency", "attributes": {"latency": LATE_MS}}
    return {
        "lost-gateway": (_ask("POST", f"{gateway}/kill"), _ask("POST", f"{gateway}/restore")),
        "slow-store": (_ask("POST", toxics, late), _ask("DELETE", f"{toxics}/late")),
    }


def _ask(method: str, url: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    asked = {"type": "http", "method": method, "url": url, "timeout": 10}
    if body is None:
        return asked
    return {**asked, "headers": {"Content-Type": "application/json"}, "arguments": body}
