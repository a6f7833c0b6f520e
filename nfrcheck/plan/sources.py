"""What traffic is made of: both files, the pinned addresses, the seed."""

from dataclasses import dataclass

from nfrcheck.plan.addresses import Pins
from nfrcheck.scenario.deployment import Deployment
from nfrcheck.scenario.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Sources:
    """What traffic is made of. Without `secrets` no secret is read: for `plan` and `validate`."""

    scenario: Scenario
    deployment: Deployment
    pins: Pins
    seed: int
    secrets: bool
