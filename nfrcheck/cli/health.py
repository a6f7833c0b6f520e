"""What `doctor` looks at: each finding good, worth a note, or bad, with what to do about it."""

import importlib.metadata
import os
import platform
import re
import resource
import sys
import time
from collections.abc import Iterator
from typing import Literal, NamedTuple

from nfrcheck import __version__
from nfrcheck.cli.under_way import controller_of, is_at_work, since
from nfrcheck.run.ledger import LedgerError, Record, read, readable_ledgers

OLDEST = (3, 11)
FILES_WANTED = 8_192
"""Enough for 1,600 requests a second that each wait 5 s."""
LAG_MS = 20.0
SLEEPS = 20


class Finding(NamedTuple):
    state: Literal["good", "note", "bad"]
    text: str
    remedy: str = ""


def machine() -> Iterator[Finding]:
    yield _python()
    yield from _extras()
    yield _open_files()
    yield _cores()
    yield _clock()
    yield _waiting()


def open_runs() -> list[Finding]:
    """A fault that a run left is the worst that there can be here; one under way left none yet."""
    try:
        ledgers, unread = readable_ledgers()
    except LedgerError as error:
        ledgers, unread = [], [error]
    found = [_untrusted(error) for error in unread]
    for record in ledgers:
        try:
            found += [finding] if (finding := _of_run(record)) else []
        except LedgerError as error:
            found.append(_untrusted(error))
    return found or [Finding("good", "no run has left anything behind")]


def _untrusted(error: LedgerError) -> Finding:
    return Finding("bad", f"a ledger cannot be trusted: {error}")


def _of_run(record: Record) -> Finding | None:
    run, at_work = f"run {record.run} on {record.deployment}", is_at_work(record)
    if at_work and not record.opened_at:
        return Finding("note", f"run {record.run} is about to begin")
    if at_work and (by := controller_of(record)):
        told = f"{run} is under way: process {by.pid}, since {since(record)}, in {by.folder}"
        return Finding("note", told)
    # It may have ended well since its ledger was read.
    if read(record.path).closed:
        return None
    left = "; ".join(entry.note or entry.id for entry in record.open_entries)
    if at_work:
        told = f"{run} has died, and is being put back just now: {left or 'nothing is injected'}"
        return Finding("bad", told, "wait for its end, then nfrcheck doctor")
    left = left or "nothing is injected, and the ledger is open"
    return Finding("bad", f"{run}: {left}", "nfrcheck restore")


def _python() -> Finding:
    text = f"python {platform.python_version()} · {platform.system()} {platform.machine()}"
    if sys.version_info < OLDEST:
        return Finding("bad", text, "install 3.11 or newer")
    if platform.system() != "Linux":
        return Finding("note", text, "faults need Linux: the guardian names processes by /proc")
    return Finding("good", text)


def _extras() -> Iterator[Finding]:
    """Installed extras with the versions of what they bring; the missing ones with a command."""
    have: dict[str, list[str]] = {}
    missing: dict[str, list[str]] = {}
    for line in importlib.metadata.requires("nfrcheck") or ():
        name = re.split(r"[\s\[<>=!~;(]", line, maxsplit=1)[0]
        marked = re.search(r"extra == ['\"]([a-z]+)['\"]", line)
        group = marked[1] if marked else ""
        if group in {"dev", "all"} or name == "nfrcheck":
            continue
        version = _version(name)
        (have if version else missing).setdefault(group, []).append(
            f"{name} {version}" if version else name
        )
    whole = [extra for extra in have if extra and extra not in missing]
    listed = f" [{','.join(sorted(whole))}]" if whole else ""
    yield Finding("good", f"nfrcheck {__version__}{listed}")
    if "" in missing:
        yield Finding("bad", f"not installed: {', '.join(missing.pop(''))}", "pip install nfrcheck")
    for extra in ("", *sorted(whole)):
        yield Finding("good", " · ".join(have.get(extra, [])))
    if missing:
        command = f"pip install 'nfrcheck[{','.join(sorted(missing))}]'"
        yield Finding("note", f"without {', '.join(sorted(missing))}", command)


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _open_files() -> Finding:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= FILES_WANTED:
        shown = "without limit" if soft == resource.RLIM_INFINITY else f"{soft:,}"
        return Finding("good", f"open files {shown}")
    room = hard == resource.RLIM_INFINITY or hard >= FILES_WANTED
    remedy = f"ulimit -n {FILES_WANTED}" if room else f"ask for more: the hard limit is {hard:,}"
    return Finding("note", f"open files {soft:,}, {FILES_WANTED:,} are needed for 1,600/s", remedy)


def _cores() -> Finding:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    busy = os.getloadavg()[0]
    text = f"{cores} cores, {busy:.1f} busy"
    if cores and busy > cores:
        return Finding("note", text, "a busy machine measures late: stop what else runs")
    return Finding("good", text)


def _clock() -> Finding:
    info = time.get_clock_info("monotonic")
    text = f"clock {info.implementation}, steps of {info.resolution * 1e9:.0f} ns"
    return Finding("good" if info.resolution <= 1e-6 else "note", text)


def _waiting() -> Finding:
    """How late this machine wakes somebody who sleeps 1 ms: the floor of all that is measured."""
    late = []
    for _ in range(SLEEPS):
        due = time.monotonic() + 0.001
        time.sleep(0.001)
        late.append(1e3 * (time.monotonic() - due))
    worst = max(late)
    text = f"timers at most {worst:.1f} ms late in {SLEEPS} tries"
    if worst > LAG_MS:
        return Finding("note", text, "latency below that cannot be told from this machine's own")
    return Finding("good", text)
