"""Acts: what operators can do to a part besides taking it away, and the order that undoes it."""

from dataclasses import dataclass

from nfrcheck.box.layout import Kind, Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """An act holds until its `undo`, also over the death of the part."""

    name: str
    undo: str
    kind: Kind


READ_ONLY = Act(name="read-only", undo="writable", kind="store")
"""No client changes anything. As in a real read-only replica, replication into it goes on."""
EXPIRED_CERT = Act(name="expired-cert", undo="valid-cert", kind="gateway")
"""Whoever connects from now on is shown a certificate that ran out yesterday."""
ACTS = (READ_ONLY, EXPIRED_CERT)


def acts_of(part: Part) -> tuple[Act, ...]:
    return tuple(act for act in ACTS if act.kind == part.kind)


def orders(part: Part) -> dict[str, tuple[Act, bool]]:
    """By the word of the order: the act, and whether it holds from then on."""
    known = acts_of(part)
    return {act.name: (act, True) for act in known} | {act.undo: (act, False) for act in known}
