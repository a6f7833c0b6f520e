"""`carry_over` means something only between runs of a known build, and only for shares."""

from nfrcheck.scenario.document import Mark, Node
from nfrcheck.scenario.scenario import Scenario
from nfrcheck.scenario.targets import Target
from nfrcheck.scenario.typed import Reading

SHARES = ("availability", "latency")
"""The checks whose evidence adds up."""


def check_carried(reading: Reading, root: Node, scenario: Scenario, deployment: Node) -> None:
    """Errors go to `reading`, at the key that asks for it."""
    asking = [one for one in scenario.targets if one.evidence.carry_over]
    for target in asking:
        if target.check not in SHARES:
            message = f"the evidence of `{target.check}` cannot be carried over"
            remedy = f"leave it out; it adds up for {' and '.join(SHARES)}"
            reading.problem(_place(root, target), "NFR161", message, remedy)
    shared = any(one.evidence.carry_over is None for one in scenario.targets)
    if (asking or (scenario.evidence.carry_over and shared)) and deployment.child("build") is None:
        message = "evidence is carried over between runs of one build, and nothing says which runs"
        remedy = "add `build: {env: NAME}` or `build: {get: /version, json: /build}`"
        places = [_place(root, target) for target in asking] or [_place(root, None)]
        for mark in places:
            reading.problem(mark, "NFR160", message, f"{remedy} to the deployment")


def _place(root: Node, target: Target | None) -> Mark:
    """Of the key itself; of the target where an included file asks for it."""
    place = ("targets", target.id) if target else ()
    node: Node | None = root
    mark = root.mark
    for name in (*place, "evidence", "carry_over"):
        if node is None or name not in node.keys:
            break
        mark, node = node.keys[name], node.child(name)
    return mark
