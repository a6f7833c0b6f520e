"""A typed client of Toxiproxy's HTTP API: one address each, every call bounded in time.

It believes little: strangers' fields are ignored, what it cannot read is an error with the reason.
"""

import http.client
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import quote, urlsplit

from nfrcheck import __version__
from nfrcheck.errors import DeploymentError

TIMEOUT_S = 3.0
_MOST_BYTES = 4 << 20
_NOT_FOUND, _WRONG_METHOD = 404, 405
_PATCH_SINCE = (2, 6)

Stream = Literal["upstream", "downstream"]


class ToxiproxyError(DeploymentError):
    """The server did not do what was asked; `status` is None if it did not answer."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message, "is Toxiproxy running there, and is its `url` right?")
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    text: str
    embedded: bool
    """The fault proxy of nfrcheck, which can do more: faults that end by themselves."""

    @property
    def update(self) -> str:
        """The method that changes a proxy: old servers know POST alone."""
        found = re.match(r"(\d+)\.(\d+)", self.text)
        old = found is not None and (int(found[1]), int(found[2])) < _PATCH_SINCE
        return "POST" if old else "PATCH"


@dataclass(frozen=True, slots=True, kw_only=True)
class Toxic:
    """`attributes`: milliseconds, kB/s and bytes, as Toxiproxy has them."""

    name: str
    type: str
    stream: Stream = "downstream"
    toxicity: float = 1.0
    attributes: Mapping[str, float] = field(default_factory=dict)
    ttl_s: float | None = None
    """Only the embedded proxy knows it."""

    @property
    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = {
            "name": self.name,
            "type": self.type,
            "stream": self.stream,
            "toxicity": self.toxicity,
            "attributes": dict(self.attributes),
        }
        return body if self.ttl_s is None else {**body, "ttl_s": self.ttl_s}


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    name: str
    listen: str
    upstream: str
    enabled: bool
    toxics: tuple[Toxic, ...] = ()


class Toxiproxy:
    """One server. Every method raises ToxiproxyError, and takes at most `timeout_s`."""

    def __init__(self, url: str, *, timeout_s: float = TIMEOUT_S) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ToxiproxyError(f"`{url}` is no address of Toxiproxy")
        self.url = url.rstrip("/")
        self._parts = parts
        self._timeout_s = timeout_s

    def version(self) -> Version:
        told = self._object("GET", "/version")
        text = str(told.get("version", ""))
        try:
            known = self._object("GET", "/extensions").get("extensions")
        except ToxiproxyError as error:
            if error.status is None:
                raise
            known = None  # Toxiproxy itself has no such path
        return Version(text=text, embedded=bool(known))

    def proxies(self) -> dict[str, Proxy]:
        told = self._object("GET", "/proxies")
        return {name: self._proxy(one) for name, one in told.items()}

    def proxy(self, name: str) -> Proxy:
        return self._proxy(self._object("GET", f"/proxies/{plain(name)}"))

    def create(self, name: str, *, listen: str, upstream: str) -> Proxy:
        """`listen` must be said: without it Toxiproxy listens on all interfaces."""
        plain(name)
        body = {"name": name, "listen": listen, "upstream": upstream}
        return self._proxy(self._object("POST", "/proxies", body))

    def set_enabled(self, name: str, enabled: bool) -> None:
        path, body = f"/proxies/{plain(name)}", {"enabled": enabled}
        try:
            self._object("PATCH", path, body)
        except ToxiproxyError as error:
            if error.status != _WRONG_METHOD:
                raise
            self._object("POST", path, body)

    def delete(self, name: str) -> bool:
        """Whether it was there."""
        return self._remove(f"/proxies/{plain(name)}")

    def add(self, proxy: str, toxic: Toxic) -> Toxic:
        plain(toxic.name)
        told = self._object("POST", f"/proxies/{plain(proxy)}/toxics", toxic.body)
        return self._toxic(told)

    def remove(self, proxy: str, toxic: str) -> bool:
        """Whether it was there."""
        return self._remove(f"/proxies/{plain(proxy)}/toxics/{plain(toxic)}")

    def _remove(self, path: str) -> bool:
        try:
            self._ask("DELETE", path)
        except ToxiproxyError as error:
            if error.status != _NOT_FOUND:
                raise
            return False
        return True

    def _proxy(self, told: Any) -> Proxy:
        try:
            return Proxy(
                name=str(told["name"]),
                listen=str(told["listen"]),
                upstream=str(told["upstream"]),
                enabled=bool(told["enabled"]),
                toxics=tuple(self._toxic(one) for one in told.get("toxics") or ()),
            )
        except (TypeError, KeyError, AttributeError) as error:
            raise ToxiproxyError(f"{self.url} speaks of a proxy without {error}") from error

    def _toxic(self, told: Any) -> Toxic:
        try:
            down = str(told["stream"]).lower() == "downstream"
            return Toxic(
                name=str(told["name"]),
                type=str(told["type"]),
                stream="downstream" if down else "upstream",
                toxicity=float(told["toxicity"]),
                attributes=dict(told.get("attributes") or {}),
            )
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            raise ToxiproxyError(f"{self.url} speaks of a toxic without {error}") from error

    def _object(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        text = self._ask(method, path, body)
        try:
            told = json.loads(text)
        except ValueError:
            told = None
        if not isinstance(told, dict):
            raise ToxiproxyError(f"{method} {self.url}{path}: the answer is no JSON object")
        return told

    def _ask(self, method: str, path: str, body: Any = None) -> bytes:
        """The body of a 2xx, whatever the content type says."""
        until = time.monotonic() + self._timeout_s
        sent = None if body is None else json.dumps(body)
        headers = {"user-agent": f"nfrcheck/{__version__}", "connection": "close"}
        if sent is not None:
            headers["content-type"] = "application/json"
        secure = self._parts.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        line = kind(self._parts.hostname or "", self._parts.port, timeout=self._timeout_s)
        try:
            line.request(method, self._parts.path.rstrip("/") + path, sent, headers)
            with line.getresponse() as answer:
                text = _read(answer, until)
        except (OSError, http.client.HTTPException) as error:
            because = str(error) or type(error).__name__
            raise ToxiproxyError(f"{method} {self.url}{path}: {because}") from error
        finally:
            line.close()
        if not 200 <= answer.status <= 299:
            because = f"status {answer.status}: {_words(text)}"
            raise ToxiproxyError(f"{method} {self.url}{path}: {because}", answer.status)
        return text


def plain(name: str) -> str:
    """The name as a part of a path. Toxiproxy takes names that it cannot be asked for again."""
    if not name or "/" in name or name in {".", ".."}:
        raise ToxiproxyError(f"`{name}` is a name that Toxiproxy cannot be asked for")
    return quote(name, safe="")


def _read(answer: http.client.HTTPResponse, until: float) -> bytes:
    """A drip-fed answer ends with the time, one without an end with the most that is read."""
    found = b""
    while chunk := answer.read1(65_536):
        found += chunk
        if time.monotonic() > until or len(found) > _MOST_BYTES:
            raise TimeoutError("the answer does not end")
    return found


def _words(text: bytes) -> str:
    """The server's own message; its errors are JSON, whatever type it calls them."""
    try:
        return str(json.loads(text)["error"])
    except (ValueError, KeyError, TypeError):
        return text[:200].decode("utf-8", "replace").strip() or "no words"
