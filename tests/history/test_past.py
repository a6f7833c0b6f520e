"""The history is only ever added to; what it says of earlier runs is all of them or nothing."""

import json
import math
import multiprocessing
import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nfrcheck.errors import UsageError
from nfrcheck.history.append import append, locked
from nfrcheck.history.lines import HISTORY, Begun, Key, Line, begun_json, line_json
from nfrcheck.history.past import Past, read_past
from nfrcheck.model.comparison import Measure
from nfrcheck.model.question import Piece

PIECE = Piece(
    limit="availability", n=10_000, seconds=85, log_odds_pass=0.8, log_odds_fail=-1.44, deff=1.0
)


def begun(run: str, *, key: str = "k", build: str | None = "b1", target: str = "up") -> Begun:
    keys = {target: Key(key=key, alike="a")}
    return Begun(
        run=run,
        at=f"2026-05-0{run}T02:17:00+00:00",
        scenario="shop",
        deployment="staging",
        build=build,
        targets=keys,
    )


def line(run: str, *, judged: str = "inconclusive", **more: Any) -> Line:
    given: dict[str, Any] = {
        "run": run,
        "at": f"2026-05-0{run}T02:17:00+00:00",
        "scenario": "shop",
        "deployment": "staging",
        "build": "b1",
        "target": "up",
        "check": "availability",
        "verdict": judged,
        "judged": judged,
        "key": "k",
        "alike": "a",
        "evidence": (PIECE,),
        "measures": {"availability": Measure(value=0.0, unit="share", samples=9, failures=0)},
    }
    return Line(**{**given, **more})


def written(folder: Path, *things: Begun | Line) -> Past:
    with locked(folder / HISTORY) as handle:
        append(handle, [begun_json(t) if isinstance(t, Begun) else line_json(t) for t in things])
    return read_past(folder)


def carried(past: Past, key: str = "k", build: str | None = "b1") -> Any:
    return past.earlier("up", key, build, folder=Path("runs"))


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    told = line(
        "1",
        requirement="NFR-1",
        measured=0.9999,
        interval=(0.99, None),
        waived={"owner": "ann", "until": "2026-12-31", "because": "later"},
        critical=False,
    )

    past = written(tmp_path, begun("1"), told)

    assert past.begun == (begun("1"),)
    assert past.lines == (told,)


def test_a_folder_without_a_history_has_none(tmp_path: Path) -> None:
    assert read_past(tmp_path) == Past()


def test_a_torn_line_costs_itself_only(tmp_path: Path) -> None:
    written(tmp_path, begun("1"), line("1"))
    with (tmp_path / HISTORY).open("ab") as file:
        file.write(b'{"v": 1, "line": "begun", "run": "2", "at"')

    past = written(tmp_path, begun("3"), line("3"))

    assert [one.run for one in past.begun] == ["1", "3"]
    assert [one.run for one in past.lines] == ["1", "3"]


def test_lines_of_a_newer_version_are_refused_and_unknown_fields_are_not(tmp_path: Path) -> None:
    path = tmp_path / HISTORY
    path.write_text(json.dumps({**begun_json(begun("1")), "colour": "blue"}) + "\n")
    assert [one.run for one in read_past(tmp_path).begun] == ["1"]

    path.write_text(json.dumps({**begun_json(begun("1")), "v": 2}) + "\n")
    with pytest.raises(UsageError, match="a newer nfrcheck wrote"):
        read_past(tmp_path)


def test_of_each_target_and_run_the_first_line_counts(tmp_path: Path) -> None:
    past = written(tmp_path, begun("1"), line("1", judged="fail"), line("1", judged="pass"))

    assert [one.judged for one in past.lines] == ["fail"]


def many(folder: Path, name: int) -> None:
    for number in range(50):
        with locked(folder / HISTORY) as handle:
            append(handle, [{"v": 1, "line": "note", "run": f"{name}-{number}", "x": "y" * 3000}])


def test_runs_that_write_side_by_side_do_not_mix_their_lines(tmp_path: Path) -> None:
    start = multiprocessing.get_context("fork")
    writers = [start.Process(target=many, args=(tmp_path, name)) for name in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(20)

    lines = (tmp_path / HISTORY).read_text().splitlines()

    assert len({json.loads(text)["run"] for text in lines}) == 200


def test_nobody_waits_for_ever_for_a_process_that_holds_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nfrcheck.history.append.WAIT_S", 0.05)

    with locked(tmp_path / HISTORY), pytest.raises(TimeoutError), locked(tmp_path / HISTORY):
        pass


def test_a_line_is_on_disk_when_the_writer_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)

    written(tmp_path, begun("1"))

    assert synced


