"""A fault that is ready: what it touches, how it is injected, put back and proven to be back."""

import asyncio
import contextlib
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from nfrcheck.errors import DeploymentError
from nfrcheck.experiments.chaos.start import ExperimentRun, Told
from nfrcheck.experiments.faults.proof import AnswerProof, LinkInjection, LinkProof
from nfrcheck.experiments.faults.site import Control, Entry, Site, Step
from nfrcheck.fields import Model

# How each verb is undone. A restart has happened when it ends; only a part that did not come
# back is left to be restored.
UNDO = {
    "kill": "restore",
    "pause": "resume",
    "drain": "undrain",
    "isolate": "rejoin",
    "restart": "restore",
}
_GOOD_IN_A_ROW = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Injection:
    """One verb of one control. Nothing happens before `act` is called."""

    title: str
    control: Control
    verb: str
    words: Mapping[str, str] = field(default_factory=dict)
    addresses: Mapping[str, str] = field(default_factory=dict)

    async def act(self) -> None:
        await self.control.act(self.verb, self.words, self.addresses)

    def steps(self) -> list[Step]:
        """What it will do, as far as its target is there."""
        with contextlib.suppress(DeploymentError):
            return self.control.steps(self.verb, self.words, self.addresses)
        return []


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a part is to be put back to: `word` is `replicas` or `version`, `undo` the verb."""

    title: str
    control: Control
    word: str
    undo: str
    wanted: str
    words: Mapping[str, str]
    addresses: Mapping[str, str]

    async def recipe(self) -> tuple[list[Step], Step]:
        """The steps back to what is there now, and the check that it is there again."""
        found = await self.control.read(self.word, self.addresses)
        if self.word == "replicas" and not (found.isascii() and found.isdigit()):
            raise DeploymentError(
                f"{self.title}: its `replicas` told `{found}`, which is no number"
            )
        if found == self.wanted:
            raise DeploymentError(
                f"{self.title} has {self.word} {found} already: nothing would change",
                f"ask for another {self.word}",
            )
        words = {**self.words, self.word: found}
        steps = self.control.steps(self.undo, words, self.addresses)[::-1]
        return steps, {**self.control.look(self.word, self.addresses), "among": [found]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Armed:
    """`undo` stands in the order of injection; the guardian runs it from last to first.

    `inject` may be called only after the guardian has `undo` and `verify` on disk.
    """

    touched: str
    injections: tuple[Injection | LinkInjection | ExperimentRun, ...]
    undo: tuple[Step, ...]
    verify: tuple[Step, ...]
    where: dict[str, str]
    note: str
    deadline_s: float
    proofs: tuple[LinkProof, ...] = ()
    """What requests through a link must show; empty where entries and shares show it."""
    answers: tuple[AnswerProof, ...] = ()
    """What answers must show, where no connection is refused."""
    seen_by: tuple[str, ...] = ()
    """Entries that lead through this one alone of its drill's faults; empty: the drill's."""
    entries: tuple[str, ...] = ()
    """Of several components: the ways in to them, of which each must show it."""
    looks: tuple[Look, ...] = ()
    """What is read when it is about to be injected, so that this is what it is put back to."""
    again: Callable[[], tuple[Step, ...]] | None = field(default=None, compare=False, repr=False)
    """`undo` as it is now: a process that was started again since has another pid."""

    async def ready(self) -> "Armed":
        """Reads what is there now and has it in `undo` and `verify`; changes nothing.

        Raises DeploymentError where nothing would be changed, or what was read cannot be right;
        and what the control raises when it cannot be read.
        """
        if self.again is not None:
            return replace(self, undo=self.again())
        if not self.looks:
            return self
        recipes = [await look.recipe() for look in self.looks]
        return replace(
            self,
            undo=tuple(step for undo, _ in recipes for step in undo),
            verify=(*self.verify, *(check for _, check in recipes)),
        )

    def steps(self) -> list[Step]:
        """All that is done and asked of the deployment for it, from the look to the check."""
        done = [one.steps() for one in self.injections if isinstance(one, Injection)]
        looks = [look.control.look(look.word, look.addresses) for look in self.looks]
        return [*looks, *(step for steps in done for step in steps), *self.undo, *self.verify]

    @property
    def may_come_late(self) -> bool:
        """Whether what was commanded could still reach the deployment after it was put back."""
        return True

    def kept_in(self, _folder: Path, _name: str) -> "Armed":
        """The same, with what it writes by itself in the run folder under this name."""
        return self

    def gone(self) -> str | None:
        """At the end of the hold: why it does not hold any more by its own account, or None."""
        return None

    async def told(self) -> Sequence[Told]:
        """What speaks against it, and what is to be said of it besides, after it was healed."""
        return ()

    async def inject(self) -> None:
        """All at once, as a region is lost. Tries all before it raises what the first one did."""
        acts = (injection.act() for injection in self.injections)
        results = await asyncio.gather(*acts, return_exceptions=True)
        for result in results:
            if result is not None:
                raise result


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch:
    """One part that a fault is to touch, with the entries that lead to it."""

    title: str
    control: Control
    entries: tuple[Entry, ...] = ()


class Fault(Model):
    """Settings of one kind of fault, frozen; the fields are its YAML keys."""

    @abstractmethod
    def arm(self, site: Site) -> Armed:
        """Looks up what is needed and changes nothing.

        Raises DeploymentError if what it touches could not be put back, or not be seen to be back.
        """


def arm(
    site: Site,
    verb: str,
    touches: Sequence[Touch],
    *,
    where: dict[str, str],
    at: str | None = None,
) -> Armed:
    """A verb done to one or several parts, which together are what `where` names."""
    words = {"run": site.run} | ({} if at is None else {"at": at})

    def again() -> tuple[Step, ...]:
        steps = (reversed(_undo(site, touch, verb, words)) for touch in touches)
        return tuple(step for of_one in steps for step in of_one)

    undo: list[Step] = []
    for touch in touches:
        _refuse(touch, verb, at)
        try:
            # Looks whether the target is there: a fault on nothing proves nothing.
            touch.control.steps(verb, words, site.addresses)
            # Within one part its own order holds, while all is run from last to first.
            undo += reversed(_undo(site, touch, verb, words))
        except DeploymentError:
            if site.contact:
                raise
    whole = _title(touches, where)
    return Armed(
        touched=f"{verb} {whole}",
        injections=tuple(injection(site, touch, verb, words) for touch in touches),
        undo=tuple(undo),
        verify=verification(site, touches),
        where=where,
        note=f"{UNDO[verb]} {whole}",
        deadline_s=sum(float(step["within_s"]) for step in undo)
        or sum(touch.control.within for touch in touches),
        entries=_ways(touches) if "component" in where and len(touches) > 1 else (),
        again=again,
    )


def _title(touches: Sequence[Touch], where: Mapping[str, str]) -> str:
    whole = " ".join(next(iter(where.items())))
    parts = ", ".join(touch.title for touch in touches)
    return whole if parts == whole else f"{whole}: {parts}"


def injection(site: Site, touch: Touch, verb: str, words: Mapping[str, str]) -> Injection:
    """A verb of one part, with what the fault says about it."""
    return Injection(
        title=touch.title,
        control=touch.control,
        verb=verb,
        words=words,
        addresses=site.addresses,
    )


def _refuse(touch: Touch, verb: str, at: str | None) -> None:
    control, undo = touch.control, UNDO[verb]
    if not control.offers(verb):
        raise DeploymentError(f"{touch.title} has no `{verb}`", f"give its control a `{verb}`")
    if verb != "restart" and not control.offers(undo):
        raise DeploymentError(
            f"{touch.title} has `{verb}` but no `{undo}`: nothing could put it back",
            f"give its control a `{undo}`",
        )
    if not touch.entries and not control.offers("verify"):
        raise DeploymentError(
            f"nothing could prove that {touch.title} is back after `{undo}`",
            "give it an `entry`, or its control a `verify`",
        )
    if at is not None and not control.names(verb, "at"):
        raise DeploymentError(
            f"{touch.title} takes no crash point", f"write {{at}} into its `{verb}`"
        )


def _undo(site: Site, touch: Touch, verb: str, words: Mapping[str, str]) -> list[Step]:
    if touch.control.offers(UNDO[verb]):
        return touch.control.steps(UNDO[verb], words, site.addresses)
    # Only `restart` comes here. A second restart would be a second outage, so it is for need only.
    steps = touch.control.steps(verb, words, site.addresses)
    return [{**step, "only_if_unverified": True} for step in steps]


def _ways(touches: Sequence[Touch]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(entry.name for touch in touches for entry in touch.entries))


def verification(site: Site, touches: Sequence[Touch]) -> tuple[Step, ...]:
    """How all of them are seen to be well: through their entries, and by their controls."""
    checks: list[Step] = []
    for touch in touches:
        checks += [verified_by(entry, touch.control.within) for entry in touch.entries]
        checks += touch.control.checks(site.addresses)
    return tuple(step for place, step in enumerate(checks) if step not in checks[:place])


def verified_by(entry: Entry, within_s: float) -> Step:
    """The check that an entry answers well again."""
    return {
        "kind": "http",
        "method": "GET",
        "url": entry.url.rstrip("/") + "/" + entry.path.lstrip("/"),
        "address": entry.address,
        "headers": dict(entry.headers),
        "ca": entry.ca,
        "cert": entry.cert,
        "key": entry.key,
        "expect": list(entry.expect),
        "times": _GOOD_IN_A_ROW,
        "within_s": within_s,
    }
