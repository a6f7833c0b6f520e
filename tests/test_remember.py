"""What a run leaves behind for those after it, and what it takes from those before."""

import json
from pathlib import Path
from typing import Any

import pytest

from nfrcheck.errors import NfrcheckError
from nfrcheck.history.append import held
from nfrcheck.pipeline import judge_folder
from nfrcheck.plan.keep import read_targets
from tests.history.kept_runs import SCENARIO, Kept


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path)


def target(run: dict[str, Any], name: str = "availability") -> dict[str, Any]:
    found: dict[str, Any] = {one["id"]: one for one in run["targets"]}[name]
    return found


def test_four_nights_of_ten_thousand_clean_requests_prove_four_nines(kept: Kept) -> None:
    runs = [kept.run() for _ in range(4)]

    words = [target(run)["verdict"] for run in runs]
    assert words == ["inconclusive"] * 3 + ["pass"]
    said = target(runs[-1])["because"]
    assert "with the evidence of 3 earlier runs (30,000 requests since 20" in said
    assert said.endswith("0 of them failed, build b1)")
    assert [run["exit_code"] for run in runs] == [3, 3, 3, 0]


def test_never_across_two_builds(kept: Kept) -> None:
    for _ in range(3):
        kept.run("b1")

    assert target(kept.run("b2"))["verdict"] == "inconclusive"
    assert target(kept.run(None))["verdict"] == "inconclusive"
    assert target(kept.run("b1"))["verdict"] == "pass", "its own evidence is still there"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("99.99 %", "99.98 %", id="another-limit"),
        pytest.param("get: /", "get: /other", id="another-route"),
        pytest.param("117/s", "118/s", id="another-rate"),
        pytest.param("carry_over: true", "carry_over: true, burst: 9 ms", id="another-burst"),
    ],
)
def test_never_across_two_questions(old: str, new: str, kept: Kept, tmp_path: Path) -> None:
    kept.run()
    (tmp_path / "shop.nfr.yaml").write_text(SCENARIO.replace(old, new, 1), "utf-8")
    kept.begin()

    first, second = (line["targets"]["availability"]["key"] for line in kept.lines("begun"))
    assert first != second


def test_the_same_question_has_the_same_key_whatever_else_is_asked(
    kept: Kept, tmp_path: Path
) -> None:
    kept.begin(seed=1)
    more = SCENARIO + "  more: {check: latency, p50: < 1 s, load: shop}\n"
    (tmp_path / "shop.nfr.yaml").write_text(more, "utf-8")
    kept.begin(seed=2)

    first, second = (line["targets"]["availability"] for line in kept.lines("begun"))
    assert first == second


def test_a_run_is_on_record_before_it_contacts_anything(kept: Kept) -> None:
    folder = kept.begin()

    [begun] = kept.lines("begun")
    assert begun["run"] == folder.name
    assert begun["build"] == "b1"
    assert len(begun["scenario_hash"]) == 64
    assert set(begun["targets"]) == {"availability", "latency"}
    assert not kept.lines()
    assert {path.name for path in folder.iterdir()} == {"plan.json"}


def test_a_run_whose_beginning_cannot_be_recorded_does_not_begin(kept: Kept) -> None:
    kept.out.mkdir()
    (kept.out / "history.jsonl").mkdir()

    with pytest.raises(NfrcheckError, match="could not be written"):
        kept.begin()


def test_judging_again_gives_the_same_bytes_and_no_second_line(kept: Kept) -> None:
    for _ in range(3):
        kept.run()
    folder = kept.begin()
    kept.record(folder)
    kept.judged(folder)
    first, lines = (folder / "run.json").read_bytes(), kept.lines()
    kept.run()

    kept.judged(folder)

    assert (folder / "run.json").read_bytes() == first
    assert kept.lines()[: len(lines)] == lines
    assert len(kept.lines()) == len(lines) + 2


def test_judging_by_other_limits_is_no_evidence(kept: Kept) -> None:
    folder = kept.begin()
    kept.record(folder)
    targets = read_targets(json.loads((folder / "plan.json").read_text()))

    judge_folder(folder, targets=targets)

    assert not kept.lines()


def test_a_run_that_died_blocks_and_judging_it_is_the_cure(kept: Kept) -> None:
    for _ in range(3):
        kept.run()
    died = kept.begin()
    kept.record(died, failed=3, end=False)

    blocked = target(kept.run())
    assert blocked["verdict"] == "inconclusive"
    assert f"`nfrcheck judge {died}` writes it" in blocked["because"]

    kept.judged(died)
    cured = target(kept.run())
    assert "with the evidence of 5 earlier runs" in cured["because"]
    assert "3 of them failed" in cured["because"]


def test_a_run_that_still_goes_on_is_not_recorded(kept: Kept) -> None:
    folder = kept.begin()
    kept.record(folder, end=False)

    with held(folder / "plan.json"):
        kept.judged(folder)
        assert not kept.lines()

    kept.judged(folder)
    assert len(kept.lines()) == 2


def test_a_line_says_what_came_of_a_target(kept: Kept) -> None:
    kept.run(failed=1)

    up, slow = kept.lines()
    assert (up["target"], up["check"], up["requirement"]) == (
        *("availability", "availability"),
        "NFR-1",
    )
    assert (up["samples"], up["failures"], up["measured"]) == (10_000, 1, 0.9999)
    assert (up["unit"], up["limit"], up["build"]) == ("share", "at least 99.99 %", "b1")
    assert [piece["limit"] for piece in slow["evidence"]] == ["p95", "p99"]
    assert slow["measures"]["p99"]["value"] == pytest.approx(0.1)


def test_a_copied_folder_starts_no_history(kept: Kept, tmp_path: Path) -> None:
    folder = kept.begin()
    kept.record(folder)
    (tmp_path / "elsewhere").mkdir()
    copy = folder.rename(tmp_path / "elsewhere" / folder.name)

    judge_folder(copy)

    assert not (copy.parent / "history.jsonl").exists()


def test_a_run_is_compared_with_those_before_it(kept: Kept) -> None:
    first = target(kept.run(latency_s=0.1), "latency")
    for _ in range(4):
        kept.run(latency_s=0.1)
    slow = target(kept.run(latency_s=0.15), "latency")

    assert first["compared"] is None
    assert slow["verdict"] == "pass"
    assert slow["compared"]["word"] == "worse"
    assert slow["compared"]["before"] == pytest.approx(0.1)
    assert slow["compared"]["runs"] == 5
    assert slow["compared"]["last"]["run"].startswith("2026-05-05")


def test_it_is_known_when_a_target_was_proven(kept: Kept) -> None:
    runs = [kept.run(), kept.run("b1", failed=40)]

    proven = [target(run, "latency")["proven"] for run in runs]
    assert proven[0]["at"] == runs[0]["started_at"]
    assert proven[1]["at"] == runs[1]["started_at"]
    assert target(runs[1])["proven"] is None
