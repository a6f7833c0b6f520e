"""Experiments of Chaos Toolkit against a part that is down while a file exists."""

import json
from pathlib import Path
from typing import Any

MODULE = "tests.victims.broken"


def activity(func: str, kind: str = "action", name: str = "", **more: Any) -> dict[str, Any]:
    """An action or probe of `broken`; `arguments` and keys such as `pauses` beside it."""
    provider = {"type": "python", "module": MODULE, "func": func}
    if "arguments" in more:
        provider["arguments"] = more.pop("arguments")
    return {"type": kind, "name": name or func, "provider": provider, **more}


class Trouble:
    """A part, and experiments that take it down and bring it up again."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.down = place / "down"
        self.where = {"place": str(self.down)}

    @property
    def log(self) -> list[str]:
        """What was done to the part, in order."""
        path = self.place / "log"
        return path.read_text("utf-8").split() if path.exists() else []

    def hypothesis(self, up: bool = True) -> dict[str, Any]:
        probe = activity("is_up", "probe", arguments=self.where, tolerance=up)
        return {"title": "the part is up", "probes": [probe]}

    def take_down(self, **more: Any) -> dict[str, Any]:
        return activity("take_down", arguments=self.where, **more)

    def for_ever(self) -> dict[str, Any]:
        return activity("take_down_for_ever", arguments=self.where)

    def slowly(self, seconds: float, **more: Any) -> dict[str, Any]:
        return activity("take_down_for", arguments={**self.where, "seconds": seconds}, **more)

    def bring_up(self, **more: Any) -> dict[str, Any]:
        return activity("bring_up", arguments=self.where, **more)

    def whole(self, *method: dict[str, Any], **keys: Any) -> dict[str, Any]:
        """Without a method it takes the part down."""
        return {
            "title": "a part is lost",
            "description": "its users wait",
            "method": list(method or (self.take_down(),)),
            "rollbacks": [self.bring_up()],
            **keys,
        }

    def file(self, *method: dict[str, Any], **keys: Any) -> Path:
        path = self.place / "lost-part.json"
        path.write_text(json.dumps(self.whole(*method, **keys), indent=1), "utf-8")
        return path
