"""A control that hurts a link by Toxiproxy, as users run it, or by nfrcheck's own fault proxy."""

import asyncio
import ipaddress
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, Self
from urllib.parse import urlsplit

from pydantic import model_validator

from nfrcheck.deployments.acting import ActFailed, Step, perform
from nfrcheck.deployments.control import Control
from nfrcheck.deployments.http import Request, reference
from nfrcheck.deployments.toxics import Speech, is_down, toxics_of, unable, unseen
from nfrcheck.deployments.toxiproxy_client import Proxy, Toxic, Toxiproxy, Version, plain
from nfrcheck.errors import DeploymentError, Refused
from nfrcheck.fields import File, Many, refused
from nfrcheck.model.links import OURS, Disturbance, marked

_UNSEEN = Version(text="", embedded=False)
_GOOD_IN_A_ROW = 3
_UNKNOWN = 0
"""In place of a port that only the proxy itself could tell."""


class ToxiproxyControl(Control):
    """A link whose traffic goes through one or several proxies, named as the link if not said.

    `listen`: where its clients connect, if not where the proxy says; `upstream`: what the proxy
    must lead to. `verify` is a GET as a client would send it; it goes through the link. `speaks`:
    what its clients speak, if that is not HTTP; `greeting` where the server begins, `connect` for
    what is not known, which can show a cut alone.
    """

    kind: Literal["toxiproxy"] = "toxiproxy"
    url: str = "http://127.0.0.1:8474"
    proxy: Many[str] = ()
    listen: Many[str] = ()
    upstream: Many[str] = ()
    verify: Request | None = None
    speaks: Speech = "http"
    ca: File | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
            raise refused(f"`{self.url}` is not an address", 'write `"http://127.0.0.1:8474"`')
        for name in self.proxy:
            plain(name)
        for listed in (self.listen, self.upstream):
            if listed and len(listed) != max(1, len(self.proxy)):
                raise refused("`listen` and `upstream` name one address for each `proxy`")
            for address in listed:
                _split(address)
        if self.verify is not None and self.verify.method != "get":
            raise refused("`verify` changes nothing: a GET", 'such as `verify: "GET http://h/"`')
        if self.verify is not None and self.speaks != "http":
            raise refused("`verify` is a request over HTTP", "one of `verify` and `speaks`")
        return self

    def offers(self, verb: str) -> bool:
        return verb == "verify" and self.verify is not None

    def names(self, verb: str, word: str) -> bool:
        del verb, word
        return False

    def written(self, verb: str, words: Mapping[str, str]) -> list[Step]:
        del verb, words
        return self.proof()

    def proof(self) -> list[Step]:
        if self.verify is None or not self.listen:
            return []
        return [self.way(address) for address in self.listen]

    def way(self, listen: str) -> Step:
        """A request that goes through the link, as a check."""
        host, port = _split(listen)
        if self.speaks != "http":
            return {
                "kind": "link",
                "url": f"tcp://{listen if port else host}",
                "speaks": self.speaks,
                "address": self._reachable(host),
                "port": port,
                "expect": [100, 599],
                "times": _GOOD_IN_A_ROW,
                "within_s": self.within,
            }
        url = f"http://{listen if port else host}/" if self.verify is None else self.verify.url
        sent = self.verify.headers if self.verify else {}
        return {
            "kind": "link",
            "method": "GET",
            "url": url,
            "address": self._reachable(host),
            "port": port,
            "headers": {name: reference(value) for name, value in sent.items()},
            "ca": None if self.ca is None else str(self.ca.absolute()),
            "expect": [200, 399] if self.verify else [100, 599],
            "times": _GOOD_IN_A_ROW,
            "within_s": self.within,
        }

    def _reachable(self, host: str) -> str:
        """A proxy that listens on every address is reached where its API is."""
        try:
            everywhere = ipaddress.ip_address(host).is_unspecified
        except ValueError:
            everywhere = not host
        return (urlsplit(self.url).hostname or host) if everywhere else host

    def link(self, name: str, *, contact: bool) -> "ToxiproxyLink":
        """Looks at the proxies, and changes nothing. Without contact only what is written is known.

        Raises DeploymentError, and Refused where somebody's fault is in place already.
        """
        names = self.proxy or (name,)
        listen = self.listen or tuple(f"{one}:{_UNKNOWN}" for one in names)
        if not contact:
            return ToxiproxyLink(name, self, names, listen, _UNSEEN, seen=False)
        server = Toxiproxy(self.url)
        version, there = server.version(), server.proxies()
        found = [_proxy(name, one, there, self.url) for one in names]
        for proxy, upstream in zip(found, self.upstream, strict=False):
            if proxy.upstream != upstream:
                raise DeploymentError(
                    f"link {name}: the proxy {proxy.name} leads to {proxy.upstream}, not to "
                    f"{upstream}",
                    "a fault there would hit something else: correct `proxy` or `upstream`",
                )
        for proxy in found:
            if because := occupied(proxy):
                raise Refused(f"link {name}: {because}", "wait for its end, or put it back first")
        listen = self.listen or tuple(proxy.listen for proxy in found)
        return ToxiproxyLink(name, self, names, listen, version, seen=True)

    def leftovers(self, name: str) -> "Leftovers":
        """What runs left on this link, found by its name. Raises DeploymentError."""
        words: list[str] = []
        steps: list[Step] = []
        server, link = Toxiproxy(self.url), self.link(name, contact=False)
        for one in link.proxies:
            proxy = server.proxy(one)
            ours = [toxic.name for toxic in proxy.toxics if toxic.name.startswith(OURS)]
            words += [f"the proxy {one} holds {toxic}" for toxic in ours]
            steps += [link.removal(one, toxic) for toxic in ours]
            if not proxy.enabled:
                words.append(f"the proxy {one} is disabled")
                steps.append(link.update(one, {"enabled": True}))
        return Leftovers(words, steps)


