"""`run.json` keeps what a drill did to its clients, and what it took from the error budgets."""

from dataclasses import replace

from nfrcheck.checks.availability import Availability
from nfrcheck.checks.felt import budgets_spent, drill_result
from nfrcheck.kinds import Target
from nfrcheck.model.history import History
from nfrcheck.model.scorecard import DrillResult, TargetResult
from tests.checks.courses import AT, judged, probe, seen
from tests.checks.histories import answered, between, drill, every, history, question, stream

ONE_ROUTE = {"only": {"route": "home"}}


def felt(*outages: tuple[float, float]) -> DrillResult:
    found = judged(probe(*outages))
    result = TargetResult(
        id="failover", check="failover", title="", critical=True, verdict=found, stretch=""
    )
    [record] = seen(probe()).faults
    return drill_result(replace(record, varied="50 ms", witnesses=("region-b",)), [result])


def test_it_is_known_when_each_client_began_to_feel_it() -> None:
    found = felt((AT + 0.3, AT + 2.3))

    assert set(found.began) == set(found.windows)
    assert all(0.29 <= began <= 0.34 for began in found.began.values())
    assert all(low <= 2.0 <= high for low, high in found.dark.values())


def test_what_failed_after_the_healing_is_counted_by_itself() -> None:
    loss, back = (AT + 0.3, AT + 1.3), (AT + 9.0, AT + 9.5)

    calm, hurt = felt(loss).after_healing, felt(loss, back).after_healing

    assert calm is not None
    assert hurt is not None
    assert (calm["failed"], hurt["failed"]) == (0, 50)
    assert calm["sent"] == hurt["sent"]


def test_the_record_says_how_much_was_injected_and_where_it_had_to_be_seen() -> None:
    found = felt()

    assert (found.varied, found.witnesses) == ("50 ms", ("region-b",))
    assert found.began == {}


def test_what_one_route_lost_is_told_beside_the_whole_and_not_added_to_it() -> None:
    [record] = seen(probe()).faults
    whole, route = (judged(probe((AT + 0.3, AT + 1.3)), ask=ask) for ask in ({}, ONE_ROUTE))
    results = [
        TargetResult(id=name, check="failover", title="", critical=True, verdict=said, stretch="")
        for name, said in (("all", whole), ("home", route))
    ]

    both, alone = drill_result(record, results), drill_result(record, results[1:])

    assert both.failed == drill_result(record, results[:1]).failed
    assert {*both.windows} == {
        *(f"{kind} connections to global" for kind in ("fresh", "pooled")),
        *(f"{kind} connections to global, route home" for kind in ("fresh", "pooled")),
    }
    assert (len(alone.windows), alone.failed, alone.after_healing) == (2, None, None)


def test_without_a_failover_target_nothing_is_said_of_clients() -> None:
    [record] = seen(probe()).faults

    found = drill_result(record, [])

    assert (found.windows, found.after_healing, found.failed) == ({}, None, None)


# ---- budgets


def target(**asked: object) -> Target:
    given = question(**{"stream_name": "shop", **asked})  # type: ignore[arg-type]  # by hand
    check = Availability.model_validate({"at_least": "99 %"})
    return Target(id="availability", check="availability", question=given, judge=check)


def night() -> History:
    """Half a minute at 100/s, with a failure each second and 50 in the drill."""
    made = stream(rate=100.0, seconds=30.0)
    bad = answered(made, every(made, 100), status=503)
    out = answered(bad, between(made, AT + 0.5, AT + 1.0), status=503)
    spans, record = drill(at=AT)
    return replace(history(out, spans=spans, faults=(record,)), seconds=30.0)


def test_a_budget_is_what_the_whole_run_may_lose() -> None:
    [found] = budgets_spent([target()], night())

    assert found.allowed == 30.0
    assert found.failed == 30 + 50
    assert found.by_drill == {"lose-b/1": 50 + 23}


def test_a_target_of_a_part_of_the_traffic_has_no_budget_of_the_run() -> None:
    assert budgets_spent([target(only={"region": "b"})], night()) == ()


def test_a_stream_that_recorded_nothing_has_none() -> None:
    assert budgets_spent([target(stream="other")], night()) == ()
