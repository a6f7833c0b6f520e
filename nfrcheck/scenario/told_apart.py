"""`each` and `only` need something by which requests can be told apart."""

from nfrcheck.checks.strata import ATTRIBUTES
from nfrcheck.scenario.document import Mark, Node
from nfrcheck.scenario.scenario import Scenario
from nfrcheck.scenario.targets import Target
from nfrcheck.scenario.typed import Reading

SIGNS = ("header", "json")
"""How this version reads from an answer which region gave it."""


def not_told(target: Target) -> str | None:
    """Why this version cannot divide the requests of a target as it asks, or None."""
    for key, words in (("each", target.each), ("only", tuple(target.only))):
        for word in words:
            if word not in ATTRIBUTES:
                return (
                    f"`{key}: {word}` is in the language; this version cannot tell requests apart "
                    f"by it: the target `{target.id}` will be NOT RUN"
                )
    return None


def check_regions(reading: Reading, root: Node, scenario: Scenario, deployment: Node) -> None:
    """Only the answer tells its region, if the deployment says how; errors go to `reading`."""
    served_by = deployment.child("served_by")
    if served_by is not None and any(sign in served_by.keys for sign in SIGNS):
        return
    for target in scenario.targets:
        if target.rule is None or target.later or "region" not in {*target.each, *target.only}:
            continue
        mark = _place(root, target)
        if served_by is not None:
            sign = next(iter(served_by.keys), "served_by")
            because = (
                f"`served_by: {{{sign}}}` is in the language; this version cannot read a region "
                f"from it: the target `{target.id}` will be NOT RUN"
            )
            reading.not_yet("targets", target.id, because, mark)
            continue
        message = "the deployment does not say how an answer tells its region"
        remedy = "declare `served_by` there, such as `served_by: {header: x-region}`"
        reading.problem(mark, "NFR013", message, remedy)


def _place(root: Node, target: Target) -> Mark:
    """Of the key that asks; of the target's own where an included file does."""
    key = "each" if "region" in target.each else "only"
    targets = root.child("targets")
    node = targets.child(target.id) if targets else None
    mark = node.keys.get(key) if node else None
    return mark or Mark(target.path, target.line, target.column)
