"""The files for other schedulers are right by those schedulers' own rules."""

import json
import re
import shutil
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from nfrcheck.gameday.calendar_words import NotForCron, announcing, crowded, on_calendar
from nfrcheck.gameday.jobs import KINDS, Place, job
from tests.gameday.days import day

NOTIFY = '{before: 24h, urls: ["${CHAT_URL}"]}'
VARIATIONS = {
    "everything": {"notify": NOTIFY, "approval": "{needed: plan}"},
    "nothing": {},
    "no-message-before": {"notify": '{urls: ["${CHAT_URL}"]}'},
    "an-address-in-a-file": {"notify": "{before: 10 min, urls: [{file: url}]}"},
}
SCHEMAS = {"github": "vendor.github-workflows", "gitlab": "vendor.gitlab-ci"}


def printed(kind: str, folder: Path, **keys: str) -> str:
    place = Place(folder=Path("/srv/checks"), gamedays="gamedays.yaml", command="/opt/nfrcheck")
    return job(kind, "weekly", day(folder, **keys), place)


def documents(text: str) -> list[dict[str, Any]]:
    return [found for found in YAML(typ="safe").load_all(StringIO(text)) if found]


@pytest.mark.parametrize("keys", VARIATIONS.values(), ids=VARIATIONS)
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_left_to_be_filled_in(kind: str, keys: dict[str, str], tmp_path: Path) -> None:
    text = printed(kind, tmp_path, **keys)

    assert not re.search(r"@[A-Z_]+@|#@", text)
    assert "gameday run weekly" in text.replace(", ", " ")
    assert ("gameday notify weekly" in text.replace(", ", " ")) is ("before" in str(keys))


@pytest.mark.parametrize("keys", VARIATIONS.values(), ids=VARIATIONS)
@pytest.mark.parametrize("kind", SCHEMAS)
def test_the_schema_of_the_platform_takes_it(
    kind: str, keys: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / f"{kind}.yml"
    path.write_text(printed(kind, tmp_path, **keys), "utf-8")

    checked = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", SCHEMAS[kind], str(path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )

    assert checked.returncode == 0, checked.stdout


def test_github_starts_it_in_its_zone_and_one_at_a_time(tmp_path: Path) -> None:
    [found] = documents(printed("github", tmp_path, **VARIATIONS["everything"]))

    # YAML 1.1 readers take `on` for a truth value; GitHub does not.
    assert found["on"]["schedule"] == [
        {"cron": "17 2 * * SUN", "timezone": "Europe/Berlin"},
        {"cron": "17 2 * * *", "timezone": "Europe/Berlin"},
    ]
    assert found["concurrency"]["cancel-in-progress"] is False
    assert found["jobs"]["gameday"]["environment"] == "gameday-weekly"
    assert set(found["jobs"]["gameday"]["env"]) == {"NFRCHECK_OUT", "NFRCHECK_APPROVAL", "CHAT_URL"}


def test_kubernetes_forbids_two_at_once_and_late_starts(tmp_path: Path) -> None:
    run, announce = documents(printed("k8s", tmp_path, **VARIATIONS["everything"]))

    assert (run["apiVersion"], run["kind"]) == ("batch/v1", "CronJob")
    assert run["spec"]["schedule"] == "17 2 * * SUN"
    assert run["spec"]["timeZone"] == "Europe/Berlin"
    assert run["spec"]["concurrencyPolicy"] == "Forbid"
    assert run["spec"]["startingDeadlineSeconds"] == 45 * 60
    job_spec = run["spec"]["jobTemplate"]["spec"]
    assert job_spec["backoffLimit"] == 0
    pod = job_spec["template"]["spec"]
    assert pod["restartPolicy"] == "Never"
    assert pod["containers"][0]["command"] == ["nfrcheck", "gameday", "run", "weekly"]
    mounts = {mount["name"] for mount in pod["containers"][0]["volumeMounts"]}
    assert mounts == {volume["name"] for volume in pod["volumes"]}
    assert announce["spec"]["schedule"] == "17 2 * * *"
    assert "not run\n# on a cluster" in printed("k8s", tmp_path)


def test_cron_lines_have_five_fields_a_folder_and_a_lock(tmp_path: Path) -> None:
    text = printed("cron", tmp_path, **VARIATIONS["everything"])
    lines = [line for line in text.splitlines() if not line.startswith("#")]

    assert lines[0] == "CRON_TZ=Europe/Berlin"
    assert lines[1].startswith("17 2 * * SUN cd /srv/checks && exec flock -n -E 8 ")
    assert lines[1].endswith(" /opt/nfrcheck gameday run weekly")
    assert lines[2] == "17 2 * * * cd /srv/checks && exec /opt/nfrcheck gameday notify weekly"
    # cron turns a percent sign into the end of the line.
    assert "%" not in "".join(lines)


def units(text: str, folder: Path) -> list[Path]:
    parts = re.split(r"^# file: (\S+)$", text, flags=re.MULTILINE)
    paths = []
    for name, content in zip(parts[1::2], parts[2::2], strict=True):
        path = folder / name
        path.write_text(content.replace("/opt/nfrcheck", "/bin/true"), "utf-8")
        paths.append(path)
    return paths


def test_systemd_has_a_timer_for_each_service_in_its_zone(tmp_path: Path) -> None:
    paths = units(printed("systemd", tmp_path, **VARIATIONS["everything"]), tmp_path)

    assert [path.suffix for path in paths] == [".service", ".timer"] * 2
    assert "OnCalendar=Sun *-*-* 02:17:00 Europe/Berlin\n" in paths[1].read_text("utf-8")
    # What puts back outlives what it guards, and must not be killed with it.
    assert "KillMode=process\n" in paths[0].read_text("utf-8")
    if verify := shutil.which("systemd-analyze"):
        (tmp_path / "srv").mkdir()
        said = subprocess.run(
            [verify, "verify", "--man=no", *map(str, paths)],
            capture_output=True,
            text=True,
            check=False,
            timeout=50,
        )
        ours = [line for line in said.stderr.splitlines() if "nfrcheck" in line]
        assert not [line for line in ours if "Unknown" in line or "Failed to parse" in line]


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        pytest.param("17 2 * * SUN", ["Sun *-*-* 02:17:00 UTC"], id="weekly"),
        pytest.param("17 2 * * *", ["*-*-* 02:17:00 UTC"], id="daily"),
        pytest.param("5 1,3 1 */6 *", ["*-01,07-01 01,03:05:00 UTC"], id="half-yearly"),
        pytest.param("5 1 * * 1-5", ["Mon,Tue,Wed,Thu,Fri *-*-* 01:05:00 UTC"], id="workdays"),
        pytest.param("5 1 * * 7", ["Sun *-*-* 01:05:00 UTC"], id="seven-is-sunday"),
        pytest.param(
            "5 1 1,15 * MON", ["*-*-01,15 01:05:00 UTC", "Mon *-*-* 01:05:00 UTC"], id="either-day"
        ),
    ],
)
def test_a_schedule_in_the_words_of_systemd(schedule: str, expected: list[str]) -> None:
    assert list(on_calendar(schedule, "UTC")) == expected


