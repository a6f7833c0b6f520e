"""The store of a region: documents over HTTP, sent on to the other region in its own time."""

import asyncio
import json
from typing import Any, NoReturn

from nfrcheck.box import layout
from nfrcheck.box.acts import READ_ONLY
from nfrcheck.box.documents import Documents
from nfrcheck.box.http1 import Answer, Request
from nfrcheck.box.pool import LostError, NotSentError, Pool
from nfrcheck.box.records import STORE, ConflictError
from nfrcheck.box.world import World

BATCH = 200
BATCH_S = 0.5
TRY_AGAIN_S = 0.1
FLUSH_AFTER_S = 2.0


class Store:
    def __init__(self, world: World) -> None:
        assert world.part.region is not None
        self._world = world
        self._region = world.part.region
        self._documents = Documents(world.layout.store(self._region), self._region)
        peer = layout.BY_NAME[f"store-{layout.other(self._region)}"]
        by = world.layout.way(f"{self._region}-to-{layout.other(self._region)}")
        self._peer = Pool(peer.host, world.layout.port, by=by)
        self._news = asyncio.Event()
        self._delivered = 0
        self._alone = False
        self._progress = asyncio.Condition()
        self._news.set()  # what an earlier life left in the outbox goes out first
        self._unsaved: list[dict[str, Any]] = []
        self._seen: dict[str, tuple[int, str]] = {}
        world.switches.on_change(self._flush)

    @property
    def _read_only(self) -> bool:
        return READ_ONLY.name in self._world.switches.acts

    async def serve(self, request: Request) -> Answer:
        answer = await self._serve(request)
        answer.headers.append((STORE, b"read-only" if self._read_only else b"writable"))
        return answer

    async def _serve(self, request: Request) -> Answer:
        verb = (request.method, request.path.split("/")[1])
        if verb == (b"GET", "documents"):
            return self._read(request.path.split("/", 2)[2].split(","))
        if verb == (b"POST", "changes"):
            answer = self._change(json.loads(request.body))
            if "sync-coupling" in self._world.switches.defects:
                await self._taken_over()
            return answer
        if verb == (b"POST", "replicated"):
            batch = json.loads(request.body)
            return _said(200, self._documents.apply(batch["origin"], batch["entries"]))
        if verb in {(b"GET", "readyz"), (b"GET", "healthz")}:
            self._documents.read(["price:sku-1"])
            return _said(200, {"ready": True})
        return _said(404, None)

    async def _taken_over(self) -> None:
        """Defect sync-coupling: until the other region has all that was changed so far."""
        newest = self._documents.newest()
        self._world.truth.injected("sync-coupling", seq=newest)
        async with self._progress:
            await self._progress.wait_for(lambda: self._delivered >= newest)

    def _look(self, keys: list[str]) -> dict[str, tuple[int, str]]:
        found = self._documents.read(keys)
        if self._seen:
            found |= {key: self._seen[key] for key in keys if key in self._seen}
        return found

    def _read(self, keys: list[str]) -> Answer:
        found = self._look(keys)
        # The bodies are JSON texts already.
        items = (f"[{found[key][0]},{found[key][1]}]" if key in found else "null" for key in keys)
        return Answer(200, [], f"[{','.join(items)}]".encode())

    def _change(self, change: dict[str, Any]) -> Answer:
        if self._read_only:
            return _said(503, None)
        if self._alone and "writes-need-both" in self._world.switches.healthy:
            return _said(503, None)
        if "lost-ack" in self._world.switches.defects:
            return self._promise(change)
        try:
            before = self._documents.change(change)
        except ConflictError:
            return _said(409, None)
        self._news.set()
        return _said(200, before)

    def _promise(self, change: dict[str, Any]) -> Answer:
        """Defect lost-ack: acknowledged while it stands in memory only."""
        puts = dict(change["puts"])
        if change["once"] is not None:
            key, body = change["once"]
            if before := self._look([key]):
                return _said(200, json.loads(before[key][1]))
            puts[key] = body
        if change["expect"] is not None:
            key, version = change["expect"]
            if self._look([key]).get(key, (0, ""))[0] != version:
                return _said(409, None)
        self._world.truth.injected("lost-ack", keys=list(change["puts"]))
        if not self._unsaved:
            asyncio.get_running_loop().call_later(FLUSH_AFTER_S, self._flush)
        self._unsaved.append(change)
        for key, body in puts.items():
            version = self._look([key]).get(key, (0, ""))[0]
            self._seen[key] = (version + 1, json.dumps(body))
        return _said(200, None)

    def _flush(self) -> None:
        unsaved, self._unsaved = self._unsaved, []
        for change in unsaved:
            self._documents.change({**change, "expect": None})
        self._seen.clear()
        if unsaved:
            self._news.set()

    async def watch(self) -> NoReturn:
        """Replication: in order, from the outbox, until the other region has confirmed it."""
        while True:
            await self._news.wait()
            if "batched-replication" in self._world.switches.healthy:
                await asyncio.sleep(BATCH_S)
            self._news.clear()
            while entries := self._documents.outgoing(BATCH):
                body = json.dumps({"origin": self._region, "entries": entries}).encode()
                request = Request(b"POST", b"/replicated", [], body)
                try:
                    answer = await self._peer.call(request, 1.0)
                except (NotSentError, LostError):
                    self._alone = True
                    await asyncio.sleep(TRY_AGAIN_S)
                    continue
                self._alone = False
                self._delivered = json.loads(answer.body)
                self._documents.delivered(self._delivered)
                async with self._progress:
                    self._progress.notify_all()


def _said(status: int, body: Any) -> Answer:
    return Answer(status, [], json.dumps(body).encode())
