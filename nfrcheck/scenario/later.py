"""What the language has and this version cannot run yet: read, never ignored, never refused."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nfrcheck.model.units import Kind, UnitError, parse, parse_limit
from nfrcheck.scenario.document import Mark


@dataclass(frozen=True, slots=True)
class Later:
    """Something that is written and will be NOT RUN. `section` is a top-level key."""

    section: str
    name: str
    because: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of something that is only read: those it must have, those it may have."""

    required: tuple[str, ...]
    optional: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> "Keys":
        """From `a b [c d]`."""
        required, _, optional = text.partition("[")
        return cls(tuple(required.split()), tuple(optional.rstrip("]").split()))


def table(text: str) -> dict[str, Keys]:
    """One thing a line: its name and its keys."""
    rows = (line.split(maxsplit=1) for line in text.strip().splitlines())
    return {row[0]: Keys.of(row[1] if len(row) > 1 else "") for row in rows}


# The whole language; `pNN` is any percentile. Common keys of a target stand where required.
CHECKS = table("""
availability at_least [load probe longest_outage client_errors]
availability-everywhere at_least each [probe ignore_below]
yearly-availability at_least incidents [steady weights]
traffic-share share [load routes drill]
capacity-without-region drill [load at_least pNN scale_within]
failover drill [error_window failed retries probe load]
recovery-point drill at_most [probe]
static-stability drill at_least [load pNN]
grey-region drill leaves_within [region share_left load]
geo-routing subnets [probe]
ejection drill [eject_within readmit_within calm panic_below]
dns-expiry ttl [probe drill leaves_within]
canary-release drill split [tolerance sticky_by switch failed rollback_within]
topology nodes [distinct shared drill]
gateway-parity entries [load ignore fallback]
failback drill [error_window share_back_within equal_within state]
api-contract [contract entries examples covers also_allowed time_limit]
api-governance [contract rules closed catalogue]
api-evolution baselines [contract corpus]
channel-payload channels
no-logic-in-channel witness mapping [routes formatting samples]
workflow machine ends_within [invariants drill]
statelessness journey [component differing drill]
facade drill witness [contract leaks pNN quota]
call-graph may_call [sink edges store_owners ignore]
idempotency route [header effects conflict key_life entries]
api-consistency rules [contract at_least except]
event-delivery promise [probe order duplicates lost settle drill]
event-propagation pNN [probe]
replication-parity from to [equal differing new_topic_within]
consumer-failover group drill [skipped reread]
event-replay component state [act volatile replays silent]
replay-window topics reaches_back [sustains]
dead-letter topic dead_letter lands_within [poison redrive]
consumer-rebalance group drill idle [duplicates]
crash-delivery drill promise effects [probe]
partitioning topic [keys skew speed_up hot]
schema-compatibility mode [formats buses]
wire-schema topics [contract envelope]
event-decoupling drill [slower_by fails_more_by drains_within load]
event-chain chain [topics drill]
platform-events topic events lands_within [fields]
commit-emit topic same lands_within [probe drill]
replication-throughput sustains [probe lag drill drains_at]
write-conflicts merges [route invariants drill]
convergence state equal_within [stale drill volatile]
cache-freshness fresh_within [probe origin_calls tenants drill]
lake-sync sinks tables lag
checkpoint-restore drill promise [topic age]
encrypted-at-rest sinks [canaries]
column-encryption columns sinks [may_read deterministic]
tokenisation classes sinks [vault masked]
latency pNN [load probe longest_stall client_errors]
latency-degradation drill limits [load per_hop unaffected recovers_within]
regional-latency pNN [load apart_by]
scale-out component replicas [efficiency load pNN scale_within]
ageing grows_by [watch sink load]
overload-recovery drill goodput recovers_within [refuse_with]
circuit-breaker drill witness opens_within [still_called fails_fast closes_within calm]
retry drill witness [attempts amplification backoff jitter repeatable retry_after]
bulkhead drill [slower_by at_least load]
deadlines drill answers_within [witness abandons_within except]
recovery-surge drill peak [witness clients]
chaos-practice period records [faults]
token-matrix [issuer contract entries leeway attempts_each]
scope-matrix [contract allow entries]
object-level owners [contract public entries]
mtls-required components [identity except]
tls-posture [entries buses level valid_for]
tls-required [entries buses components except]
rate-limit limit per [bucket as bystander route entries tolerance]
threat-protection [entries route bystander slower_by answers_within large_bodies]
waf blocks [entries blocks_wrongly classes blocked_with]
topic-acl allow [buses]
event-identity [buses sources]
gateway-bypass components [headers closed]
security-parity [of]
secrets sinks [canaries drill dead_within]
safe-pentest below authorisation [entries imports]
capabilities answers
pipeline-evidence records [gates approved]
trace-completeness hops at_least [sink]
telemetry-truth sink queries [tolerance alert]
feature-flag drill effective_within [sticky_by split tolerance default]
deploy-without-downtime drill failed [pNN load]
mixed-versions component versions [contract probe]
documents list [template reviewed_within diagram]
audit-trail sink actions lands_within [fields verifier drill]
residency homes sinks [topics except]
policy bundle [decisions fails drill effective_within]
""")

# Language.md section 6.
FAULTS = table("""
region-kill region
region-drain region
region-isolate region [direction]
region-grey region mode [latency stall share]
component-kill component [at]
component-pause component [at]
component-drain component [at]
component-restart component [at]
component-scale component replicas
component-deploy component version
component-act component act
link-latency link latency [jitter]
link-bandwidth link bandwidth
link-stall link stall [share]
link-cut link [direction]
link-reset link [share]
link-hang link [share]
link-slow-close link [share]
link-errors link status [share route]
witness-answer witness answer [share status delay]
surge load factor
chaos-toolkit experiment [within]
""")