class Leftovers(NamedTuple):
    """What is in place, and the steps that put it back."""

    words: list[str]
    steps: list[Step]


def _proxy(link: str, name: str, there: Mapping[str, Proxy], url: str) -> Proxy:
    if name not in there:
        known = ", ".join(sorted(there)) or "none"
        raise DeploymentError(
            f"link {link}: Toxiproxy at {url} has no proxy `{name}`", f"there is: {known}"
        )
    return there[name]


def occupied(proxy: Proxy, run: str | None = None) -> str | None:
    """Whose fault is in place already, or None. Other faults of `run` may be there."""
    if not proxy.enabled:
        return f"the proxy {proxy.name} is disabled already"
    mine = marked(run) if run else "/"
    foreign = [toxic.name for toxic in proxy.toxics if not toxic.name.startswith(mine)]
    if not foreign:
        return None
    who = " of another run" if foreign[0].startswith(OURS) else ""
    return f"the proxy {proxy.name} has a toxic{who} already: {', '.join(foreign)}"


def _split(address: str) -> tuple[str, int]:
    host, colon, port = address.rpartition(":")
    if not colon or not port.isdigit():
        raise refused(f"`{address}` is not an address", 'write `"127.0.0.1:5432"`')
    return host.strip("[]"), int(port)


@dataclass(frozen=True, slots=True)
class ToxiproxyLink:
    """One link as it was found; it satisfies `experiments.faults.site.Link`."""

    name: str
    control: ToxiproxyControl
    proxies: tuple[str, ...]
    listen: tuple[str, ...]
    version: Version
    seen: bool

    @property
    def within(self) -> float:
        return self.control.within

    def refusal(self, wanted: Disturbance) -> str | None:
        because = unseen(wanted, self.control.speaks) or unable(wanted)
        if because is None and self.seen and not self.version.embedded:
            because = unable(wanted, real=True)
        return because and f"link {self.name}: its control `toxiproxy` {because}"

    def ways(self) -> list[Step]:
        return [self.control.way(address) for address in self.listen]

    def undo(self, wanted: Disturbance) -> list[Step]:
        steps = []
        for proxy in self.proxies:
            if is_down(wanted):
                steps.append(self.update(proxy, {"enabled": True}))
            steps += [self.removal(proxy, toxic.name) for toxic in self._toxics(wanted)]
        return steps

    def removal(self, proxy: str, toxic: str) -> Step:
        path = f"/proxies/{plain(proxy)}/toxics/{plain(toxic)}"
        # Gone already is as good: it may have ended by itself.
        return {**self._step("DELETE", path), "also": [404]}

    def injection(self, wanted: Disturbance) -> list[Step]:
        steps = []
        for proxy in self.proxies:
            if is_down(wanted):
                ttl_s = self._ttl_s(wanted)
                ends = {} if ttl_s is None else {"ttl_s": ttl_s}
                steps.append(self.update(proxy, {"enabled": False, **ends}))
            path = f"/proxies/{plain(proxy)}/toxics"
            steps += [self._step("POST", path, toxic.body) for toxic in self._toxics(wanted)]
        return steps

    async def disturb(self, wanted: Disturbance) -> None:
        """Raises ActFailed, also where the proxy holds something else than it was given.

        What is read back here proves nothing about the link: that is seen by requests through it.
        """
        # Somebody may have come in the meantime. Only reading: to be cut short does no harm.
        await asyncio.to_thread(self._look, wanted, before=True)
        await perform(self.injection(wanted))
        await asyncio.to_thread(self._look, wanted, before=False)

    def _look(self, wanted: Disturbance, *, before: bool) -> None:
        server, toxics = Toxiproxy(self.control.url), self._toxics(wanted)
        for name in self.proxies:
            proxy = server.proxy(name)
            if before:
                because = occupied(proxy, wanted.run)
            else:
                because = _differs(proxy, toxics, disabled=is_down(wanted))
            if because:
                raise ActFailed(f"link {self.name}: {because}")

    def _toxics(self, wanted: Disturbance) -> list[Toxic]:
        ttl_s = self._ttl_s(wanted)
        return [replace(toxic, ttl_s=ttl_s) for toxic in toxics_of(wanted)]

    def _ttl_s(self, wanted: Disturbance) -> float | None:
        if not self.version.embedded:
            return None
        return wanted.lasting_s if self.control.expires is None else self.control.expires

    def update(self, proxy: str, body: dict[str, object]) -> Step:
        return self._step(self.version.update, f"/proxies/{plain(proxy)}", body)

    def _step(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Step:
        return {
            "kind": "http",
            "method": method,
            "url": self.control.url.rstrip("/") + path,
            "headers": {} if body is None else {"content-type": "application/json"},
            "body": None if body is None else json.dumps(body),
            "expect": [200, 299],
            "within_s": self.within,
        }


def _differs(proxy: Proxy, toxics: Sequence[Toxic], *, disabled: bool) -> str | None:
    if disabled and proxy.enabled:
        return f"the proxy {proxy.name} took the order and is still enabled"
    there = {toxic.name: toxic for toxic in proxy.toxics}
    for toxic in toxics:
        held = there.get(toxic.name)
        if held is None:
            return f"the proxy {proxy.name} took the toxic {toxic.name} and does not have it"
        kept = {key: held.attributes.get(key) for key in toxic.attributes}
        same = (held.type, held.stream) == (toxic.type, toxic.stream)
        same = same and math.isclose(held.toxicity, toxic.toxicity, abs_tol=1e-6)
        if not same or kept != dict(toxic.attributes):
            return f"the proxy {proxy.name} holds another {held.type} than it was given"
    return None