@pytest.mark.parametrize("schedule", ["17 2 * * SUN#2", "17 2 L * *", "17 2 LW * *", "17 2 * * 5L"])
def test_what_other_schedulers_do_not_know_is_refused(schedule: str, tmp_path: Path) -> None:
    with pytest.raises(NotForCron):
        printed("cron", tmp_path, schedule=json.dumps(schedule))


@pytest.mark.parametrize(
    ("schedule", "before_s", "expected"),
    [
        pytest.param("17 2 * * SUN", 86_400, "17 2 * * *", id="a-day"),
        pytest.param("17 2 * * SUN", 600, "7 2 * * *", id="ten-minutes"),
        pytest.param("7 0 1 * *", 600, "57 23 * * *", id="over-midnight"),
        pytest.param("* * * * *", 600, None, id="too-often"),
    ],
)
def test_the_message_before_has_a_time_of_day(
    schedule: str, before_s: float, expected: str | None
) -> None:
    assert announcing(schedule, before_s) == expected


def test_full_and_half_hours_are_crowded() -> None:
    assert crowded("0 2 * * *")
    assert crowded("*/15 2 * * *")
    assert not crowded("17 2 * * *")


ODD = "a b%c"
"""A folder as people name them; what must be escaped in it is another thing in each file."""


def in_an_odd_folder(kind: str, folder: Path) -> str:
    """The file for a checkout and a command that lie there, with a game day of another file."""
    odd = folder / ODD
    (odd / "bin").mkdir(parents=True)
    command = odd / "bin" / "nfrcheck"
    command.write_text('#!/bin/sh\npwd\nprintf "<%s>" "$@"\n')
    command.chmod(0o755)
    place = Place(folder=odd, gamedays="my days%.yaml", command=str(command))
    return job(kind, "weekly", day(folder, **VARIATIONS["everything"]), place)


def test_cron_runs_it_in_a_folder_with_a_blank_and_a_percent_sign(tmp_path: Path) -> None:
    text = in_an_odd_folder("cron", tmp_path)

    line = next(line for line in text.splitlines() if "gameday notify" in line)
    command = re.sub(r"^(\S+ ){5}", "", line)
    # An unescaped percent sign would end the command; cron takes the backslash away.
    assert not re.search(r"(?<!\\)%", command)
    ended = subprocess.run(
        ["/bin/sh", "-c", command.replace(r"\%", "%")],
        capture_output=True,
        text=True,
        check=True,
        timeout=50,
    )
    assert ended.stdout == (
        f"{tmp_path / ODD}\n<gameday><notify><weekly><--gamedays><my days%.yaml>"
    )


def test_systemd_takes_a_folder_with_a_blank_and_a_percent_sign(tmp_path: Path) -> None:
    text = in_an_odd_folder("systemd", tmp_path)

    doubled = f"{tmp_path}/a b%%c"
    assert f"WorkingDirectory={doubled}\n" in text
    command = f'"{doubled}/bin/nfrcheck" gameday run weekly --gamedays "my days%%.yaml"'
    assert f"ExecStart={command}\n" in text
    if verify := shutil.which("systemd-analyze"):
        paths = units(text, tmp_path)
        said = subprocess.run(
            [verify, "verify", "--man=no", *map(str, paths)],
            capture_output=True,
            text=True,
            check=False,
            timeout=50,
        )
        assert not [line for line in said.stderr.splitlines() if "nfrcheck" in line]


@pytest.mark.parametrize("kind", ["github", "gitlab", "k8s"])
def test_yaml_takes_a_file_with_a_quote_in_its_name(kind: str, tmp_path: Path) -> None:
    place = Place(folder=tmp_path, gamedays='my "days".yaml', command="nfrcheck")

    text = job(kind, "weekly", day(tmp_path), place)

    assert 'my "days".yaml' in repr(documents(text))
