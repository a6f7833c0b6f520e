"""Numbers carry their unit and never look better than they are."""

import pytest

from nfrcheck.reports import words


@pytest.mark.parametrize(
    ("unit", "measured", "limit", "interval", "shown"),
    [
        pytest.param(
            "share",
            0.99994,
            0.9999,
            (0.99992, 0.99995),
            ("99.994 %", "99.992 .. 99.995 %"),
            id="four-nines",
        ),
        pytest.param(
            "share", 1.0, 0.9999, (0.99968, 1.0), ("100 %", "99.96 .. 100 %"), id="no-failure"
        ),
        pytest.param(
            "share", 0.9667, 0.9999, (0.95, 0.98), ("96.67 %", "95.00 .. 98.00 %"), id="an-outage"
        ),
        pytest.param("share", 0.9999999999, None, None, ("99.999999 %", ""), id="not-quite-all"),
        pytest.param("share", 0.62, None, None, ("62.0 %", ""), id="a-share-of-traffic"),
        pytest.param(
            "s", 0.163, 0.2, (0.159, 0.1681), ("163 ms", "159 .. 169 ms"), id="milliseconds"
        ),
        pytest.param("s", 11.4, 5.0, (11.2, 11.6), ("11.4 s", "11.2 .. 11.6 s"), id="seconds"),
        pytest.param("s", 0.20004, 0.2, None, ("200.04 ms", ""), id="just-above-the-limit"),
        pytest.param(
            "s", 4.2, 2.0, (4.1, None), ("4.20 s", "at least 4.10 s"), id="never-came-back"
        ),
        pytest.param(
            "s", 0.5, 2.0, (None, 0.6), ("500 ms", "at most 600 ms"), id="only-an-upper-end"
        ),
        pytest.param("events", 1, 0, None, ("1 event", ""), id="one-event"),
        pytest.param("events", 0, 0, (0, 3), ("0 events", "0 .. 3 events"), id="no-event"),
        pytest.param("/s", 800.0, 750.0, None, ("800/s", ""), id="a-rate"),
        pytest.param("findings", 1_148_212, None, None, ("1,148,212 findings", ""), id="thousands"),
    ],
)
def test_a_row_has_one_scale(
    unit: str,
    measured: float,
    limit: float | None,
    interval: tuple[float | None, float | None] | None,
    shown: tuple[str, str],
) -> None:
    chosen = words.scale(unit, measured, limit, interval or ())

    number = chosen.with_unit(chosen.number(measured))
    spread = words.interval_text(chosen, list(interval) if interval else None)
    assert (number, spread) == tuple(text.replace(" .. ", words.TO) for text in shown)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.0, "0 s"),
        (0.0000425, "< 1 ms"),
        (0.163, "163 ms"),
        (4.2, "4.2 s"),
        (90, "90 s"),
        (208, "3 min 28 s"),
        (3720, "1 h 02 min"),
        (None, words.NOTHING),
    ],
)
def test_durations_read_as_people_say_them(seconds: float | None, shown: str) -> None:
    assert words.duration(seconds) == shown


def test_moments_of_a_run_have_tenths() -> None:
    assert [words.at(t) for t in (0, 59.96, 161.3, 3661)] == [
        "00:00.0",
        "01:00.0",
        "02:41.3",
        "1:01:01.0",
    ]


def test_a_time_that_cannot_be_read_is_shown_as_it_stands() -> None:
    assert words.span("yesterday", 60) == "yesterday"
    assert words.span("2026-11-22T02:00:14+01:00", 60).startswith("Sun 22 Nov 2026, 01:00")


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("cpu", 0.41, "cpu 41 %"),
        ("late_share", 0.0002, "late share 0.020 %"),
        ("lag_p99_ms", 3.2, "lag p99 3.20 ms"),
        ("lag_p99_ms_max", 76.08, "lag p99 max 76.1 ms"),
        ("gap_s", 1.5, "gap 1.5 s"),
        ("sent", 95_000, "sent 95,000"),
        ("cpu", None, "cpu \N{EN DASH}"),
    ],
)
def test_the_name_of_a_figure_holds_its_unit(name: str, value: float | None, shown: str) -> None:
    assert words.figure(name, value) == shown


def test_limits_are_printed_with_the_signs_of_print() -> None:
    assert words.limit_text("at least 99.99 %") == "≥ 99.99 %"
    assert words.limit_text("<= 2 s") == "≤ 2 s"
