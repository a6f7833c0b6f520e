"""Writes the deployment file of a box: what a real platform would tell about itself, no more."""

import json
import os
from pathlib import Path

from nfrcheck.box import layout
from nfrcheck.box.acts import READ_ONLY, acts_of
from nfrcheck.box.layout import Layout, Part
from nfrcheck.box.links import API_HOST, LINKS, Link
from nfrcheck.box.records import STORE

VERBS = ("kill", "restore", "drain", "undrain")
COMPONENT_VERBS = ("kill", "restore", "pause", "resume", "drain", "undrain", "restart")
ALLOWED = (
    "region-kill",
    "region-drain",
    "component-kill",
    "component-pause",
    "component-drain",
    "component-restart",
    "component-scale",
    "component-deploy",
    "component-act",
    "region-isolate",
    "region-grey",
    "link-latency",
    "link-bandwidth",
    "link-stall",
    "link-cut",
    "link-reset",
    "link-hang",
    "link-slow-close",
)
STOCKED = "/system/v1/inventory/sku-1"
"""What every store can answer."""
TOKEN_VARIABLE = "BOX_ALICE_TOKEN"  # noqa: S105  the name of a variable


def write(box: Layout, token: str) -> None:
    box.deployment.write_text(text(box))
    secret(box.folder / "box.env", f"{TOKEN_VARIABLE}={token}\n")


def secret(path: Path, content: str) -> None:
    """Writes a file that only its owner can read."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(content)


def text(box: Layout) -> str:
    acting = {layout.OPS_HOST, API_HOST}
    hosts = sorted({part.host for part in layout.PARTS if part.tls} | acting)
    lines = ["# Written by the box at its start; valid while it runs.", "nfrcheck: 1", "name: box"]
    lines += ["description: Two regions in a box, as processes on loopback.", "", "entries:"]
    lines += [_entry(box, "global", layout.BY_NAME["edge"])]
    lines += [_entry(box, f"region-{part.region}", part) for part in layout.gateways()]
    lines += ["", "served_by: {header: x-served-region}"]
    lines += ["", "build: {entry: global, get: /healthz, json: /build}", "", "regions:"]
    for region in layout.REGIONS:
        lines += [f"  {region}:", f"    title: Region {region}"]
        lines += _control(box, f"regions/{region}", VERBS)
    lines += ["", "components:"]
    for part in layout.PARTS:
        lines += _component(box, part)
    for region in layout.REGIONS:
        lines += _application(box, region)
    if box.toxiproxy:
        lines += ["", "links:"]
        for link in LINKS:
            lines += _link(box, link)
    lines += ["", "principals:", f"  alice: {{token: {{env: {TOKEN_VARIABLE}}}}}", "  nobody: {}"]
    lines += ["", "safety:", f"  allow: [{', '.join(ALLOWED)}]"]
    lines += [f"  hosts: {json.dumps(hosts)}", "  max_rate: 1000/s", ""]
    return "\n".join(lines)


def _entry(box: Layout, name: str, part: Part) -> str:
    region = f", region: {part.region}" if part.region else ""
    return f'  {name}: {{url: "{box.url(part)}"{region}, ca: {box.ca.name}}}'


def _component(box: Layout, part: Part) -> list[str]:
    lines = [f"  {part.name}:"]
    if part.region is not None:
        lines.append(f"    region: {part.region}")
        lines.append(f'    address: "{part.host}:{box.port}"')
    if part.kind == "edge":
        lines.append("    entry: global")
    elif part.kind == "gateway":
        lines.append(f"    entry: region-{part.region}")
    elif part.kind == "store":
        shown = f"{{header: {STORE.decode()}, get: {STOCKED}}}"
        lines += ["    shows:", f"      {READ_ONLY.name}: {shown}"]
    # Nobody stands before the edge who could take it out of rotation.
    verbs = [v for v in COMPONENT_VERBS if part.kind != "edge" or not v.endswith("drain")]
    return lines + _control(box, f"components/{part.name}", verbs) + _acts(box, part)


def _acts(box: Layout, part: Part) -> list[str]:
    path = f"http://{layout.OPS_HOST}:{box.port}/components/{part.name}"
    lines = ["    acts:"]
    for act in acts_of(part):
        lines += [f"      {act.name}:", f'        do: "POST {path}/{act.name}"']
        lines.append(f'        undo: "POST {path}/{act.undo}"')
    return lines if len(lines) > 1 else []


def _application(box: Layout, region: str) -> list[str]:
    """The replicas of a region's application as one, as their platform scales and deploys them."""
    base = f"http://{layout.OPS_HOST}:{box.port}"
    look, last = f"{base}/apps/{region}", layout.apps(region)[-1]
    lines = [f"  app-{region}:", f"    title: The application of region {region}"]
    lines += [f"    region: {region}", f"    entry: region-{region}"]
    lines.append("    shows:")
    lines += [f"      {word}: {{header: x-served-node}}" for word in ("replicas", "thin-out")]
    lines += ["      version: {header: x-served-build}", "    kind: http"]
    acts = {"scale": "{replicas}", "deploy": "{version}", "rollback": "{version}"}
    lines += [f'    {verb}: "POST {look}/{verb}/{word}"' for verb, word in acts.items()]
    lines += [f'    {word}: {{get: "{look}", json: /{word}}}' for word in ("replicas", "version")]
    lines += ["    acts:", "      thin-out:"]
    for way, verb in (("do", "drain"), ("undo", "undrain")):
        lines.append(f'        {way}: "POST {base}/components/{last.name}/{verb}"')
    return [*lines, f'    verify: "GET {look}"', "    within: 30 s"]


def _link(box: Layout, link: Link) -> list[str]:
    target = layout.BY_NAME[link.wires[0].to]
    listen = [f"{wire.host}:{box.port}" for wire in link.wires]
    upstream = [f"{layout.BY_NAME[wire.to].host}:{box.port}" for wire in link.wires]
    lines = [f"  {link.name}:"]
    if link.joins:
        lines.append(f"    joins: [{', '.join(link.joins)}]")
    if link.to:
        lines.append(f"    to: {link.to}")
    lines += ["    kind: toxiproxy", f'    url: "{box.toxiproxy}"']
    lines.append(f"    proxy: [{', '.join(wire.name for wire in link.wires)}]")
    lines += [f"    listen: {json.dumps(listen)}", f"    upstream: {json.dumps(upstream)}"]
    lines.append(f'    verify: "GET {box.url(target)}{link.path}"')
    return lines + ([f"    ca: {box.ca.name}"] if target.tls else [])


def _control(box: Layout, path: str, verbs: tuple[str, ...] | list[str]) -> list[str]:
    base = f"http://{layout.OPS_HOST}:{box.port}/{path}"
    lines = ["    kind: http", *(f'    {verb}: "POST {base}/{verb}"' for verb in verbs)]
    return [*lines, f'    verify: "GET {base}"', "    within: 30 s"]
