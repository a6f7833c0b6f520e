"""Which quality of the architecture a check speaks for: how the rows of a scorecard are grouped."""

OTHER = "Other"

_CHECKS = {
    "Availability": """availability availability-everywhere yearly-availability traffic-share
        capacity-without-region failover recovery-point static-stability grey-region geo-routing
        ejection dns-expiry canary-release topology gateway-parity failback""",
    "Performance": """latency latency-degradation regional-latency scale-out ageing
        overload-recovery""",
    "Resilience": """circuit-breaker retry bulkhead deadlines recovery-surge chaos-practice""",
    "APIs": """api-contract api-governance api-evolution channel-payload no-logic-in-channel
        workflow statelessness facade call-graph idempotency api-consistency""",
    "Events": """event-delivery event-propagation replication-parity consumer-failover event-replay
        replay-window dead-letter consumer-rebalance crash-delivery partitioning
        schema-compatibility wire-schema event-decoupling event-chain platform-events commit-emit
        replication-throughput""",
    "Data": """write-conflicts convergence cache-freshness lake-sync checkpoint-restore
        encrypted-at-rest column-encryption tokenisation""",
    "Security": """token-matrix scope-matrix object-level mtls-required tls-posture tls-required
        rate-limit threat-protection waf topic-acl event-identity gateway-bypass security-parity
        secrets safe-pentest""",
    "Platform": """capabilities pipeline-evidence trace-completeness telemetry-truth feature-flag
        deploy-without-downtime mixed-versions documents""",
    "Compliance": "audit-trail residency policy",
}
_QUALITY = {check: quality for quality, checks in _CHECKS.items() for check in checks.split()}

ORDER = (*_CHECKS, OTHER)


def quality(check: str) -> str:
    """A check that somebody else brought is shown under the last heading, not left out."""
    return _QUALITY.get(check, OTHER)
