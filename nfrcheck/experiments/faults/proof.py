"""What must be seen while a fault holds: through a link, or in the answers of a component."""

from dataclasses import dataclass

from nfrcheck.experiments.faults.site import Link, Step
from nfrcheck.model.links import Disturbance
from nfrcheck.model.signs import Sign

PROOF_S = 5.0
"""Within this time after the command an independent request must see the fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkInjection:
    """One disturbance of one link. Nothing happens before `act` is called."""

    title: str
    link: Link
    wanted: Disturbance

    async def act(self) -> None:
        await self.link.disturb(self.wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkProof:
    """A request along `way` must show the disturbance, with its size; `way` is a check.

    `felt`: the way is an entry in front of the link, named in its place; users are hurt there, by
    errors or by no less than the size.
    """

    link: str
    wanted: Disturbance
    way: Step
    felt: bool = False

    @property
    def title(self) -> str:
        return f"{'entry' if self.felt else 'link'} {self.link}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerProof:
    """Answers must say something else than before: such a fault refuses no connection.

    `sign` None: the deployment does not say where they would show it, and nothing can prove it.
    `replicas`: how many different words must be seen, or the one number that all answers tell.
    `any_other`: it is enough that some words are gone, for an act may do anything.
    """

    title: str
    entry: str | None
    sign: Sign | None
    what: str
    replicas: int | None = None
    any_other: bool = False

    @property
    def lacking(self) -> str:
        return (
            f"nothing in an answer shows the {self.what} of {self.title}: the deployment needs "
            f"`shows: {{{self.what}: {{header: NAME}}}}` for it, or `{{json: POINTER}}`"
        )
