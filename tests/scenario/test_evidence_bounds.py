"""Rules of evidence that nothing could keep, or that ask for nothing, are refused in place."""

import pytest

from nfrcheck.plan import Options, plan
from tests.scenario.conftest import Complain, Read

SCENARIO = """\
nfrcheck: 1
evidence: {margin: 3x, burst: 500 ms, min_samples: 7, confidence: 90 %}
load: {users: {rate: 50/s, journey: {home: {get: /}}}}
targets:
  availability: {at_least: 99.9 %, evidence: {OWN}}
"""


@pytest.mark.parametrize(
    "own",
    [
        "margin: 0x",
        "margin: 0.5x",
        "burst: 0 s",
        "confidence: 0 %",
        "confidence: 49 %",
        "confidence: 100 %",
        "confidence: 99.999999999999999999999999 %",
    ],
)
@pytest.mark.parametrize("line", [2, 5], ids=["shared", "own"])
def test_a_rule_that_is_none_is_refused(own: str, line: int, complain: Complain) -> None:
    written = SCENARIO.replace("OWN", own)
    if line == 2:
        written = SCENARIO.replace(
            "margin: 3x, burst: 500 ms, min_samples: 7, confidence: 90 %", own
        )
        written = written.replace("OWN", "min_samples: 1")

    (found,) = complain(written)

    assert (found.code, found.line) == ("NFR015", line)
    assert found.remedy


@pytest.mark.parametrize(
    ("own", "name", "value"),
    [
        ("min_samples: 0", "min_samples", 0),
        ("margin: 1x", "margin", 1.0),
        ("burst: 10 ms", "burst_s", 0.01),
        ("confidence: 99 %", "confidence", 0.99),
    ],
)
def test_what_a_target_says_of_its_evidence_is_meant(
    own: str, name: str, value: float, read: Read
) -> None:
    pair = read(SCENARIO.replace("OWN", own))

    (target,) = plan(pair.scenario, pair.deployment, Options()).targets

    rules = target.question.rules
    assert getattr(rules, name) == value
    shared = {"margin": 3.0, "burst_s": 0.5, "min_samples": 7, "confidence": 0.9}
    assert all(getattr(rules, other) == shared[other] for other in shared.keys() - {name})
