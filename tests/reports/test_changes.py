"""What changed since the last run and what was proven when stand on every surface, or nowhere."""

import re
from typing import Any

import pytest

from nfrcheck.reports import terminal
from nfrcheck.reports.changes import difference, sentence
from nfrcheck.reports.html import render
from nfrcheck.reports.proven import proofs
from nfrcheck.reports.rows import rows
from nfrcheck.reports.view import view
from tests.reports.conftest import Parsed
from tests.reports.sample_runs import sample

WORSE = {
    "word": "worse",
    "because": "50 % worse than the last 6 runs; from 5 % worse on it is more than their noise",
    "measure": "p99",
    "runs": 6,
    "before": 0.1,
    "detectable": 1.08,
    "last": {"run": "r1", "at": "2026-11-15T02:00:00+00:00", "verdict": "pass"},
}


def compared(**more: Any) -> dict[str, Any]:
    """The passing sample, whose first target was compared with earlier runs and found worse."""
    run = sample("pass")
    slow = next(target for target in run["targets"] if target["unit"] == "s")
    slow["compared"] = {**WORSE, "before": slow["measured"] - 0.006, **more}
    return run


@pytest.mark.parametrize(
    ("now", "before", "unit", "shown"),
    [
        pytest.param(0.163, 0.157, "s", "+6 ms", id="slower"),
        pytest.param(0.0441, 0.0447, "s", "-0.6 ms", id="faster"),
        pytest.param(11.4, 4.3, "s", "+7.1 s", id="much-slower"),
        pytest.param(0.9999, 0.9997, "share", "+0.02 %", id="more"),
        pytest.param(1.0, 1.0, "share", "±0", id="the-same"),
        pytest.param(3.0, 1.0, "events", "+2 events", id="counted"),
        pytest.param(None, 1.0, "s", "\N{EN DASH}", id="not-measured-now"),
        pytest.param(1.0, None, "s", "\N{EN DASH}", id="not-measured-before"),
    ],
)
def test_a_difference_has_a_sign_and_a_unit(
    now: float | None, before: float | None, unit: str, shown: str
) -> None:
    assert difference(now, before, unit) == shown


def test_what_could_have_been_seen_is_said_only_where_nothing_was() -> None:
    assert sentence(WORSE) == WORSE["because"]
    assert sentence({**WORSE, "word": "same", "because": "same"}) == (
        "same; 8.0 % worse would have been seen with 80 %"
    )


@pytest.mark.parametrize("width", [80, 100, 120])
def test_the_table_has_the_column_only_where_it_says_something(width: int) -> None:
    assert "VS LAST" not in terminal(sample("pass"), width, colour=False)

    text = terminal(compared(), width, colour=False)

    assert re.search(r"VS LAST", text.splitlines()[0])
    assert re.search(r"\+6.*worse$", text, re.MULTILINE)
    assert max(len(line) for line in text.splitlines()) <= width


def test_a_change_beyond_the_noise_is_painted() -> None:
    assert "\x1b[31m+6" in terminal(compared(), 120, colour=True)
    assert "\x1b[31m+6" not in terminal(compared(word="same"), 120, colour=True)


def test_the_page_says_it_too_and_why() -> None:
    page = Parsed(render(view(compared())))
    text = " ".join("".join(page.text).split())

    assert "vs last" in text
    assert "Against earlier runs: 50 % worse than the last 6 runs" in text
    assert not page.unclosed
    assert "vs last" not in render(view(sample("pass")))


def test_evidence_of_earlier_runs_is_named_in_the_row_that_rests_on_it() -> None:
    run = sample("pass")
    first = run["targets"][0]
    first["figures"] = {
        "earlier": {"runs": 3, "n": 30_000, "k": 0, "since": "2026-05-01", "build": "b\x1b1"}
    }
    said = "passed with the evidence of 3 earlier runs (30,000 requests since 2026-05-01, build b"

    text = " ".join(terminal(run, 120, colour=False).split())

    assert said in text
    assert "\x1b" not in text
    assert said in " ".join("".join(Parsed(render(view(run))).text).split())


def proven() -> dict[str, Any]:
    run = sample("fail")
    one, two, three, *_ = run["targets"]
    one["proven"] = {"run": "r2", "at": run["started_at"], "build": "b2"}
    two["proven"] = {"run": "r1", "at": "2026-10-01T02:00:00+00:00", "build": "b1"}
    two["waived"] = {"owner": "ann", "until": run["started_at"][:10], "because": "later"}
    three["waived"] = {"owner": "bob", "until": "2020-01-31", "because": "later"}
    return run


def test_a_proof_is_told_with_its_age_and_a_waiver_with_its_days() -> None:
    run = proven()
    found = {proof.anchor: proof for proof in proofs(run, rows(run))}
    one, two, three = (found[f"t-{target['id']}"] for target in run["targets"][:3])

    assert (one.when, one.age, one.build) == ("by this run", "", "b2")
    assert two.when == "1 Oct 2026"
    assert re.fullmatch(r"\d+ days", two.age)
    assert re.fullmatch(r"ann until \d+ \w+ \d{4}, 1 day left", two.waiver)
    assert (three.when, three.age) == ("never", "\N{EN DASH}")
    assert three.waiver == "bob until 31 Jan 2020, over"


def test_what_is_older_than_wanted_is_stale() -> None:
    run = {**proven(), "freshness_s": 86_400.0}

    [two] = [proof for proof in proofs(run, rows(run)) if proof.build == "b1"]

    assert two.age.endswith(" days, stale")
    assert two.css == "inc"


def test_without_a_history_the_page_does_not_speak_of_proofs() -> None:
    assert "Proven when" not in render(view(sample("pass")))
    page = Parsed(render(view(proven())))
    assert "Proven when" in "".join(page.text)
    assert not page.unclosed
