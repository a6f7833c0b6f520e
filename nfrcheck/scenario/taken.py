"""Which of the common keys each check uses: one that changes nothing is refused, never ignored."""

from collections.abc import Iterator, Mapping
from itertools import chain

from nfrcheck.scenario.document import Mark, Node
from nfrcheck.scenario.targets import CommonKeys
from nfrcheck.scenario.typed import Reading, known_keys

ALWAYS = ("check", "class", "title", "requirement", "waived")
"""What a target says of itself, whatever judges it."""
_HELD = "load probe drill after each only exclude"
_RETURNS = "load probe drill only exclude"
TAKEN: Mapping[str, tuple[str, ...]] = {
    check: tuple(keys.split())
    for check, keys in {
        "availability": "load probe during after each only exclude evidence",
        "capacity-without-region": f"{_HELD} evidence",
        "deploy-without-downtime": _RETURNS,
        "ejection": _RETURNS,
        "failback": _RETURNS,
        "failover": _RETURNS,
        "grey-region": _RETURNS,
        "latency": "load probe during after each only exclude evidence",
        "latency-degradation": _HELD,
        "recovery-point": "probe drill",
        "recovery-surge": "drill",
        "static-stability": _HELD,
        "traffic-share": "load probe drill during after only exclude",
        "yearly-availability": "load probe during after only exclude evidence",
    }.items()
}
"""One row for each check of this version; a check that comes later takes what the language has."""
TWO_STREAMS = ("yearly-availability",)
"""Checks that look at a steady state in one stream, and at drills in another."""
_NEVER = {"warm-up": "is never judged", "examine": "has no load: nothing would be seen in it"}


def judges_stretches(check: str) -> bool:
    """Whether it judges a state in stretches of the run: those of `during`, or all quiet phases."""
    return "during" in TAKEN.get(check, ())


def check_taken(reading: Reading, check: str, node: Node) -> None:
    """Refuses each common key of a target that its check does not use; errors go to `reading`."""
    used = (*ALWAYS, *TAKEN[check])
    for key in known_keys(CommonKeys):
        child = node.child(key)
        if child is not None and key not in used and not _told_elsewhere(key, child):
            message = f"`{check}` does not use `{key}`"
            reading.problem(node.keys[key], "NFR163", message, _instead(check, key, child))
    _one_stream(reading, check, node)
    for name, mark in _names(node.child("during")) if "during" in used else ():
        if name in _NEVER:
            reading.problem(
                mark, "NFR014", f"`{name}` {_NEVER[name]}", "`during: run` is all that is judged"
            )


def _told_elsewhere(key: str, child: Node) -> bool:
    """Evidence that is to be carried over has an error of its own."""
    return key == "evidence" and list(child.keys) == ["carry_over"]


def _instead(check: str, key: str, child: Node) -> str:
    """What was probably meant, in words that the check understands."""
    names = [name for name, _ in _names(child)]
    if key == "drill" and "during" in TAKEN[check]:
        if check in TWO_STREAMS:
            return "its drills are those of `incidents`"
        return f"did you mean `during: {_written(names)}`?"
    if key == "entries" and "only" in TAKEN[check]:
        one = f"`only: {{entry: {names[0] if names else 'NAME'}}}`"
        return f"did you mean {one}?" if len(names) < 2 else f"write one target for each, {one} ..."
    if key == "samples" and "evidence" in TAKEN[check]:
        return f"did you mean `evidence: {{min_samples: {child.plain()}}}`?"
    if key == "during" and "drill" in TAKEN[check]:
        return "leave it out: what it judges is the course of `drill`"
    listed = ", ".join(f"`{one}`" for one in TAKEN[check])
    return f"leave it out; there is {listed}"


def _one_stream(reading: Reading, check: str, node: Node) -> None:
    """A second load or probe would never be looked at."""
    used = [key for key in ("load", "probe") if key in TAKEN[check]]
    kinds = [[(key, *one) for one in _names(node.child(key))] for key in used]
    groups = kinds if check in TWO_STREAMS else [list(chain(*kinds))]
    for named in groups:
        for key, name, mark in named[1:]:
            message = f"`{check}` judges one stream: `{name}` would not be looked at"
            first = f"`{named[0][0]}: {named[0][1]}`"
            remedy = f"write one target for each, with {first} and `{key}: {name}`"
            reading.problem(mark, "NFR164", message, remedy)


def _names(node: Node | None) -> Iterator[tuple[str, Mark]]:
    """Of a name that stands alone, or of a list of names."""
    if node is not None:
        each = node.content if isinstance(node.content, list) else [node]
        yield from ((str(one.content), one.mark) for one in each)


def _written(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"[{', '.join(names)}]"