def test_log_odds_of_the_runs_of_one_build_add_up(tmp_path: Path) -> None:
    past = written(tmp_path, begun("1"), line("1"), begun("2"), line("2"))

    found = carried(past)

    [piece] = found.pieces
    assert (found.runs, found.since, found.build) == (2, "2026-05-01", "b1")
    assert (piece.n, piece.k, piece.seconds) == (20_000, 0, 170)
    assert piece.log_odds_pass == pytest.approx(1.6)
    assert not found.refused


@pytest.mark.parametrize(
    ("key", "build", "why"),
    [
        pytest.param("another", "b1", "", id="another-question-or-build"),
        pytest.param("k", None, "nobody says which build runs", id="unknown-build"),
    ],
)
def test_nothing_is_carried_to(key: str, build: str | None, why: str, tmp_path: Path) -> None:
    found = carried(written(tmp_path, begun("1"), line("1")), key, build)

    assert found.pieces == ()
    assert found.runs == 0
    assert why in found.refused


def test_a_run_that_was_never_judged_is_not_dropped_in_silence(tmp_path: Path) -> None:
    past = written(tmp_path, begun("1"), line("1"), begun("2"))

    found = carried(past)

    assert found.pieces == ()
    assert "run 2 began and has no result" in found.refused
    assert "`nfrcheck judge runs/2`" in found.refused
    assert carried(written(tmp_path, line("2"))).runs == 2, "judging it is the cure"


def test_a_run_whose_check_crashed_is_not_dropped_either(tmp_path: Path) -> None:
    found = carried(written(tmp_path, begun("1"), line("1", evidence=None)))

    assert "run 1 left no evidence that counts" in found.refused


def test_where_the_tester_was_to_blame_evidence_counts_against_the_target_only() -> None:
    good = replace(PIECE, valid=False)
    bad = replace(PIECE, valid=False, k=50, log_odds_pass=-9.0, log_odds_fail=30.0)

    for piece, odds in ((good, 0.0), (bad, -9.0)):
        [found] = carried(Past((begun("1"),), (line("1", evidence=(piece,)),))).pieces
        assert (found.n, found.seconds) == (0, 0)
        assert found.log_odds_pass == odds
        assert found.log_odds_fail <= 0.0 + 1e-12


def nights(against: Iterable[float]) -> float:
    lines = [
        line(str(n), evidence=(replace(PIECE, log_odds_fail=odds),))
        for n, odds in enumerate(against, 1)
    ]
    past = Past(tuple(begun(one.run) for one in lines), tuple(lines))
    found: float = carried(past).pieces[0].log_odds_fail
    return found


def test_good_runs_do_not_hide_the_bad_ones_that_follow() -> None:
    assert nights([-1.44] * 100) == 0.0
    assert nights([-1.44] * 100 + [4.0] * 3) == pytest.approx(12.0 - math.log(12))
    assert nights([4.0] * 3) == pytest.approx(12.0), "from the first run on nothing is paid"


def test_a_requirement_is_proven_when_all_its_targets_are(tmp_path: Path) -> None:
    one = line("1", judged="pass", requirement="NFR-1")
    past = written(tmp_path, begun("1"), one, line("1", target="p99", requirement="NFR-1"))
    assert past.last_proven("up") is not None
    assert past.last_proven("NFR-1") is None

    past = written(
        tmp_path, begun("3"), line("3", target="p99", requirement="NFR-1", judged="pass")
    )
    proven = past.last_proven("NFR-1")
    assert proven is not None
    assert proven.run == "1", "it is as old as its oldest part"


def test_a_proof_is_of_its_deployment(tmp_path: Path) -> None:
    past = written(tmp_path, begun("1"), line("1", judged="pass"))

    assert past.last_proven("up", "staging") is not None
    assert past.last_proven("up", "production") is None


def test_a_waived_failure_is_no_proof(tmp_path: Path) -> None:
    past = written(tmp_path, begun("1"), line("1", verdict="waived", judged="fail"))

    assert past.last_proven("up") is None


def test_runs_that_failed_or_were_ill_do_not_say_what_is_usual() -> None:
    lines = [line("1"), line("2", judged="fail"), line("3", judged="invalid"), line("4")]
    past = Past(tuple(begun(one.run) for one in lines), tuple(lines))

    known = past.known("up", alike="a", key="k", deployment="staging")

    assert len(known.runs["availability"]) == 2
    assert known.last is not None
    assert known.last.run == "4"


def test_what_came_later_was_not_known_when_a_run_began() -> None:
    lines = [line("1"), line("2"), line("3")]
    past = Past(tuple(begun(one.run) for one in lines), tuple(lines))

    assert [one.run for one in past.without("2").lines] == ["1"]
