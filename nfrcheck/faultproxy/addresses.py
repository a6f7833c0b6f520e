"""Addresses as "host:port": read, resolved, written, and refused in the words of the original."""

import asyncio
import ipaddress
import socket
from typing import NamedTuple

from nfrcheck.faultproxy.refusals import cannot_listen

LOOPBACK = "127.0.0.1"
RESOLVE_S = 5.0
PORT_MAX = 65_535


class Address(NamedTuple):
    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def family(self) -> socket.AddressFamily:
        return socket.AF_INET6 if ":" in self.host else socket.AF_INET


def split(text: str) -> tuple[str, str]:
    """Host and port; ValueError says what is wrong."""
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket:
            raise ValueError(f"address {text}: missing ']' in address")
        if not rest.startswith(":"):
            raise ValueError(f"address {text}: missing port in address")
        return host, rest[1:]
    host, colon, port = text.rpartition(":")
    if not colon:
        raise ValueError(f"address {text}: missing port in address")
    if ":" in host:
        raise ValueError(f"address {text}: too many colons in address")
    return host, port


def port_number(text: str) -> int:
    """ValueError for what is neither a number nor a service."""
    if text.isascii() and text.isdigit():
        if len(text) > 9 or int(text) > PORT_MAX:
            raise ValueError(f"address {text}: invalid port")
        return int(text)
    try:
        return socket.getservbyname(text, "tcp") if text else 0
    except (OSError, UnicodeError):
        raise ValueError(f"lookup tcp/{text}: unknown port") from None


def dialed(text: str) -> Address:
    """An upstream, not yet resolved. ValueError."""
    host, port = split(text)
    return Address(host or LOOPBACK, port_number(port))


async def resolved(text: str, *, creating: bool) -> Address:
    """Where to listen. Without a host that is loopback: who wants all of them writes 0.0.0.0."""
    try:
        host, port = split(text or f"{LOOPBACK}:0")
        number = port_number(port)
        return Address(await _ip(host or LOOPBACK), number)
    except ValueError as error:
        raise cannot_listen(f"listen tcp: {error}" if creating else str(error)) from None


async def _ip(host: str) -> str:
    if host == "localhost":
        return LOOPBACK
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(RESOLVE_S):
            found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise ValueError(f"lookup {host}: no such host") from None
    first = next((one for one in found if one[0] is socket.AF_INET), found[0])
    return str(first[4][0])
