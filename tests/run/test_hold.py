"""A fault that is only held keeps the deployment's rules: its guards see, its controls last."""

import json
from pathlib import Path

import pytest

from nfrcheck.errors import DeploymentError, UsageError
from nfrcheck.plan.steps import Plan
from nfrcheck.run.hold import Wish, plan_hold
from tests.run.whole import Shop

pytestmark = pytest.mark.usefixtures("state")


def planned(shop: Shop, rules: str = "", control: str = "", at_most_s: float = 10) -> Plan:
    place = shop.deployment()
    text = place.read_text("utf-8").replace("safety: {", f"safety: {{{rules}")
    place.write_text(text.replace("kind: shell, ", f"kind: shell, {control}"), "utf-8")
    wish = Wish(fault="component-kill", keys={"component": "app"}, path="/", at_most_s=at_most_s)
    return plan_hold(place, wish, shop.place)


@pytest.mark.parametrize(
    ("guard", "watched"),
    [
        ("{error_ratio: above 10 %, for: 1 s}", ["seen"]),
        ("{p99: above 300 ms}", ["seen"]),
        ("[{file: STOP}, {error_ratio: above 40 %}]", ["seen"]),
        ("{file: STOP}", []),
    ],
)
def test_a_guard_on_figures_is_given_figures(guard: str, watched: list[str], shop: Shop) -> None:
    made = planned(shop, f"abort_if: {guard}, ")

    assert made.guards
    assert [spec.stream for spec in made.traffic] == watched


def test_a_guard_that_nobody_could_watch_is_refused(shop: Shop) -> None:
    with pytest.raises(DeploymentError, match=r"small\.deployment\.yaml: `abort_if: error_b") as no:
        planned(shop, "abort_if: {error_budget: above 50 %}, ")

    assert "`error_ratio`" in str(no.value.remedy)


def test_a_policy_is_named_as_what_it_is(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = tmp_path / "policy.json"
    guard = {"error_budget": "above 50 %"}
    policy.write_text(json.dumps({"allow": ["component-kill"], "abort_if": guard}))
    monkeypatch.setenv("NFRCHECK_SAFETY", str(policy))

    with pytest.raises(DeploymentError, match=r"the policy file \(NFRCHECK_SAFETY\): `abort_if"):
        planned(shop)


def test_what_ends_by_itself_before_it_is_let_go_is_refused(shop: Shop) -> None:
    assert planned(shop, control="expires: 15 s, ").drills

    with pytest.raises(UsageError, match="`app` ends its fault after 14 s") as too_short:
        planned(shop, control="expires: 14 s, ")

    assert too_short.value.remedy == (
        "`expires: 15 s` or more, or a shorter hold, which is `--at-most` here"
    )
