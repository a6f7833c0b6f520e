"""The first two files for a service that is known by its URL."""

import ipaddress
import re
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from nfrcheck.errors import UsageError
from nfrcheck.model.outside import is_file

LONGEST_NAME = 60
_HOST = re.compile(r"\w[\w-]{0,62}(\.\w[\w-]{0,62})*\.?")
_USER = re.compile(r"^([a-z]+:/*)?.*@", re.IGNORECASE | re.DOTALL)
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
        "host": f'"{host}"',
        "path": _quoted((parts.path or "/") + (f"?{parts.query}" if parts.query else "")),
    }
    scenario = folder / f"{words['name']}.nfr.yaml"
    deployment = folder / "deployments" / f"{words['name']}.deployment.yaml"
    for path in (scenario, deployment):
        if is_file(path):
            remedy = "choose another folder, or edit the file that is there"
            raise UsageError(f"{path} is there already", remedy)
    return {scenario: _SCENARIO.format(**words), deployment: _DEPLOYMENT.format(**words)}


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        valid = parts.scheme in {"http", "https"} and parts.port != 0
    except ValueError:  # a port, or an address in brackets, that is none
        valid = False
    written = url.isprintable() and not re.search(r"[\s\"'\\]", url)
    if not valid or not written or not _is_host(parts.hostname or ""):
        raise UsageError(f"`{_masked(url)}` is not a URL", "such as `http://127.0.0.1:8000/health`")
    if parts.username is not None or parts.password is not None:
        remedy = "write the URL without it; `principals` of the deployment say who asks"
        raise UsageError(f"`{_masked(url)}` names a user", remedy)
    if re.search(r"[{}]", url):
        remedy = "in a scenario `{name}` is a placeholder: write one path that is there"
        raise UsageError(f"`{url}` has braces", remedy)
    return parts


def _is_host(host: str) -> bool:
    """A name or an address, so that nothing else gets into the files."""
    return ":" in host or bool(_HOST.fullmatch(host))


def _masked(url: str) -> str:
    """What stands before an `@` may be a password."""
    return _USER.sub(r"\1***@", url)


def _name(host: str) -> str:
    """`local` for this machine, else the host's name with hyphens."""
    try:
        local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = host == "localhost"
    name = re.sub(r"[^a-z0-9]+", "-", host.lower())[:LONGEST_NAME].strip("-")
    return "local" if local else name or "service"


def _quoted(path: str) -> str:
    """As a YAML value in flow style; quotes only where they are needed."""
    return path if re.fullmatch(r"[A-Za-z0-9/._~-]+", path) else f'"{path}"'
