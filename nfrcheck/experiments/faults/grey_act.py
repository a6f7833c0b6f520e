"""What no link can do to a region: an act of its control or of its components, by its name."""

from nfrcheck.errors import DeploymentError
from nfrcheck.experiments.faults.armed import Armed, Touch, injection, verification
from nfrcheck.experiments.faults.proof import AnswerProof
from nfrcheck.experiments.faults.site import Component, Control, Site, Step

REFUSES_CONNECTIONS = ("expired-cert",)
"""Such an act is seen at the region's own entries, like a region that is gone."""


def arm_act(site: Site, region: str, act: str, where: dict[str, str]) -> Armed:
    """The act of the region itself, or of each of its components that has one of that name.

    Raises DeploymentError where there is none, or where nothing could undo it or show it.
    """
    own = site.regions[region]
    parts = _parts(site, region, act)
    if own is not None and own.knows(act):
        parts = []
    elif not parts:
        raise DeploymentError(
            f"region {region} has no act `{act}`, and no component of it has one",
            f"such as `acts: {{{act}: {{do: ..., undo: ...}}}}` of the region or a component",
        )
    touches = _touches(site, region, own, parts)
    undo = [step for touch in touches for step in _undo(site, touch, act)]
    names = ", ".join(touch.title for touch in touches)
    return Armed(
        touched=f"{act} {names}",
        injections=tuple(
            injection(site, touch, f"do {act}", {"run": site.run}) for touch in touches
        ),
        undo=tuple(undo),
        verify=verification(site, touches),
        where=where,
        note=f"undo {act} of {names}",
        deadline_s=sum(float(step["within_s"]) for step in undo),
        answers=() if act in REFUSES_CONNECTIONS else _answers(region, act, parts),
    )


def _parts(site: Site, region: str, act: str) -> list[Component]:
    mine = [part for part in site.components.values() if part.region == region]
    return [part for part in mine if part.control is not None and part.control.knows(act)]


def _touches(site: Site, region: str, own: Control | None, parts: list[Component]) -> list[Touch]:
    entries = tuple(entry for entry in site.entries.values() if entry.region == region)
    if not parts and own is not None:
        return [Touch(title=f"region {region}", control=own, entries=entries)]
    return [
        Touch(
            title=f"component {part.name}",
            control=part.control,
            entries=(site.entries[part.entry],) if part.entry else entries,
        )
        for part in parts
        if part.control is not None
    ]


def _undo(site: Site, touch: Touch, act: str) -> list[Step]:
    if not touch.control.offers(f"undo {act}"):
        raise DeploymentError(
            f"nothing undoes `{act}` of {touch.title}: a region must not stay grey",
            f"give the act an `undo`: `{act}: {{do: ..., undo: ...}}`",
        )
    if not touch.entries and not touch.control.offers("verify"):
        raise DeploymentError(
            f"nothing could prove that {touch.title} is well after `undo` of {act}",
            "give the region an entry, or the control a `verify`",
        )
    return touch.control.steps(f"undo {act}", {"run": site.run}, site.addresses)[::-1]


def _answers(region: str, act: str, parts: list[Component]) -> tuple[AnswerProof, ...]:
    """A GET is answered as before, so something in the answers must show the act."""
    shown = [part for part in parts if act in part.shows]
    if not shown:
        raise DeploymentError(
            f"nothing in an answer shows that region {region} is {act}",
            f"give a component that has the act `shows: {{{act}: {{header: NAME}}}}`, or "
            "`{json: POINTER}`",
        )
    return tuple(
        AnswerProof(
            title=f"component {part.name}",
            entry=part.entry,
            sign=part.shows[act],
            what=act,
        )
        for part in shown
    )
