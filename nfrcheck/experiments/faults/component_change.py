"""Components are changed and go on to answer: scaled, deployed, or made to do an act of their own.

No refused connection shows such a fault: answers must say something else than before. What is put
back is what was read just before.
"""

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field

from nfrcheck.errors import DeploymentError
from nfrcheck.experiments.faults.armed import Armed, Look, Touch, injection, verification
from nfrcheck.experiments.faults.component import OnComponents, touch, where
from nfrcheck.experiments.faults.proof import AnswerProof
from nfrcheck.experiments.faults.site import Component, Site, Step
from nfrcheck.fields import Count, Name

FOUND = "as-found"
"""Stands in a recipe that is only looked at for what will be read when it is armed."""


class _ReadBack(OnComponents):
    """`word` is read before, aimed at by `verb`, and put back by `back`."""

    verb: ClassVar[str]
    back: ClassVar[str]
    word: ClassVar[str]
    found: ClassVar[str]

    @property
    def wanted(self) -> str:
        return str(getattr(self, self.word))

    def arm(self, site: Site) -> Armed:
        parts = self.parts(site)
        touches = [touch(site, part) for part in parts]
        words = {"run": site.run, self.word: self.wanted}
        undo: list[Step] = []
        for one in touches:
            self._refuse(one)
            steps = one.control.steps(self.back, words | {self.word: FOUND}, site.addresses)
            undo += ({**step, "unread": True} for step in reversed(steps))
        names = _names(parts)
        return Armed(
            touched=f"{self.verb} {names} to {self._aim}",
            injections=tuple(injection(site, one, self.verb, words) for one in touches),
            undo=tuple(undo),
            verify=verification(site, touches),
            where=where(parts),
            note=f"{self.back} {names} to the {self.found} found before",
            deadline_s=sum(float(step["within_s"]) for step in undo),
            answers=tuple(self._proof(part) for part in parts),
            looks=tuple(self._look(site, one, words) for one in touches),
        )

    @property
    def _aim(self) -> str:
        if self.word == "version":
            return f"version {self.wanted}"
        return f"{self.wanted} replica{'' if self.wanted == '1' else 's'}"

    def _look(self, site: Site, one: Touch, words: dict[str, str]) -> Look:
        return Look(
            title=one.title,
            control=one.control,
            word=self.word,
            undo=self.back,
            wanted=self.wanted,
            words=words,
            addresses=site.addresses,
        )

    def _proof(self, part: Component) -> AnswerProof:
        return AnswerProof(
            title=f"component {part.name}",
            entry=part.entry,
            sign=part.shows.get(self.word),
            what=self.word,
            replicas=getattr(self, "replicas", None),
        )

    def _refuse(self, one: Touch) -> None:
        for verb in (self.verb, self.back):
            if not one.control.offers(verb):
                raise DeploymentError(
                    f"{one.title} has no `{verb}`", f"give its control a `{verb}`"
                )
            if not one.control.names(verb, self.word):
                raise DeploymentError(
                    f"the `{verb}` of {one.title} does not say which {self.word}",
                    f"write {{{self.word}}} into it, so that it can be done again",
                )
        if not one.control.offers(self.word):
            raise DeploymentError(
                f"nothing tells the {self.word} of {one.title}, so that it could not be put back",
                f"give its control a `{self.word}` that tells what is there now",
            )
        _refuse_unverified(one, self.back)


class ComponentScale(_ReadBack):
    """To another number of replicas; put back to the number that was found."""

    verb = "scale"
    back = "scale"
    word = "replicas"
    found = "number of replicas"
    kind: Literal["component-scale"] = "component-scale"
    replicas: Count


class ComponentDeploy(_ReadBack):
    """Another version; rolled back to the one that was found."""

    verb = "deploy"
    back = "rollback"
    word = "version"
    found = "version"
    kind: Literal["component-deploy"] = "component-deploy"
    version: str = Field(min_length=1)


class ComponentAct(OnComponents):
    """One of the component's `acts`; undone by its `undo`, or by nothing if that is `none`."""

    kind: Literal["component-act"] = "component-act"
    act: Name

    def arm(self, site: Site) -> Armed:
        parts = self.parts(site)
        touches = [touch(site, part) for part in parts]
        words = {"run": site.run}
        undo = [step for one in touches for step in self._undo(site, one, words)]
        names = _names(parts)
        lasting = any(step["kind"] == "nothing" for step in undo)
        return Armed(
            touched=f"{self.act} {names}",
            injections=tuple(injection(site, one, f"do {self.act}", words) for one in touches),
            undo=tuple(undo),
            verify=verification(site, touches),
            where=where(parts),
            note=f"{'nothing undoes' if lasting else 'undo'} {self.act} of {names}",
            deadline_s=sum(float(step["within_s"]) for step in undo),
            answers=tuple(self._proof(part) for part in parts),
        )

    def _undo(self, site: Site, one: Touch, words: dict[str, str]) -> list[Step]:
        if not one.control.knows(self.act):
            raise DeploymentError(
                f"{one.title} has no act `{self.act}`",
                f"such as `acts: {{{self.act}: {{do: ..., undo: ...}}}}`",
            )
        _refuse_unverified(one, f"undo of {self.act}")
        if not one.control.offers(f"undo {self.act}"):
            # Declared so: nothing puts it back, and whether all is well is looked at all the same.
            return [{"kind": "nothing", "within_s": one.control.within}]
        return one.control.steps(f"undo {self.act}", words, site.addresses)[::-1]

    def _proof(self, part: Component) -> AnswerProof:
        return AnswerProof(
            title=f"component {part.name}",
            entry=part.entry,
            sign=part.shows.get(self.act),
            what=self.act,
            any_other=True,
        )


def _refuse_unverified(one: Touch, undo: str) -> None:
    if not one.entries and not one.control.offers("verify"):
        raise DeploymentError(
            f"nothing could prove that {one.title} is well after `{undo}`",
            "give it an `entry`, or its control a `verify`",
        )


def _names(parts: Sequence[Component]) -> str:
    return "component " + ", ".join(part.name for part in parts)
