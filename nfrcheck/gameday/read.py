"""`gamedays.yaml` becomes game days, or all that is wrong with it at its line."""

from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from nfrcheck.errors import InvalidFiles
from nfrcheck.gameday.blackout import NotACalendar, read_calendar
from nfrcheck.gameday.day import GameDay
from nfrcheck.gameday.schedule import NotASchedule, check_schedule, outside
from nfrcheck.model.outside import is_file
from nfrcheck.scenario.assemble import named
from nfrcheck.scenario.document import Mark, Node, compose
from nfrcheck.scenario.read import masked
from nfrcheck.scenario.typed import Reading, nearest

KEYS = ("nfrcheck", "gamedays")


def read_gamedays(path: Path) -> dict[str, GameDay]:
    """Every game day of the file by its name. Raises InvalidFiles with everything that is wrong."""
    reading = Reading()
    document = compose(path)
    reading.problems.extend(document.problems)
    days = _days(reading, document.root) if document.root else {}
    if reading.problems:
        ordered = sorted(reading.problems, key=lambda found: (found.line, found.column))
        raise InvalidFiles(masked(ordered))
    return days


def _days(reading: Reading, root: Node) -> dict[str, GameDay]:
    reading.keys(root, KEYS)
    version = root.child("nfrcheck")
    if version is not None and version.content != "1":
        message = "this version reads version 1 of the language"
        reading.problem(version.mark, "NFR011", message, "write `nfrcheck: 1`")
    listed = root.child("gamedays")
    if listed is None:
        mark = Mark(root.mark.path, 1, 1, 1, root.mark.source)
        remedy = "`gamedays: {weekly: {scenario: ...}}`"
        reading.problem(mark, "NFR013", "`gamedays` is missing", remedy)
        return {}
    found = {}
    for name, mark, node in named(reading, root, "gamedays"):
        day = reading.typed(GameDay, node, mark) if isinstance(node.content, dict) else None
        if not isinstance(node.content, dict):
            reading.problem(node.mark, "NFR014", f"`{name}` is a mapping of keys to values")
        _mean_something(reading, node, day)
        if day is not None:
            found[name] = day
    return found


def _mean_something(reading: Reading, node: Node, day: GameDay | None) -> None:
    """What a type cannot say: whether the schedule, the zone and the files exist."""
    good = _schedule(reading, node.child("schedule"))
    _zone(reading, node.child("timezone"))
    if day is None:
        return
    if not is_file(day.scenario) and (scenario := node.child("scenario")):
        near = [each.name for each in sorted(day.scenario.parent.glob("*.nfr.yaml"))]
        message = f"there is no scenario `{scenario.content}`"
        reading.problem(scenario.mark, "NFR104", message, nearest(day.scenario.name, near))
    if good and (beside := outside(day.schedule, day.window)):
        between = f"from {shown(day.window.open)} to {shown(day.window.close)}"
        message = f"the schedule starts it at {beside}, the window is {between}"
        reading.problem(
            node.keys["window"], "NFR103", message, "a run at that time would be refused"
        )
    _calendars(reading, node.child("blackout"), day)


def _schedule(reading: Reading, node: Node | None) -> bool:
    if node is None or not isinstance(node.content, str):
        return False
    try:
        check_schedule(node.content)
    except NotASchedule as error:
        reading.problem(node.mark, "NFR101", str(error), 'such as `"17 2 * * SUN"`')
        return False
    return True


def _zone(reading: Reading, node: Node | None) -> None:
    if node is None or not isinstance(node.content, str):
        return
    try:
        ZoneInfo(node.content)
    except (OSError, ValueError, KeyError):
        near = nearest(node.content, sorted(available_timezones()))
        suggestion = near if near and near.startswith("did you mean") else "such as `Europe/Berlin`"
        message = f"`{node.content}` is no time zone"
        reading.problem(node.mark, "NFR102", message, suggestion)


def _calendars(reading: Reading, node: Node | None, day: GameDay) -> None:
    if node is None:
        return
    entries = node.content if isinstance(node.content, list) else [node]
    for entry, blackout in zip(entries, day.blackout, strict=True):
        if blackout.ics is None:
            continue
        try:
            read_calendar(blackout.ics)
        except NotACalendar as error:
            remedy = "export the change calendar to it: a freeze must not be missed"
            reading.problem(entry.mark, "NFR105", str(error), remedy)


def shown(minutes: int) -> str:
    """`02:00`, as it stands in the file."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
