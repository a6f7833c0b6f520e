"""Every example of the language reads, and what this version cannot run says so."""

from decimal import Decimal
from pathlib import Path

import pytest

from nfrcheck.scenario.read import read_deployment, read_pair, read_scenario

LANGUAGE = Path(__file__).parents[1] / "golden" / "language"
NAMES = ("api", "haproxy", "two-regions", "soap")


@pytest.mark.parametrize("name", NAMES)
def test_every_example_reads_with_its_deployment(name: str) -> None:
    scenario, deployment, found = read_pair(
        LANGUAGE / f"{name}.nfr.yaml", LANGUAGE / f"{name}.deployment.yaml"
    )

    assert scenario.name == deployment.name == name
    assert scenario.targets
    assert all(each.severity == "later" for each in found)


@pytest.mark.parametrize("path", sorted(LANGUAGE.iterdir()), ids=lambda path: path.name)
def test_every_file_reads_alone(path: Path) -> None:
    read = read_scenario if path.name.endswith(".nfr.yaml") else read_deployment

    assert read(path).path == str(path)


def test_the_example_of_the_design_says_what_it_says() -> None:
    scenario = read_scenario(LANGUAGE / "region-failover.nfr.yaml")

    shop, drill = scenario.load["shop"], scenario.drills["lose-b"]
    assert (shop.per_second, shop.arrivals, shop.timeout) == (150.0, "poisson", 5.0)
    assert shop.data["sku"][:2] == ("sku-1", "sku-2")
    assert len(shop.data["sku"]) == 100
    assert shop.journey["order"].json_ == {"sku": "{sku}", "quantity": 1}
    assert shop.journey["order"].principal == "alice"
    assert scenario.load["per-region"].entry["region-a"] == Decimal("0.5")
    assert (drill.repeat, drill.hold, drill.settle) == (3, 8.0, 8.0)
    assert drill.faults[0].target("region") == "b"
    assert [phase.name for phase in scenario.phases] == [
        "warm-up", "steady", "slow-legacy", "lose-b", "examine",
    ]  # fmt: skip


def test_targets_know_their_place_and_their_limits() -> None:
    target = read_scenario(LANGUAGE / "region-failover.nfr.yaml").target("slow-legacy")

    assert (target.line, target.column) == (38, 3)
    assert (target.check, target.class_, target.during) == ("latency", "advisory", ("slow-legacy",))
    assert target.keys["p99"] == "< 400 ms"


def test_what_cannot_be_run_is_neither_refused_nor_ignored() -> None:
    scenario = read_scenario(LANGUAGE / "region-failover.nfr.yaml")

    later = {target.id for target in scenario.targets if target.later}
    assert {"regional-latency", "event-propagation", "event-delivery"} <= later
    assert "recovery-point" in later, "its probe is one of events"
    assert not later & {"availability", "latency", "failover"}


def test_the_only_load_and_the_only_entry_are_filled_in_and_listed() -> None:
    scenario, _, _ = read_pair(LANGUAGE / "soap.nfr.yaml", LANGUAGE / "soap.deployment.yaml")

    assert scenario.load["quotes"].entry == {"app": 1}
    assert "quotes: entry: app" in scenario.filled


def test_secrets_are_references_until_they_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALICE_TOKEN", "s3cr3t")
    alice = read_deployment(LANGUAGE / "two-regions.deployment.yaml").principals["alice"]

    assert alice.token is not None
    assert alice.token.resolve() == "s3cr3t"
    assert "s3cr3t" not in repr(alice)
