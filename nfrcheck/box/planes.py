"""The process that serves both planes of the box."""

import json
import secrets
import socket
from dataclasses import dataclass

from nfrcheck.box import deployment, layout
from nfrcheck.box.board import Settings
from nfrcheck.box.ctl import Ctl
from nfrcheck.box.defects import Strength
from nfrcheck.box.door import Door
from nfrcheck.box.ops import Ops
from nfrcheck.box.platform import Platform
from nfrcheck.box.world import Birthright


@dataclass(frozen=True, slots=True, kw_only=True)
class Planes:
    given: Birthright
    settings: Settings
    strength: Strength
    seed: int

    async def serve(self, orders: socket.socket) -> None:
        """Until killed. `orders`: the way to the supervisor."""
        platform = Platform(self.given, orders)
        platform.settings = self.settings
        await platform.open()
        # The token is made here, in the one process that checks it: no other ever has it.
        token = secrets.token_urlsafe(24)
        ctl = Ctl(platform, token, strength=self.strength, seed=self.seed)
        port = self.given.layout.port
        ops_at, ctl_at = layout.listen(layout.OPS_HOST, port), layout.listen(layout.CTL_HOST, port)
        ops_server = await Door().open(ops_at, Ops(platform).serve)
        ctl_server = await Door().open(ctl_at, ctl.serve)
        deployment.secret(
            self.given.layout.folder / "ctl.json",
            json.dumps({"url": f"http://{layout.CTL_HOST}:{port}", "token": token}) + "\n",
        )
        if not await platform.wait_until_whole():
            raise RuntimeError("the box did not come up; box.log says why")
        platform.ready()
        async with ops_server, ctl_server:
            await ctl_server.serve_forever()
