"""What a fault needs to know of the deployment that it acts on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from nfrcheck.model.links import Disturbance
from nfrcheck.model.signs import Sign

Step = dict[str, Any]


class Control(Protocol):
    """A part that can be touched: by verb now, or as plain steps that somebody else can run."""

    @property
    def within(self) -> float: ...

    def offers(self, verb: str) -> bool: ...

    def names(self, verb: str, word: str) -> bool: ...

    def steps(
        self, verb: str, words: Mapping[str, str], addresses: Mapping[str, str]
    ) -> list[Step]: ...

    def knows(self, act: str) -> bool: ...

    def look(self, word: str, addresses: Mapping[str, str]) -> Step: ...

    async def read(self, word: str, addresses: Mapping[str, str]) -> str: ...

    def checks(self, addresses: Mapping[str, str]) -> list[Step]: ...

    async def act(
        self, verb: str, words: Mapping[str, str], addresses: Mapping[str, str]
    ) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A way in. `path` is asked when healing is verified: one that a healthy system answers.

    `address` is what the host was resolved to once; header values are text or references.
    """

    name: str
    url: str
    region: str | None = None
    address: str | None = None
    ca: str | None = None
    cert: str | None = None
    key: str | None = None
    headers: Mapping[str, Any] = field(default_factory=dict)
    path: str = "/"
    expect: tuple[int, int] = (200, 399)


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    name: str
    control: Control | None = None
    region: str | None = None
    entry: str | None = None
    shows: Mapping[str, Sign] = field(default_factory=dict)
    """What in an answer of its entry tells `replicas`, `version` or what an act of a name did."""


class Link(Protocol):
    """A link as it was found when it was armed: what can be done to it, and how it is seen."""

    @property
    def within(self) -> float: ...

    def refusal(self, wanted: Disturbance) -> str | None:
        """Why this cannot be done here, or None."""
        ...

    def undo(self, wanted: Disturbance) -> list[Step]: ...

    def ways(self) -> list[Step]:
        """Checks, each a request through the link itself."""
        ...

    async def disturb(self, wanted: Disturbance) -> None: ...


@runtime_checkable
class LinkControl(Protocol):
    """A control that can disturb a link."""

    def link(self, name: str, *, contact: bool) -> Link:
        """Looks and changes nothing. Raises DeploymentError, Refused."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkPart:
    """A link of the deployment. `joins`: the region that connects, and the one connected to.

    `to`: the component or region that it leads to.
    """

    name: str
    control: Control | LinkControl | None = None
    joins: tuple[str, ...] = ()
    entry: str | None = None
    to: str | None = None


class Site(Protocol):
    """A deployment at one moment: parts by name, and pinned addresses by host."""

    @property
    def run(self) -> str: ...

    @property
    def contact(self) -> bool:
        """False while a plan is only looked at: then the parts to touch need not be there."""
        ...

    @property
    def regions(self) -> Mapping[str, Control | None]: ...

    @property
    def components(self) -> Mapping[str, Component]: ...

    @property
    def links(self) -> Mapping[str, LinkPart]: ...

    @property
    def lasting_s(self) -> float | None:
        """How long the fault is meant to hold; None if nobody can say."""
        ...

    @property
    def confirm(self) -> Sequence[str]:
        """Entries that the drill itself names, where its fault must be seen."""
        ...

    @property
    def entries(self) -> Mapping[str, Entry]: ...

    @property
    def addresses(self) -> Mapping[str, str]: ...
