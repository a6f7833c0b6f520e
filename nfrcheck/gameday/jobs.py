"""The files that start a game day: printed for whatever scheduler there is, which is never ours."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from nfrcheck.gameday.calendar_words import announcing, on_calendar, plain
from nfrcheck.gameday.day import DAY_MINUTES, GameDay

KINDS: Mapping[str, str] = {
    "github": "github.yml",
    "gitlab": "gitlab.yml",
    "cron": "cron.txt",
    "systemd": "systemd.txt",
    "k8s": "k8s.yml",
}
AROUND_MINUTES = 15
"""Installing before, healing and reporting after the window."""
USUAL = "gamedays.yaml"
"""Where the commands look if nobody says otherwise."""
_TEMPLATES = Path(__file__).with_name("templates")
_MARK = re.compile(r" ?#@([a-z,]+)$")
_WORD = re.compile(r"@([A-Z_]+)@")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the game day lies on this machine, and how nfrcheck is called there."""

    folder: Path
    gamedays: str
    command: str


def job(kind: str, name: str, day: GameDay, place: Place) -> str:
    """The text of the file. Raises NotForCron for a schedule that only this program can read."""
    plain(day.schedule)
    before = _announced(day)
    kept = {
        "before": before is not None,
        "approval": day.approval.needed == "plan",
        "notify": bool(_variables(day)),
    }
    words = {**_words(name, day, before), **_written(kind, name, place)}
    text = (_TEMPLATES / KINDS[kind]).read_text("utf-8")
    return "".join(f"{line}\n" for line in _filled(text.splitlines(), kept, words))


def _filled(lines: list[str], kept: Mapping[str, bool], words: Mapping[str, str]) -> Iterator[str]:
    """A line that ends with a mark is there only if what it names is."""
    for line in lines:
        mark = _MARK.search(line)
        if mark and not all(kept[each] for each in mark[1].split(",")):
            continue
        text = _MARK.sub("", line)
        if "@VARIABLE@" in text:
            # One line a variable.
            names = words["VARIABLE"].split()
            yield from (text.replace("@VARIABLE@", name) for name in names)
            continue
        yield _WORD.sub(lambda found: words[found[1]], text)


def _words(name: str, day: GameDay, before: str | None) -> dict[str, str]:
    open_minutes = (day.window.close - day.window.open) % DAY_MINUTES or DAY_MINUTES
    latest_s = day.window.latest_start or open_minutes * 60
    secrets = ["NFRCHECK_APPROVAL"] if day.approval.needed == "plan" else []
    return {
        "NAME": name,
        "SCHEDULE": day.schedule,
        "ZONE": day.timezone,
        "DEPLOYMENT": re.sub(r"[^A-Za-z0-9._-]+", "-", Path(day.deployment).name.split(".")[0]),
        "MINUTES": str(open_minutes + AROUND_MINUTES),
        "LATEST_S": str(round(latest_s)),
        "VARIABLE": " ".join(_variables(day)),
        "SECRETS": ", ".join([*secrets, *_variables(day)]) or "none",
        "CALENDAR": _calendar(day.schedule, day.timezone),
        "BEFORE": before or "",
        "BEFORE_CALENDAR": _calendar(before, day.timezone) if before else "",
    }


def _written(kind: str, name: str, place: Place) -> dict[str, str]:
    """Paths by the rules of the file that they stand in."""
    folder = str(place.folder)
    word, folder = {
        "cron": (_of_cron, _of_cron(folder)),
        # A folder is the rest of its line there, and quotes would be part of it.
        "systemd": (_of_systemd, folder.replace("%", "%%")),
    }.get(kind, (_of_yaml, folder))
    option = "" if place.gamedays == USUAL else f" --gamedays {word(place.gamedays)}"
    return {
        "FOLDER": folder,
        "COMMAND": word(place.command),
        "GAMEDAYS": word(place.gamedays),
        "NAMED": f"{name}{option}",
    }


def _of_cron(text: str) -> str:
    """Cron reads the line before the shell does, and ends it at a percent sign."""
    return shlex.quote(text).replace("%", r"\%")


def _of_systemd(text: str) -> str:
    escaped = re.sub(r'[\\"]', r"\\\g<0>", text).replace("%", "%%")
    return escaped if re.fullmatch(r"[\w@%+=:,./-]+", escaped) else f'"{escaped}"'


def _of_yaml(text: str) -> str:
    """Inside of double quotes."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _calendar(schedule: str, zone: str) -> str:
    return "\n".join(f"OnCalendar={each}" for each in on_calendar(schedule, zone))


def _announced(day: GameDay) -> str | None:
    """A scheduler has no memory: each day at this time the second job asks whether it is near."""
    if day.notify is None or not day.notify.before:
        return None
    return announcing(day.schedule, day.notify.before)


def _variables(day: GameDay) -> list[str]:
    urls = day.notify.urls if day.notify else ()
    return list(dict.fromkeys(url.env for url in urls if url.env))
