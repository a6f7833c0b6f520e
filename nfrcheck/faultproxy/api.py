"""The HTTP API: Toxiproxy's paths, statuses and words, and what we add to them."""

import re
import secrets
import sys
import traceback
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import unquote

from nfrcheck.faultproxy import bodies, toxics
from nfrcheck.faultproxy.arrivals import Pulse
from nfrcheck.faultproxy.proxies import Proxies
from nfrcheck.faultproxy.refusals import Refused
from nfrcheck.faultproxy.requests import Answer, Request

VERSION = "2.12.0"
"""Of the API that is spoken here."""

_JSON = {"Content-Type": "application/json"}
_TEXT = {"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff"}

Parts = tuple[str, ...]
Handler = Callable[["Api", Request, Parts], Awaitable[Answer]]


def found(value: Any, status: int = 200) -> Answer:
    return Answer(status, bodies.write(value), _JSON)


def plain(status: int, text: str) -> Answer:
    return Answer(status, f"{text}\n".encode(), _TEXT)


class Api:
    def __init__(self, proxies: Proxies) -> None:
        self._proxies, self._pulse = proxies, Pulse()

    async def handle(self, request: Request) -> Answer:
        path, clean = _paths(request.target)
        if path != clean:
            return Answer(301, headers={"Location": clean})
        parts, methods = _route(path)
        if methods is None:
            return plain(404, "404 page not found")
        handler = methods.get(request.method)
        if handler is None:
            return Answer(405)
        if request.headers.get("user-agent", "").startswith("Mozilla/"):
            answer = plain(403, "User agent not allowed")
        else:
            answer = await self._answer(handler, request, parts)
        numbered = {**answer.headers, "X-Toxiproxy-Request-Id": secrets.token_hex(10)}
        return Answer(answer.status, answer.body, numbered)

    async def _answer(self, handler: Handler, request: Request, parts: Parts) -> Answer:
        try:
            return await handler(self, request, parts)
        except Refused as refused:
            return plain(refused.status, bodies.write(refused.to_json()).decode())
        except Exception as error:  # noqa: BLE001  # a bug of ours must not end the faults' end
            print(traceback.format_exc(), file=sys.stderr)  # noqa: T201
            return plain(500, bodies.write({"error": repr(error), "status": 500}).decode())

    async def list_proxies(self, _request: Request, _parts: Parts) -> Answer:
        return found({proxy.name: proxy.to_json() for proxy in self._proxies.all()})

    async def create_proxy(self, request: Request, _parts: Parts) -> Answer:
        return found((await self._proxies.create(request.body)).to_json(), 201)

    async def populate(self, request: Request, _parts: Parts) -> Answer:
        done, refused = await self._proxies.populate(request.body)
        listed = {"proxies": [proxy.to_json() for proxy in done] or None}
        if refused is not None:
            return found({**refused.to_json(), **listed}, refused.status)
        return found(listed, 201)

    async def show_proxy(self, _request: Request, parts: Parts) -> Answer:
        return found(self._proxies.get(*parts).to_json())

    async def change_proxy(self, request: Request, parts: Parts) -> Answer:
        return found((await self._proxies.change(parts[0], request.body)).to_json())

    async def delete_proxy(self, _request: Request, parts: Parts) -> Answer:
        await self._proxies.remove(*parts)
        return Answer(204)

    async def list_toxics(self, _request: Request, parts: Parts) -> Answer:
        proxy = self._proxies.get(*parts)
        return found([toxic.to_json() for toxic in proxy.all_toxics()])

    async def create_toxic(self, request: Request, parts: Parts) -> Answer:
        proxy = self._proxies.get(*parts)
        toxic, asked = toxics.asked_for(request.body)
        proxy.must_be_new(toxic.name)
        ttl = toxics.complete(toxic, asked)
        toxics.check_share(toxic, toxic.toxicity)
        proxy.add_toxic(toxic, ttl)
        return found(toxic.to_json())

    async def show_toxic(self, _request: Request, parts: Parts) -> Answer:
        proxy, name = parts
        return found(self._proxies.get(proxy).toxic(name).to_json())

    async def change_toxic(self, request: Request, parts: Parts) -> Answer:
        proxy, name = self._proxies.get(parts[0]), parts[1]
        toxic = proxy.toxic(name)
        change = toxics.change(toxic, request.body)
        toxics.check_share(toxic, change.toxicity)
        proxy.change_toxic(toxic, change)
        return found(toxic.to_json())

    async def delete_toxic(self, _request: Request, parts: Parts) -> Answer:
        proxy, name = self._proxies.get(parts[0]), parts[1]
        proxy.remove_toxic(proxy.toxic(name))
        return Answer(204)

    async def reset(self, _request: Request, _parts: Parts) -> Answer:
        await self._proxies.reset()
        return Answer(204)

    async def version(self, _request: Request, _parts: Parts) -> Answer:
        text = f'{{"version": "{VERSION}"}}\n'
        return Answer(200, text.encode(), {"Content-Type": "application/json;charset=utf-8"})

    async def connections(self, _request: Request, parts: Parts) -> Answer:
        """Ours: who is connected, and how many bytes came in and went out in each direction."""
        return found(self._proxies.get(*parts).connections_to_json())

    async def arrivals(self, _request: Request, parts: Parts) -> Answer:
        """Ours: how many connections have come, and when those of the last second did."""
        told = self._proxies.get(*parts).arrivals_to_json()
        return found({**told, "late_s": self._pulse.late_s()})

    async def extensions(self, _request: Request, _parts: Parts) -> Answer:
        """Ours, and 404 elsewhere: how a client learns what it may ask for."""
        told = ["ttl_s", "connections", "arrivals", "cut", "hang", "refuse", "seed"]
        return found({"extensions": told, "seed": self._proxies.seed})


