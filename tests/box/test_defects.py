"""A defect sits where it was told to sit, else where its seed says, the same place each time."""

import pytest

from nfrcheck.box.defects import DEFECTS, Strength, UnknownSwitchError, resolve


def test_at_full_strength_the_seed_draws_the_region() -> None:
    drawn = [resolve("lost-ack", {}, strength="full", seed=seed)["region"] for seed in range(20)]

    assert set(drawn) == {"a", "b"}
    assert drawn == [
        resolve("lost-ack", {}, strength="full", seed=seed)["region"] for seed in range(20)
    ]


def test_at_demo_strength_the_place_is_fixed_unless_any_is_asked_for() -> None:
    def place(region: str | None, seed: int) -> str:
        given = {"region": region}
        return str(resolve("avail-9997", given, strength="demo", seed=seed)["region"])

    assert {place(None, seed) for seed in range(20)} == {"b"}
    assert {place("any", seed) for seed in range(20)} == {"a", "b"}


def test_a_node_says_its_region() -> None:
    chosen = resolve("avail-9997", {"node": "gw-a"}, strength="demo", seed=1)

    assert (chosen["region"], chosen["node"]) == ("a", "gw-a")


def test_strength_sets_the_rate_and_the_caller_overrides_it() -> None:
    def rate(strength: Strength, **given: str) -> float:
        return float(resolve("avail-9997", given, strength=strength, seed=1)["rate"])

    assert rate("demo") == 0.02
    assert rate("full") == 0.0003
    assert rate("full", rate="0.1") == 0.1


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"region": "c"}, id="region"),
        pytest.param({"node": "store-a"}, id="node-of-another-kind"),
        pytest.param({"route": "nowhere"}, id="route"),
        pytest.param({"rate": "often"}, id="rate"),
        pytest.param({"rate": 1.1}, id="rate-above-one"),
        pytest.param({"colour": "red"}, id="setting"),
    ],
)
@pytest.mark.parametrize("name", [defect.name for defect in DEFECTS if "gateway" in defect.kinds])
def test_what_a_defect_does_not_know_is_refused(name: str, given: dict[str, str]) -> None:
    with pytest.raises(UnknownSwitchError):
        resolve(name, given, strength="full", seed=1)
