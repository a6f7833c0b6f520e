"""The first two files for a service that is known by its URL."""

import ipaddress
import re
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from nfrcheck.errors import UsageError

_SCENARIO = """\
# What must hold for {name}, and what is done to find out.
nfrcheck: 1
load:
  users:
    rate: 50/s
    journey:
      first: {{get: {path}}}
phases: [steady: {{until: decided, at_most: 3 min}}]
targets:
  availability: {{at_least: 99.9 %}}
  latency: {{p99: < 200 ms}}
"""
_DEPLOYMENT = """\
# Where {name} is, and what may be done to it.
nfrcheck: 1
entries: {{{entry}: {{url: "{origin}"}}}}
safety: {{hosts: [{host}], max_rate: 50/s}}
"""


def first_files(url: str, folder: Path) -> dict[Path, str]:
    """The text of a scenario and, after it, of its deployment; writes nothing.

    Raises UsageError if the URL is none or one of the files is there already.
    """
    parts = _split(url)
    host = parts.hostname or ""
    netloc = f"[{host}]" if ":" in host else host
    netloc += f":{parts.port}" if parts.port else ""
    words = {
        "name": _name(host),
        "entry": "app",
        "origin": f"{parts.scheme}://{netloc}",
        "host": f'"{host}"' if ":" in host else host,
        "path": _quoted((parts.path or "/") + (f"?{parts.query}" if parts.query else "")),
    }
    scenario = folder / f"{words['name']}.nfr.yaml"
    deployment = folder / "deployments" / f"{words['name']}.deployment.yaml"
    for path in (scenario, deployment):
        if path.exists():
            remedy = "choose another folder, or edit the file that is there"
            raise UsageError(f"{path} is there already", remedy)
    return {scenario: _SCENARIO.format(**words), deployment: _DEPLOYMENT.format(**words)}


def _split(url: str) -> SplitResult:
    parts = urlsplit(url if "://" in url else f"http://{url}")
    try:
        valid = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:  # a port that is none
        valid = False
    if not valid or parts.username or parts.password or re.search(r"[\s\"'\\\x00-\x1f]", url):
        raise UsageError(f"`{url}` is not a URL", "such as `http://127.0.0.1:8000/health`")
    return parts


def _name(host: str) -> str:
    """`local` for this machine, else the host's name with hyphens."""
    try:
        local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = host == "localhost"
    return "local" if local else re.sub(r"[^a-z0-9]+", "-", host.lower()).strip("-") or "service"


def _quoted(path: str) -> str:
    """As a YAML value in flow style; quotes only where they are needed."""
    return path if re.fullmatch(r"[A-Za-z0-9/._~-]+", path) else f'"{path}"'
