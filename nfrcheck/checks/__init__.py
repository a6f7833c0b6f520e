"""The checks: one file each; this table is the list. Third parties add theirs by entry points."""

from pydantic import BaseModel

from nfrcheck.checks.availability import Availability
from nfrcheck.checks.capacity_without_region import CapacityWithoutRegion
from nfrcheck.checks.deploy_without_downtime import DeployWithoutDowntime
from nfrcheck.checks.ejection import Ejection
from nfrcheck.checks.failback import Failback
from nfrcheck.checks.failover import Failover
from nfrcheck.checks.grey_region import GreyRegion
from nfrcheck.checks.latency import Latency
from nfrcheck.checks.latency_degradation import LatencyDegradation
from nfrcheck.checks.recovery_point import RecoveryPoint
from nfrcheck.checks.recovery_surge import RecoverySurge
from nfrcheck.checks.static_stability import StaticStability
from nfrcheck.checks.traffic_share import TrafficShare
from nfrcheck.checks.yearly_availability import YearlyAvailability

CHECKS: dict[str, type[BaseModel]] = {
    "availability": Availability,
    "capacity-without-region": CapacityWithoutRegion,
    "deploy-without-downtime": DeployWithoutDowntime,
    "ejection": Ejection,
    "failback": Failback,
    "failover": Failover,
    "grey-region": GreyRegion,
    "latency": Latency,
    "latency-degradation": LatencyDegradation,
    "recovery-point": RecoveryPoint,
    "recovery-surge": RecoverySurge,
    "static-stability": StaticStability,
    "traffic-share": TrafficShare,
    "yearly-availability": YearlyAvailability,
}
