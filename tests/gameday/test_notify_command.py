"""`gameday notify` may be started every hour: it tells nobody while the day is far off."""

import json

from tests.cli.project import Project
from tests.experiments.children import Server
from tests.gameday.days import where_it_is_noon

DAYS = """\
gamedays:
  weekly:
    scenario: scenarios/shop.nfr.yaml
    deployment: local
    schedule: "17 2 * * SUN"
    timezone: Europe/Berlin
    window: {open: "02:00", close: "05:00"}
"""


def test_nobody_is_told_while_the_day_is_far_off(project: Project) -> None:
    project.write("gamedays.yaml", DAYS)

    ended = project.run(
        "gameday", "notify", "weekly", "--gamedays", "gamedays.yaml", "--at", "2026-11-24T12:00"
    )

    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == "weekly is due Sun 2026-11-29 02:17: nobody is told yet\n"
    assert not project.contacted


def test_people_are_told_that_it_did_not_start(project: Project, told: Server) -> None:
    # It is noon there, and the window closed in the morning.
    day = DAYS.replace("SUN", "*").replace("Europe/Berlin", where_it_is_noon())
    project.write("gamedays.yaml", f'{day}    notify: {{urls: ["${{CHAT_URL}}"]}}\n')

    ended = project.run(
        *("gameday", "run", "weekly"),
        CHAT_URL=told.url.replace("http://", "json://"),
    )

    assert ended.returncode == 8, ended.stderr
    [asked] = told.asked
    sent = json.loads(asked.body)
    assert sent["title"] == "Game day weekly did not start"
    assert "window closed" in sent["message"]
    assert not project.contacted