Methods = Mapping[str, Handler]

ROUTES: Mapping[str, Methods] = {
    "/reset": {"POST": Api.reset},
    "/proxies": {"GET": Api.list_proxies, "POST": Api.create_proxy},
    "/populate": {"POST": Api.populate},
    "/proxies/{}": {
        "GET": Api.show_proxy,
        "POST": Api.change_proxy,
        "PATCH": Api.change_proxy,
        "DELETE": Api.delete_proxy,
    },
    "/proxies/{}/toxics": {"GET": Api.list_toxics, "POST": Api.create_toxic},
    "/proxies/{}/toxics/{}": {
        "GET": Api.show_toxic,
        "POST": Api.change_toxic,
        "PATCH": Api.change_toxic,
        "DELETE": Api.delete_toxic,
    },
    "/version": {"GET": Api.version},
    "/proxies/{}/connections": {"GET": Api.connections},
    "/proxies/{}/arrivals": {"GET": Api.arrivals},
    "/extensions": {"GET": Api.extensions},
}
_PATTERNS = [
    (re.compile(re.escape(path).replace(r"\{\}", "([^/]+)"), re.DOTALL), methods)
    for path, methods in ROUTES.items()
]


def _route(path: str) -> tuple[Parts, Methods | None]:
    for pattern, methods in _PATTERNS:
        match = pattern.fullmatch(path)
        if match is not None:
            return match.groups(), methods
    return (), None


def _paths(target: str) -> tuple[str, str]:
    """The path as it was asked for, unquoted, and what it should have been."""
    if "://" in target.partition("?")[0]:
        target = "/" + target.partition("://")[2].partition("/")[2]
    path = unquote(target.partition("?")[0].encode("latin-1").decode("utf-8", "replace"))
    kept: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del kept[-1:]
        elif part not in {"", "."}:
            kept.append(part)
    clean = "/" + "/".join(kept)
    return path, clean + "/" if path.endswith("/") and clean != "/" else clean
