"""What happens with a guardian, told from its start to its end."""

import asyncio
from collections.abc import Awaitable, Callable

from nfrcheck.run.guard_client import GuardianClient

Story = Callable[[GuardianClient], Awaitable[None]]


def tell(story: Story) -> None:
    """Runs a story with a guardian, which is let go if the story did not close it."""

    async def run() -> None:
        guardian = await GuardianClient.start("run-1", deployment="test")
        try:
            await story(guardian)
        finally:
            await guardian.let_go()

    asyncio.run(run())