_METHODS = "get post put patch delete head options"
# Language.md section 7.
PROBES = table(f"""
http every [{_METHODS} entry client expect timeout as routes_of headers query json from]
dns name every [server entry client timeout from expect]
visibility write read rate [timeout entry as from]
events topic from to rate [timeout client]
writes [{_METHODS} json form body headers query id read rate entry client expect timeout as from]
""")

_VERBS = "kill restore pause resume restart drain undrain isolate rejoin scale deploy rollback"
_CONTROL = f"{_VERBS} replicas version acts verify within expires"
CONTROLS = table(f"""
process [{_CONTROL} argv cwd env pid_file log name]
shell [{_CONTROL} cwd env]
http [{_CONTROL} url headers token ca]
toxiproxy [url proxy listen upstream verify speaks ca within expires]
chaostoolkit [{_CONTROL} module arguments configuration secrets]
compose [{_CONTROL} file project service]
kubernetes [{_CONTROL} context namespace workload]
envoy [{_CONTROL} url cluster runtime]
istio [{_CONTROL} context namespace service]
""")

# Language.md section 2: parts of a deployment that only checks and faults of later versions use.
PARTS = {
    "links": Keys.of("[kind joins to title address entry]"),
    "buses": Keys.of("kind bootstrap [security registry mirrored_as client region]"),
    "witnesses": Keys.of("kind listen [answers region]"),
    "issuers": Keys.of("[url jwks mint client_id client_secret audience]"),
    "sinks": Keys.of(
        "kind [region url token query path topic bus database user password ca client]"
    ),
    "contracts": Keys.of("[openapi asyncapi graphql wsdl entry]"),
    "vantages": Keys.of("worker [region]"),
}


def _upper(*kinds: Kind) -> Callable[[str], Any]:
    return lambda text: parse_limit(text, "upper", *kinds)


def _lower(*kinds: Kind) -> Callable[[str], Any]:
    return lambda text: parse_limit(text, "lower", *kinds)


def _plain(*kinds: Kind) -> Callable[[str], Any]:
    return lambda text: parse(text, *kinds)


def _word(*words: str) -> Callable[[str], Any]:
    def read(text: str) -> str:
        if text not in words:
            listed = ", ".join(f"`{word}`" for word in words)
            raise UnitError(f"`{text}` is none of the words of this key", f"there is {listed}")
        return text

    return read


def _all(keys: str, reader: Callable[[str], Any]) -> dict[str, Callable[[str], Any]]:
    return dict.fromkeys(keys.split(), reader)


# Language.md section 5, types of the keys of checks.
_TYPED: dict[str, Callable[[str], Any]] = {
    **_all("error_window lag stale age idle ttl fails_fast", _upper("duration")),
    **_all("failed lost skipped reread differing attempts edges origin_calls", _upper("count")),
    **_all("duplicates", _upper("count", "share")),
    **_all("slower_by", _upper("duration", "share")),
    **_all(
        "fails_more_by share_left grows_by apart_by peak still_called blocks_wrongly",
        _upper("share"),
    ),
    **_all("amplification skew per_hop", _upper("factor")),
    **_all("goodput efficiency speed_up covers", _lower("share")),
    **_all("sustains drains_at", _lower("rate")),
    **_all("at_least split tolerance ignore_below panic_below", _plain("share")),
    **_all("at_most", _plain("duration", "count")),
    **_all("reaches_back period leeway valid_for time_limit key_life settle", _plain("duration")),
    **_all("limit incidents", _plain("rate")),
    **_all("promise", _word("at-most-once", "at-least-once", "exactly-once")),
    **_all("order", _word("none", "per-key", "total")),
    **_all("mode", _word("backward", "forward", "full")),
    **_all("level", _word("modern", "intermediate", "old")),
    **_all("per", _word("principal", "tenant", "ip", "route")),
    **_all("fails", _word("closed", "open")),
}
# Language.md section 6.
_OF_FAULTS: dict[str, Callable[[str], Any]] = {
    **_all("latency jitter stall delay", _plain("duration")),
    **_all("bandwidth", _plain("bandwidth")),
    **_all("share", _plain("share")),
    **_all("factor", _plain("factor")),
    **_all("replicas", _plain("count")),
    **_all("direction", _word("both", "in", "out")),
    **_all("mode", _word("errors", "slow", "stalls", "one-way", "read-only", "expired-cert")),
}
# Language.md section 7.
_OF_PROBES: dict[str, Callable[[str], Any]] = {
    **_all("every timeout", _plain("duration")),
    **_all("rate", _plain("rate")),
}
_PERCENTILE = re.compile(r"p(50|[5-9][0-9](\.[0-9]{1,2})?)")


def fault_key(key: str) -> Callable[[str], Any] | None:
    """As `typed_key`, for a fault."""
    return _OF_FAULTS.get(key)


def probe_key(key: str) -> Callable[[str], Any] | None:
    """As `typed_key`, for a probe."""
    return _OF_PROBES.get(key)


def typed_key(key: str) -> Callable[[str], Any] | None:
    """What reads the value of a key of a check that is only read; raises UnitError."""
    if _PERCENTILE.fullmatch(key):
        return _upper("duration")
    if key.endswith("_within"):
        return _plain("duration")
    return _TYPED.get(key)
