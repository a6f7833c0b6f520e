"""What a target asks is kept with the plan as it was written, and judged again by it."""

from typing import Any

import pytest
from pydantic import BaseModel

from nfrcheck.checks import CHECKS

DOSES = {"50 ms": {"p99": "< 300 ms"}, "200 ms": {"p99": "< 500 ms", "at_least": "99 %"}}


@pytest.mark.parametrize(
    ("check", "keys"),
    [
        pytest.param("traffic-share", {"share": "40 % .. 60 %"}, id="one-share"),
        pytest.param("traffic-share", {"share": {"a": "at least 40 %"}}, id="share-by-region"),
        pytest.param("latency-degradation", {"limits": DOSES}, id="doses"),
        pytest.param(
            "latency-degradation", {"limits": DOSES, "per_hop": "<= 1.2x"}, id="one-slope"
        ),
        pytest.param(
            "latency-degradation",
            {"limits": DOSES, "per_hop": {"order": "<= 2x"}},
            id="slope-by-route",
        ),
        pytest.param(
            "yearly-availability",
            {"at_least": "99.99 %", "incidents": {"lose-b": "2/year"}, "weights": "50 %"},
            id="one-weight",
        ),
        pytest.param(
            "yearly-availability",
            {"at_least": "99.9 %", "incidents": {"lose-b": "1/day"}, "weights": {"lose-b": "5 %"}},
            id="weight-by-drill",
        ),
    ],
)
def test_it_is_read_again_as_it_was(check: str, keys: dict[str, Any]) -> None:
    model: type[BaseModel] = CHECKS[check]
    written = model.model_validate(keys)

    kept = written.model_dump(mode="json", by_alias=True)

    assert model.model_validate(kept) == written
