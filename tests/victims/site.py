"""A deployment for tests of faults: parts by name, as a scenario's reader would build them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from nfrcheck.experiments.faults import Component, Control, Entry, LinkPart


@dataclass(slots=True, kw_only=True)
class Town:
    run: str = "run-1"
    contact: bool = True
    regions: Mapping[str, Control | None] = field(default_factory=dict)
    components: Mapping[str, Component] = field(default_factory=dict)
    links: Mapping[str, LinkPart] = field(default_factory=dict)
    lasting_s: float | None = None
    confirm: tuple[str, ...] = ()
    entries: Mapping[str, Entry] = field(default_factory=dict)
    addresses: Mapping[str, str] = field(default_factory=dict)


def entry(name: str, url: str, region: str | None = None, path: str = "/") -> dict[str, Entry]:
    return {name: Entry(name=name, url=url, region=region, path=path, address="127.0.0.1")}


def component(
    name: str, control: Control | None, *, region: str | None = None, by: str | None = None
) -> dict[str, Component]:
    return {name: Component(name=name, control=control, region=region, entry=by)}
