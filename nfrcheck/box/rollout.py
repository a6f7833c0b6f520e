"""The application of a region as its platform runs it: how many replicas, and of which version."""

import asyncio
from dataclasses import replace
from typing import Any

from nfrcheck.box import layout
from nfrcheck.box.layout import Part
from nfrcheck.box.platform import Platform

LONGEST_VERSION = 64
PULLED_S = 0.3
"""How long nobody serves when all replicas are replaced at once: the new ones must be fetched."""


class Application:
    """One change after another. A change that is asked for again changes nothing."""

    def __init__(self, platform: Platform, region: str) -> None:
        self._platform = platform
        self._region = region
        self._parts = layout.apps(region)
        self._turn = asyncio.Lock()

    @property
    def most(self) -> int:
        return len(self._parts)

    def _running(self) -> list[Part]:
        return [part for part in self._parts if part.name not in self._platform.settings.absent]

    def _build(self, part: Part) -> str:
        return self._platform.settings.builds.get(part.name, layout.BUILD)

    async def look(self) -> tuple[bool, dict[str, Any]]:
        """Whether all its replicas are well and of one version, and what there is."""
        running = self._running()
        looks = [await self._platform.component(part.name) for part in running]
        versions = dict.fromkeys(self._build(part) for part in running)
        well = bool(running) and all(well for well, _ in looks) and len(versions) == 1
        return well, {
            "name": f"app-{self._region}",
            "replicas": len(running),
            "version": next(iter(versions), layout.BUILD),
            "parts": [told for _, told in looks],
        }

    async def scale(self, replicas: int) -> bool:
        """The last ones go first, and each only when nothing is under way there any more."""
        async with self._turn:
            done = True
            for part in reversed(self._parts[replicas:]):
                done = await self._take_away(part) and done
            for part in self._parts[:replicas]:
                if part.name in self._platform.settings.absent:
                    done = await self._bring_back(part) and done
            return done

    async def _take_away(self, part: Part) -> bool:
        platform = self._platform
        done = await platform.drain(part.name)
        absent = tuple(sorted({*platform.settings.absent, part.name}))
        done = await platform.publish(replace(platform.settings, absent=absent)) and done
        await platform.order("stop", part.name)
        return done

    async def _bring_back(self, part: Part) -> bool:
        platform = self._platform
        absent = tuple(name for name in platform.settings.absent if name != part.name)
        done = await platform.publish(replace(platform.settings, absent=absent))
        return await platform.restore(part.name) and await platform.undrain(part.name) and done

    async def deploy(self, version: str) -> bool:
        """One replica after another, unless the platform has the defect hard-deploy."""
        async with self._turn:
            old = [part for part in self._running() if self._build(part) != version]
            hard = self._platform.settings.defects.get("hard-deploy")
            if hard is not None and hard["region"] in {None, self._region}:
                return await self._replace_at_once(old, version)
            done = True
            for part in old:
                done = await self._roll(part, version) and done
            return done

    async def _roll(self, part: Part, version: str) -> bool:
        platform = self._platform
        done = await platform.drain(part.name)
        await platform.order("stop", part.name)
        done = await self._start([part], version) and done
        return await platform.undrain(part.name) and done

    async def _replace_at_once(self, parts: list[Part], version: str) -> bool:
        await self._platform.order("kill", *(part.name for part in parts))
        await asyncio.sleep(PULLED_S)
        return await self._start(parts, version)

    async def _start(self, parts: list[Part], version: str) -> bool:
        """A replica knows its version from its birth on."""
        platform = self._platform
        builds = {**platform.settings.builds, **{part.name: version for part in parts}}
        done = await platform.publish(replace(platform.settings, builds=builds))
        return await platform.restore(*(part.name for part in parts)) and done


def is_version(text: str) -> bool:
    """What may stand in a header."""
    return 0 < len(text) <= LONGEST_VERSION and all(c.isalnum() or c in "._-" for c in text)
