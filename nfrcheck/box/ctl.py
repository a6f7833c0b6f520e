"""The ctl plane: defects and the truth. Address and token stand in `ctl.json`, nowhere else."""

import hmac
import json
from dataclasses import replace
from typing import Any

from nfrcheck.box import defects, documents, layout, truth
from nfrcheck.box.defects import Strength, UnknownSwitchError
from nfrcheck.box.http1 import Answer, Request
from nfrcheck.box.layout import PARTS
from nfrcheck.box.platform import Platform, said


class Ctl:
    def __init__(self, platform: Platform, token: str, *, strength: Strength, seed: int) -> None:
        self._platform = platform
        self._bearer = b"Bearer " + token.encode()
        self._strength: Strength = strength
        self._seed = seed

    async def serve(self, request: Request) -> Answer:
        if not hmac.compare_digest(request.header(b"authorization") or b"", self._bearer):
            return said(401, error="a token is needed")
        parts = request.path.strip("/").split("/")
        try:
            if request.method == b"GET":
                return self._look(parts)
            return await self._switch(request, parts)
        except (UnknownSwitchError, ValueError) as wrong:
            return said(400, error=str(wrong))

    def _look(self, parts: list[str]) -> Answer:
        match parts:
            case ["active"]:
                return said(200, **self._active())
            case ["truth"]:
                return said(200, **self._truth())
            case ["stores", region, "orders", order] if region in layout.REGIONS:
                path = self._platform.given.layout.store(region)
                found = documents.look_up(path, f"order:{order}")
                return said(404 if found is None else 200, order=found)
        return said(404, error="nothing of that name")

    async def _switch(self, request: Request, parts: list[str]) -> Answer:
        now = self._platform.settings
        chosen, healthy = dict(now.defects), set(now.healthy)
        match (request.method, parts):
            case (b"PUT", ["defects", name]):
                given = json.loads(request.body or b"{}")
                chosen[name] = defects.resolve(
                    name, given, strength=self._strength, seed=self._seed
                )
            case (b"DELETE", ["defects", name]):
                chosen.pop(name, None)
            case (b"PUT", ["healthy", name]):
                healthy.add(defects.check_variant(name))
            case (b"DELETE", ["healthy", name]):
                healthy.discard(name)
            case _:
                return said(404, error="nothing of that name")
        settings = replace(now, defects=chosen, healthy=tuple(sorted(healthy)))
        if not await self._platform.publish(settings):
            return said(503, error="not every running part has taken it over")
        return said(200, **self._active())

    def _active(self) -> dict[str, Any]:
        now = self._platform.settings
        return {"defects": dict(now.defects), "healthy": list(now.healthy)}

    def _truth(self) -> dict[str, Any]:
        given = self._platform.given
        requests = {part.name: given.board.slot(part.name).counts() for part in PARTS if part.tls}
        regions = {part.name: part.region for part in PARTS if part.tls}
        return {"requests": requests, "regions": regions, **truth.read(given.layout.truth)}
