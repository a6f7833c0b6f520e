"""A region that answers alone must do so in all runs that were planned, and for as long."""

from typing import Any

import pytest

from nfrcheck.model.verdict import Outcome
from tests.checks.histories import question
from tests.checks.shares import FORTY, seen, served


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        pytest.param({"holds_s": {"lose-a": 20.0}}, "the fault was held 8.0 s of 20.0 s", id="cut"),
        pytest.param({"expected_runs": {"lose-a": 3}}, "took place 1 of 3 times", id="once"),
    ],
)
def test_less_than_was_planned_proves_less(asked: dict[str, Any], words: str) -> None:
    assert FORTY.judge(seen(served()), question()).outcome is Outcome.PASS

    found = FORTY.judge(seen(served()), question(**asked))

    assert found.outcome is Outcome.INCONCLUSIVE
    assert words in found.because
