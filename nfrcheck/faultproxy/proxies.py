"""All proxies by name: created, changed, replaced, reset.

Where a host name must be resolved first, no other proxy is changed meanwhile.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from nfrcheck.faultproxy import addresses, bodies
from nfrcheck.faultproxy.addresses import Address
from nfrcheck.faultproxy.bodies import Field, Values
from nfrcheck.faultproxy.expiry import Ttl, read_ttl
from nfrcheck.faultproxy.proxy import Proxy
from nfrcheck.faultproxy.refusals import Refused, bad_body, missing, proxy_exists, proxy_not_found

_PROXY = "toxiproxy.Proxy"
_LIST = '[]struct { toxiproxy.Proxy; Enabled *bool "json:\\"enabled\\"" }'


def _fields(owner: str, enabled: str) -> Mapping[str, Field]:
    texts = {name: Field("string", owner) for name in ("name", "listen", "upstream")}
    return {**texts, "enabled": Field("bool", enabled)}


class Proxies:
    def __init__(self, seed: str) -> None:
        self.seed = seed
        self._all: dict[str, Proxy] = {}
        self._one_at_a_time = asyncio.Lock()

    def all(self) -> list[Proxy]:
        return [self._all[name] for name in sorted(self._all)]

    def get(self, name: str) -> Proxy:
        if name not in self._all:
            raise proxy_not_found()
        return self._all[name]

    async def create(self, body: bytes) -> Proxy:
        found = bodies.first_value(body)
        given = bodies.read_object(found, _fields("Proxy", "Proxy"), _PROXY)
        ttl = _ttl(found, enabled=given.get("enabled", True))
        for field in ("name", "upstream"):
            if not given.get(field):
                raise missing(field)
        async with self._one_at_a_time:
            if given["name"] in self._all:
                raise proxy_exists()
            return await self._add(given, ttl)

    async def _add(self, given: Values, ttl: Ttl) -> Proxy:
        proxy = Proxy(given["name"], given.get("listen", ""), given["upstream"], self.seed)
        if given.get("enabled", True):
            await self._start(proxy)
        self._all[proxy.name] = proxy
        proxy.down.set(ttl, proxy.end_down)
        return proxy

    async def _start(self, proxy: Proxy) -> None:
        address = await addresses.resolved(proxy.listen, creating=True)
        self._let_go(address, proxy)
        proxy.start(address)

    def _let_go(self, address: Address, of: Proxy) -> None:
        """A port that one of ours only holds is free for another of ours."""
        for other in self._all.values():
            if other is not of and not other.enabled and other.listener.address == address:
                other.listener.close()

    async def change(self, name: str, body: bytes) -> Proxy:
        """What is not named stays. Another address, and all connections are dropped."""
        async with self._one_at_a_time:
            proxy = self.get(name)
            found = bodies.first_value(body)
            given = bodies.read_object(found, _fields("Proxy", "Proxy"), _PROXY)
            listen = given.get("listen", proxy.listen)
            upstream = given.get("upstream", proxy.upstream)
            ttl = _ttl(found, enabled=given.get("enabled", proxy.enabled))
            differs = await _differs(proxy, listen, upstream)
            # Read only now: its time may have ended meanwhile.
            enabled = given.get("enabled", proxy.enabled)
            if differs:
                proxy.lead(listen, upstream)
            if enabled and not proxy.enabled:
                await self._start(proxy)
            elif proxy.enabled and not enabled:
                proxy.stop()
            proxy.down.set(ttl, proxy.end_down)
            return proxy

    async def remove(self, name: str) -> None:
        async with self._one_at_a_time:
            self.get(name).close()
            del self._all[name]

    async def reset(self) -> None:
        """All up, no toxics. One that cannot listen is told of, after the others were healed."""
        failed: list[Refused] = []
        async with self._one_at_a_time:
            for proxy in self.all():
                for toxic in proxy.all_toxics():
                    proxy.remove_toxic(toxic)
                if not proxy.enabled:
                    try:
                        await self._start(proxy)
                    except Refused as refused:
                        failed.append(refused)
        if failed:
            raise failed[0]

    async def populate(self, body: bytes) -> tuple[list[Proxy], Refused | None]:
        """Those that are there as asked for, until the first that could not be."""
        try:
            wanted = _wanted(body)
        except Refused as refused:
            return [], refused
        done: list[Proxy] = []
        async with self._one_at_a_time:
            for given in wanted:
                try:
                    done.append(await self._add_or_replace(given))
                except Refused as refused:
                    return done, refused
        return done, None

    async def _add_or_replace(self, given: Values) -> Proxy:
        there = self._all.get(given["name"])
        if there is not None:
            if not await _differs(there, given.get("listen", ""), given["upstream"]):
                return there
            there.close()
        return await self._add(given, {})

    def close(self) -> None:
        for proxy in self._all.values():
            proxy.close()


async def _differs(proxy: Proxy, listen: str, upstream: str) -> bool:
    address = await addresses.resolved(listen, creating=False)
    return proxy.listen != str(address) or proxy.upstream != upstream


def _ttl(found: Any, *, enabled: bool) -> Ttl:
    ttl = read_ttl(found)
    if enabled and ttl.get("ttl_s") is not None:
        raise bad_body("ttl_s ends what is not enabled")
    return ttl


def _wanted(body: bytes) -> list[Values]:
    found = bodies.first_value(body)
    if not isinstance(found, list):
        if bodies.read_object(found, {}, _LIST) == {} and found is None:
            return []
        raise bad_body(f"json: cannot unmarshal object into Go value of type {_LIST}")
    read = [bodies.read_object(one, _fields(".Proxy", ""), _LIST) for one in found]
    for number, given in enumerate(read, 1):
        for field in ("name", "upstream"):
            if not given.get(field):
                raise missing(f"{field} at proxy {number}")
    return read
