"""The runbook says who does what when, and how it is stopped; afterwards what came of it."""

import json
from dataclasses import replace
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from nfrcheck.box import deployment
from nfrcheck.box.layout import Layout
from nfrcheck.gameday.by_hand import by_hand
from nfrcheck.gameday.page import MOST_STEPS, MOST_TARGETS, Done, page
from nfrcheck.plan import Options, plan
from nfrcheck.plan.steps import Plan
from nfrcheck.reports.runbook import render
from nfrcheck.scenario.read import read_pair
from tests.gameday.days import day

ROOT = Path(__file__).resolve().parents[2]
DUE = datetime.fromisoformat("2026-03-29T00:17+00:00")


class _Text(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.feed(html)

    def handle_data(self, data: str) -> None:
        self.words += data.split()


def words(html: str) -> str:
    return " ".join(_Text(html[html.index("</style>") :]).words)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    box = Layout(folder=tmp_path_factory.mktemp("box"), port=18443)
    box.ca.touch()
    deployment.write(box, "a-token")
    pair = read_pair(ROOT / "scenarios" / "region-failover.nfr.yaml", box.deployment)
    return plan(pair.scenario, pair.deployment, Options())


STARTED = "2026-11-27T00:12:52+00:00"


def sample(times: int = 1) -> Done:
    """The sample run of the repository at a fixed time, with so many times as many targets."""
    run = json.loads((ROOT / "reports" / "sample" / "run.json").read_text("utf-8"))
    at = {"commanded": 52.0, "confirmed": 52.1, "healing": 60.1, "healed": 60.4, "verified": 60.4}
    run["drills"][0] |= at
    for phase, start in zip(run["phases"], (0.5, 5.5), strict=False):
        phase["start"] = start
    run["started_at"] = STARTED
    for key in ("targets", "drills"):
        run[key] *= times
    return Done(run=run, folder="reports/runs/one", notes=["blackout overridden: the board"])


def shown(made: Plan, folder: Path, done: Done | None = None, **keys: str) -> dict[str, Any]:
    keys.setdefault("roles", "{owner: ann, observers: {pay: [latency], all: []}}")
    return page("weekly", day(folder, **keys), made, DUE, done)


def test_times_are_those_on_the_wall_also_when_it_jumps(made: Plan, tmp_path: Path) -> None:
    due = datetime.fromisoformat("2026-03-29T01:59:30+01:00")
    one = day(tmp_path, schedule='"59 1 * * *"', window='{open: "01:00", close: "05:00"}')

    rows = page("weekly", one, made, due, None)["timetable"]["rows"]

    assert [row["planned"] for row in rows] == [
        "01:59:30",
        "01:59:35",
        "03:00:20",
        "03:00:35",
        "03:00:50",
    ]


def test_before_the_run_everything_is_there_to_be_read_and_written(
    made: Plan, tmp_path: Path
) -> None:
    said = words(render(shown(made, tmp_path)))

    for expected in (
        "Game day: weekly",
        "Sunday 2026-03-29, 01:17 Europe/Berlin (UTC+0100)",
        "owner ann decides",
        "observer pay watches latency",
        "lose-region/1: kill region b (1 s before, 8 s held, 6 s after)",
        "latency p99 < 200 ms, p99.9 < 500 ms shop through global, all quiet phases pay, all",
        "errors are above 80 % for 5 s",
        "Three ways to stop it Ctrl-C",
        "curl -fsS -X POST http://127.0.0.2:18443/regions/b/restore",
        "Notes time what was seen by",
    ):
        assert expected in said, expected
    assert "FAIL" not in said


def test_afterwards_it_holds_real_times_verdicts_and_what_is_to_be_done(
    made: Plan, tmp_path: Path
) -> None:
    done = sample()

    values = shown(made, tmp_path, done)

    said = words(render(values))
    assert f"FAIL {done.run['sentence']}" in said
    assert "put back: yes, and verified" in said
    assert "blackout overridden: the board" in said
    # 52.0 s after 00:12:52 UTC, in Berlin.
    assert "lose-region/1 01:13:44 01:13:44 01:13:52 01:13:52 kill region b" in said
    assert [row["real"] for row in values["timetable"]["rows"]][:2] == ["01:12:52", "01:12:57"]
    assert values["result"]["actions"] == ["failover (fail)", "traffic-share (inconclusive)"]


def test_what_a_file_says_cannot_become_markup(made: Plan, tmp_path: Path) -> None:
    html = render(shown(made, tmp_path, purpose='"<script>alert(1)</script>"'))

    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_a_long_plan_is_cut_where_it_says_so(made: Plan, tmp_path: Path) -> None:
    many = replace(made, steps=made.steps * 10, targets=made.targets * 10)

    values = shown(many, tmp_path)

    assert len(values["timetable"]["rows"]) == MOST_STEPS
    assert values["timetable"]["more"] == 10 * len(made.steps) - MOST_STEPS
    assert len(values["watch"]["rows"]) == MOST_TARGETS
    assert "and 36 more targets" in words(render(values))


def test_where_verdicts_must_be_left_out_those_that_are_good_are(
    made: Plan, tmp_path: Path
) -> None:
    result = shown(made, tmp_path, sample(2))["result"]

    assert [row["verdict"] for row in result["targets"]][:4] == [
        "fail",
        "inconclusive",
        "fail",
        "inconclusive",
    ]
    assert len(result["targets"]) + result["more_targets"] == 10


@pytest.mark.parametrize(
    ("step", "command"),
    [
        pytest.param({"kind": "argv", "argv": ["./app", "a b"]}, "./app 'a b'", id="words"),
        pytest.param(
            {"kind": "argv", "argv": ["./app"], "cwd": "/srv/x"}, "cd /srv/x && ./app", id="folder"
        ),
        pytest.param({"kind": "signal", "signal": "CONT", "pid": 7}, "kill -CONT 7", id="signal"),
        pytest.param(
            {
                "kind": "http",
                "method": "PUT",
                "url": "https://x/y?a=1&b",
                "headers": {"authorization": {"env": "TOKEN"}, "x": "it's"},
                "body": "{}",
                "ca": "ca.pem",
            },
            'curl -fsS -X PUT --cacert ca.pem -H "authorization: ${TOKEN}" '
            """-H 'x: it'"'"'s' --data '{}' 'https://x/y?a=1&b'""",
            id="request",
        ),
        pytest.param(
            {"kind": "link", "url": "http://db/x", "address": "10.0.0.1", "port": 81},
            "curl -fsS --connect-to ::10.0.0.1:81 http://db/x",
            id="link",
        ),
    ],
)
def test_a_recipe_is_a_command(step: dict[str, Any], command: str) -> None:
    assert by_hand(step) == command
