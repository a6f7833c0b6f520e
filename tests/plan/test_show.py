"""What a plan says of its faults, guards and targets is true, short, and holds no secret."""

from dataclasses import replace

import pytest

from nfrcheck.checks.availability import Availability
from nfrcheck.experiments.faults import Armed
from nfrcheck.kinds import Target
from nfrcheck.model.question import EvidenceRules, Question
from nfrcheck.plan.show import guard_in_words, in_words, show
from nfrcheck.plan.steps import Drill, Guard, Plan, Quiet, Step

RESTORE = {
    "kind": "http",
    "method": "POST",
    "url": "http://127.0.0.1/restore",
    "headers": {"authorization": {"env": "OPS_TOKEN"}},
    "within_s": 30.0,
}
ARMED = Armed(
    touched="kill region b",
    injections=(),
    undo=(RESTORE,),
    verify=(RESTORE | {"method": "GET", "url": "http://127.0.0.1/b", "times": 3},),
    where={"region": "b"},
    note="restore region b",
    deadline_s=30.0,
)
DRILL = Drill(
    name="lose-b",
    run=1,
    fault="region-kill",
    armed=(ARMED,),
    baseline_s=5.0,
    hold_s=8.0,
    settle_s=8.0,
    seen_by=("region-b",),
)
EMPTY = Plan(
    scenario="s",
    scenario_path="",
    deployment="box",
    deployment_path="",
    targets=(),
    steps=(),
    traffic=(),
    entries={},
    paths={},
)


def shown(*steps: Step, plan: Plan = EMPTY) -> str:
    return "\n".join(show(replace(plan, steps=steps)))


def test_runs_that_do_the_same_are_one_line_and_each_has_its_time() -> None:
    text = shown(Quiet(name="steady", kind="quiet", seconds=60.0), DRILL, replace(DRILL, run=2))

    assert text.count("   kill      region b  2x for 8 s  lose-b") == 1
    assert "   01:00     lose-b/1  baseline 5 s · hold 8 s · settle 8 s" in text
    assert "   01:21     lose-b/2" in text
    assert text.count("put back     restore region b, within 30 s") == 1


def test_how_it_is_put_back_names_the_request_and_no_header() -> None:
    text = shown(DRILL)

    assert "by POST http://127.0.0.1/restore\n" in text
    assert "seen well by GET http://127.0.0.1/b, 3 good answers in a row\n" in text
    assert "authorization" not in text
    assert "OPS_TOKEN" not in text


def test_a_fault_that_nobody_will_see_is_said_before_it_is_injected() -> None:
    assert "nothing independent: the drill will be INVALID" in shown(replace(DRILL, seen_by=()))


def test_a_drill_that_nothing_stops_says_so() -> None:
    assert "stops itself never: no `abort_if` and no `max_time`" in shown(DRILL)
    assert "stops itself if it takes longer than 1 h" in shown(
        DRILL, plan=replace(EMPTY, max_time_s=3600.0)
    )


@pytest.mark.parametrize(
    ("guard", "words"),
    [
        (Guard(metric="error_ratio", above=0.8, for_s=5.0), "errors are above 80 % for 5 s"),
        (Guard(metric="p99", above=2.0, for_s=10.0), "p99 is above 2.0 s for 10 s"),
        (Guard(metric="file", target="STOP"), "the file STOP says stop"),
    ],
    ids=["errors", "latency", "file"],
)
def test_a_guard_reads_as_a_sentence(guard: Guard, words: str) -> None:
    assert guard_in_words(guard) == words


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ({"kind": "argv", "argv": ["./node.sh", "start 2"]}, "./node.sh 'start 2'"),
        ({"kind": "signal", "pid": 7, "signal": "CONT"}, "signal CONT to process 7"),
        ({"kind": "tcp", "host": "h", "port": 1}, "a connection to h:1"),
    ],
    ids=["argv", "signal", "tcp"],
)
def test_a_step_reads_as_what_somebody_would_type(step: dict[str, object], words: str) -> None:
    assert in_words(step) == words


def test_what_cannot_be_judged_is_not_counted_as_decided() -> None:
    def target(name: str, judge: Availability | None, lacks: str = "") -> Target:
        question = Question(id=name, rules=EvidenceRules())
        return Target(id=name, check="availability", question=question, judge=judge, lacks=lacks)

    perfect = Availability.model_validate({"at_least": "100 %"})
    targets = (target("perfect", perfect), target("lost", None, "no probe: the target is not run"))

    text = shown(plan=replace(EMPTY, targets=targets))

    assert "decides      0 of 2 targets" in text
    assert "   !         perfect  100 % cannot be confirmed by any number of requests" in text
    assert "   -         lost  NOT RUN: no probe" in text


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    long = replace(ARMED, note="restore " + "a component with a name, " * 9)

    lines = show(replace(EMPTY, steps=(replace(DRILL, armed=(long,)),)), width)

    assert max(map(len, lines)) <= width
