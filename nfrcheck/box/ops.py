"""The ops plane: what a real platform offers its operators. Plain HTTP on a loopback address."""

from nfrcheck.box import layout
from nfrcheck.box.acts import orders
from nfrcheck.box.http1 import Answer, Request
from nfrcheck.box.layout import BY_NAME
from nfrcheck.box.platform import Platform, said
from nfrcheck.box.rollout import Application, is_version

REGION_VERBS = frozenset(("kill", "restore", "drain", "undrain"))
COMPONENT_VERBS = REGION_VERBS | {"pause", "resume", "restart"}


class Ops:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._apps = {region: Application(platform, region) for region in layout.REGIONS}

    async def serve(self, request: Request) -> Answer:
        kind, name, verb, word = (*request.path.strip("/").split("/"), "", "", "", "")[:4]
        if kind == "apps" and name in self._apps:
            return await self._application(request, self._apps[name], verb, word)
        return await self._serve(request, kind, name, verb)

    async def _serve(self, request: Request, kind: str, name: str, verb: str) -> Answer:
        if kind == "regions" and name in layout.REGIONS:
            verbs = REGION_VERBS
        elif kind == "components" and name in BY_NAME:
            verbs = COMPONENT_VERBS | orders(BY_NAME[name]).keys()
        else:
            return said(404, error="no such region or component")
        if request.method == b"GET" and not verb:
            return await self._look(kind, name)
        if request.method != b"POST":
            return said(405, error="GET looks, POST acts")
        if verb not in verbs:
            return said(404, error=f"known acts: {', '.join(sorted(verbs))}")
        if name == "edge" and verb in {"drain", "undrain"}:
            return said(409, error="nobody stands before the edge who could take it out of turn")
        names = [part.name for part in layout.of_region(name)] if kind == "regions" else [name]
        return await self._act(kind, name, verb, names)

    async def _look(self, kind: str, name: str) -> Answer:
        look = self._platform.region if kind == "regions" else self._platform.component
        well, state = await look(name)
        return said(200 if well else 503, **state)

    async def _application(
        self, request: Request, application: Application, verb: str, word: str
    ) -> Answer:
        """`GET` looks; `POST scale/N`, `deploy/VERSION` and `rollback/VERSION` act."""
        if request.method == b"GET" and not verb:
            well, state = await application.look()
            return said(200 if well else 503, **state)
        if request.method != b"POST":
            return said(405, error="GET looks, POST acts")
        if verb == "scale" and word.isascii() and word.isdigit():
            if int(word) > application.most:
                return said(409, error=f"there is room for {application.most} replicas")
            done = await application.scale(int(word))
        elif verb in {"deploy", "rollback"} and is_version(word):
            done = await application.deploy(word)
        else:
            return said(404, error="known acts: scale/N, deploy/VERSION, rollback/VERSION")
        return said(200 if done else 503, done=verb, to=word, in_time=done)

    async def _act(self, kind: str, name: str, verb: str, names: list[str]) -> Answer:
        platform = self._platform
        rotated = f"gw-{name}" if kind == "regions" else name
        done = True
        if verb in {"kill", "pause"}:
            await platform.order(verb, *names)
        elif verb == "drain":
            done = await platform.drain(rotated)
        elif verb == "undrain":
            done = await platform.undrain(rotated)
        elif kind == "components" and verb in (known := orders(BY_NAME[name])):
            act, holds = known[verb]
            done = await platform.act(act, name, holds=holds)
        elif verb == "resume":
            await platform.order("resume", *names)
            done = await platform.come_up(*names)
        else:
            if verb == "restart":
                await platform.order("resume", *names)
                await platform.order("stop", *names)
            done = await platform.restore(*names)
        return said(200 if done else 503, done=verb, name=name, in_time=done)
