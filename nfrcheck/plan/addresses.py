"""Hosts are resolved once, and what they were resolved to is what is contacted."""

import ipaddress
import socket
from collections.abc import Mapping
from urllib.parse import urlsplit

from nfrcheck.errors import DeploymentError
from nfrcheck.model.traffic import EndpointSpec
from nfrcheck.scenario.deployment import Deployment

Pins = Mapping[str, str]
"""Host to address, for whatever is asked of a host by its name alone."""


def pin(deployment: Deployment, *, ask_dns: bool) -> dict[str, str]:
    """The address of every entry's host; without `ask_dns` a name stays as it is written.

    An entry's own `resolve` is for that entry alone. It is the address of its host too if nobody
    says another one. Raises DeploymentError for a name that does not resolve.
    """
    pins: dict[str, str] = {}
    said: dict[str, set[str]] = {}
    for name, entry in deployment.entries.items():
        host = urlsplit(entry.url or "").hostname
        if host is None:
            continue
        if entry.resolve:
            said.setdefault(host, set()).add(entry.resolve)
        else:
            remedy = "correct the host, or give the entry an address with `resolve`"
            pins[host] = address_of(f"entry {name}", host, pins, ask_dns=ask_dns, remedy=remedy)
    alone = {host: min(addresses) for host, addresses in said.items() if len(addresses) == 1}
    return alone | pins


def address_of(
    who: str, host: str, pins: Pins, *, ask_dns: bool, remedy: str = "correct the host"
) -> str:
    """The pinned address of a host, or the one that it has now. Raises DeploymentError."""
    if _is_address(host) or not ask_dns:
        return host
    return pins.get(host) or _resolve(who, host, remedy)


def endpoint(deployment: Deployment, name: str, pins: Pins) -> EndpointSpec:
    """Raises DeploymentError for an entry without a URL."""
    entry = deployment.entries.get(name)
    if entry is None or entry.url is None:
        raise DeploymentError(f"entry {name} has no `url`", "this version sends HTTP only")
    if entry.cert and not (entry.key and entry.key.file):
        raise DeploymentError(f"entry {name}: a `cert` needs its `key`", "`key: {file: path}`")
    if entry.key and not entry.cert:
        raise DeploymentError(f"entry {name}: a `key` needs its `cert`", "`cert: path`")
    return EndpointSpec(
        url=entry.url,
        address=entry.resolve or pins[urlsplit(entry.url).hostname or ""],
        ca=str(entry.ca) if entry.ca else None,
        cert=str(entry.cert) if entry.cert else None,
        key=str(entry.key.file) if entry.key and entry.key.file else None,
    )


def is_loopback(address: str) -> bool:
    """Whether traffic to it stays on this machine."""
    if address == "localhost":
        return True
    return _is_address(address) and ipaddress.ip_address(address).is_loopback


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _resolve(who: str, host: str, remedy: str) -> str:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError as error:
        raise DeploymentError(
            f"{who}: the host {host} does not resolve ({error.strerror or error})", remedy
        ) from error
    return str(found[0][4][0])
