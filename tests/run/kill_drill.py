"""`python -m tests.run.kill_drill`: kills at random moments; what was hurt is well each time.

Every kind of fault in turn. Prints the seed first: `--seed` repeats all moments and victims.
"""

import argparse
import math
import os
import random
import re
import secrets
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import httpx

from tests.box.running_box import RunningBox, expired, takes_orders, wait_until, whole
from tests.run import box_experiments
from tests.run.whole import WholeRun, drill

RESTORE_S = 30.0
"""What the deployment of the box promises: `within: 30 s`."""
HEALING_WITHIN_S = LINKS_WITHIN_S = 1.0
LOSE_B = "kind: region-kill, region: b"
LEGACY = "link: system-to-legacy"
FAULTS = (
    LOSE_B,
    "kind: region-drain, region: b",
    "kind: component-kill, component: gw-b",
    "kind: component-pause, component: gw-b",
    "kind: component-drain, component: gw-b",
    "kind: component-restart, component: gw-b",
    "kind: component-kill, component: [gw-b, app-b1]",
    "kind: component-scale, component: app-b, replicas: 1",
    "kind: component-deploy, component: app-b, version: box-2",
    "kind: component-act, component: app-b, act: thin-out",
    "kind: region-isolate, region: b",
    "kind: region-grey, region: b, mode: errors",
    "kind: region-grey, region: b, mode: slow",
    "kind: region-grey, region: b, mode: read-only",
    "kind: region-grey, region: b, mode: expired-cert",
    f"kind: link-latency, {LEGACY}, latency: 300 ms, jitter: 50 ms",
    f"kind: link-bandwidth, {LEGACY}, bandwidth: 20 kB/s",
    f"kind: link-stall, {LEGACY}, stall: 300 ms, share: 20 %",
    f"kind: link-cut, {LEGACY}",
    f"kind: link-cut, {LEGACY}, direction: in",
    f"kind: link-reset, {LEGACY}, share: 50 %",
    f"kind: link-hang, {LEGACY}",
    f"kind: link-slow-close, {LEGACY}",
    *box_experiments.FAULTS,
)
LONGEST_S = 5.0
"""About as long as a run of it takes, from its start to its end."""
WHOLE_S = 120.0
"""The longest that a whole run of any of them may take on a busy machine."""
SOON_S = 0.6
MOMENTS = ("start", "baseline", "armed", "commanded", "confirmed", "healing")
"""Any moment of the whole run; or soon after one of these, for injection and healing are short."""
BOTH = "controller-and-guardian"
VICTIMS = ("controller", "process-group", "load", BOTH)
GUARDED = ("controller", "process-group")
"""Whoever dies so leaves a guardian behind, which has promised to be quick."""


def on_box(place: Path, box: RunningBox, fault: str = LOSE_B) -> WholeRun:
    # What was healed before is up, but the router gives it requests only some time later.
    wait_until(lambda: whole(box, "b"))
    deployment, more = box_experiments.prepare(box, place, fault)
    text = drill(
        fault=f"{{{fault}}}",
        path="/web/v1/products/sku-1",
        more=more,
        hold_s=1,
        targets="{availability: {at_least: 1 %, during: run}}",
    )
    return WholeRun(place, text, deployment, BOX_ALICE_TOKEN=box.token)


def is_back(box: RunningBox) -> bool:
    """Seen by requests of our own: through the region's entry, to its links, to its parts."""
    try:
        works = not box.fails(box.b) and not expired(box, box.b) and takes_orders(box, box.b)
        return works and not hurt_links(box) and as_at_first(box)
    except (httpx.TransportError, OSError):
        return False


def as_at_first(box: RunningBox) -> bool:
    """Two replicas of the first version, both in rotation; no act holds at the parts around."""
    looks = [box.ops("GET", path) for path in ("apps/b", "components/store-b", "components/gw-b")]
    first = {"replicas": 2, "version": "box-1"}.items() <= looks[0].json().items()
    return all(look.status_code == 200 for look in looks) and first


def hurt_links(box: RunningBox) -> list[str]:
    told = box.client.get(f"http://127.0.0.4:{box.port}/proxies").json()
    return [name for name, one in told.items() if one["toxics"] or not one["enabled"]]


def check(run: WholeRun, box: RunningBox, killed_at: datetime, within_s: float = RESTORE_S) -> str:
    """Fails if anything was left; else says what had to be healed."""
    took = run.all_gone(within_s)
    assert is_back(box), "the region is not back"
    assert run.left_nothing_behind()
    if not list(run.state.glob("ledgers/*.ndjson")):
        return "no ledger was open yet"
    assert run.ledger().closed, "the ledger is open though all is put back"
    states = [entry.state for entry in run.ledger().entries]
    assert set(states) <= {"verified"}, states
    healing = [line["at"] for line in run.ledger_lines() if line["state"] == "healing"]
    if not healing:
        return "nothing was injected"
    began = (datetime.fromisoformat(healing[0]) - killed_at).total_seconds()
    return f"healing began {max(0.0, began):.2f} s after the kill, all was over after {took:.2f} s"


def kill(run: WholeRun, victim: str) -> None:
    """Whoever is gone already cannot be killed, and that is a moment too."""
    with suppress(ProcessLookupError, ValueError):
        if victim == BOTH:
            # Both at once: a controller that still ran would heal, and so would its guardian.
            run.signal(signal.SIGSTOP)
            for guardian in run.pids("guardian.py"):
                os.kill(guardian, signal.SIGKILL)
            run.kill_group()
        if victim == "process-group":
            run.kill_group()
        elif victim == "controller":
            run.signal(signal.SIGKILL)
        for load in run.pids("loads.child") if victim == "load" else ():
            os.kill(load, signal.SIGKILL)


def restored(run: WholeRun) -> None:
    """By the user, for nobody is left who would; `check` then says whether all is well."""
    run.all_gone(RESTORE_S)
    if list(run.state.glob("ledgers/*.ndjson")):
        told = run.nfrcheck("restore", "--yes")
        assert told.returncode == 0, told.stdout + told.stderr


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What became of one kill. Seconds after it; `in_fault`: something was in place then."""

    kind: str
    victim: str
    in_fault: bool
    healing_s: float
    clean_s: float
    back_s: float
    told: str

    @classmethod
    def of(cls, run: WholeRun, box: RunningBox, fault: str, victim: str) -> "Round":
        """Kills now. Fails if anything was left, or came back later than was promised."""
        killed_at, began = datetime.now(UTC), time.monotonic()
        kill(run, victim)
        clean_s = seconds_until(lambda: not hurt_links(box), began) if victim in GUARDED else 0.0
        if victim == BOTH:
            restored(run)
        # Without its load a run goes on to its end; only a guardian that is alone is in a hurry.
        told = check(run, box, killed_at, WHOLE_S if victim == "load" else RESTORE_S)
        back_s = time.monotonic() - began
        in_fault = killed_in_fault(run)
        guarded = in_fault and victim in GUARDED
        found = cls(
            kind=re.sub(r"kind: |, (component|region|link): [^,\[]*(\[.*\])?", "", fault),
            victim=victim,
            in_fault=in_fault,
            healing_s=healing_delay(run, killed_at) if guarded else 0.0,
            clean_s=clean_s,
            back_s=back_s,
            told=told,
        )
        assert found.healing_s < HEALING_WITHIN_S, f"healing began after {found.healing_s:.2f} s"
        assert clean_s < LINKS_WITHIN_S, f"the links were clean after {clean_s:.2f} s"
        return found


def seconds_until(holds: Callable[[], bool], began: float) -> float:
    wait_until(holds, RESTORE_S)
    return time.monotonic() - began


def one(place: Path, box: RunningBox, dice: random.Random, fault: str) -> Round:
    victim, moment = dice.choice(VICTIMS), dice.choice(MOMENTS)
    after_s = dice.uniform(0.0, LONGEST_S if moment == "start" else SOON_S)
    when = f"{victim} {after_s:.2f} s after {moment}"
    run = on_box(place, box, fault)
    try:
        # A fault that is not proven never comes to some moments: then the end of it is one.
        with suppress(AssertionError):
            if moment != "start":
                run.at(moment)
        time.sleep(after_s)
        found = Round.of(run, box, fault, victim)
    except BaseException:
        say(f"{fault}: {when}: {run.words()[-2000:]}")
        raise
    finally:
        run.over()
    return replace(found, told=f"{when}: {found.told}")


def summary(rounds: Sequence[Round]) -> Iterator[str]:
    """A line for each kind of fault."""
    for kind in dict.fromkeys(one.kind for one in rounds):
        of_kind = [one for one in rounds if one.kind == kind]
        hit = [one for one in of_kind if one.in_fault]
        victims = Counter(one.victim for one in of_kind)
        yield (
            f"{kind}: {len(of_kind)} kills ({', '.join(f'{n} {v}' for v, n in victims.items())}), "
            f"{len(hit)} in the fault; at most {max(one.healing_s for one in of_kind):.2f} s to "
            f"the healing, {max(one.clean_s for one in of_kind):.2f} s to clean links, "
            f"{max(one.back_s for one in of_kind):.1f} s to all well"
        )


def killed_in_fault(run: WholeRun) -> bool:
    """Whether the last that the controller wrote down is an injected fault."""
    states = [event["state"] for event in run.events("fault")]
    return bool(states) and states[-1] in {"armed", "commanded", "confirmed", "unconfirmed"}


def healing_delay(run: WholeRun, killed_at: datetime) -> float:
    """Seconds from the kill to the first healing; 0 when it was under way already."""
    healing = [line["at"] for line in run.ledger_lines() if line["state"] == "healing"]
    return max(0.0, (datetime.fromisoformat(healing[0]) - killed_at).total_seconds())


def main() -> int:
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--seed", type=int, default=secrets.randbelow(2**31))
    reader.add_argument("--rounds", type=int, default=20)
    reader.add_argument("--minutes", type=float, default=math.inf, help="no round begins later")
    reader.add_argument("--only", default="", metavar="TEXT", help="faults with this in their line")
    asked = reader.parse_args()
    if not (faults := [fault for fault in FAULTS if asked.only in fault]):
        reader.error(f"no fault has `{asked.only}` in its line")
    say(f"seed {asked.seed}")
    dice = random.Random(asked.seed)
    done, failed = rounds(faults, asked.rounds, dice, 60 * asked.minutes)
    for line in summary(done):
        say(line)
    say(f"{len(done)} kills left nothing behind, {failed} did")
    return 1 if failed else 0


def rounds(
    faults: Sequence[str], number: int, dice: random.Random, seconds: float
) -> tuple[list[Round], int]:
    """What came of each kill, and how many went wrong; after such a one the box is a new one."""
    done: list[Round] = []
    failed, until = 0, time.monotonic() + seconds
    with tempfile.TemporaryDirectory(prefix="kill-drill-") as folder, ExitStack() as stack:
        box = stack.enter_context(a_box(Path(folder) / "box"))
        for count in range(1, number + 1):
            if time.monotonic() > until:
                break
            place = Path(folder) / str(count)
            place.mkdir()
            fault = faults[count % len(faults)]
            try:
                done.append(one(place, box, dice, fault))
                say(f"{count}: {done[-1].kind}: {done[-1].told}")
            except AssertionError as error:
                say(f"{count}: LEFT BEHIND: {fault}: {error}")
                failed += 1
                stack.close()
                box = stack.enter_context(a_box(Path(folder) / f"box-{count}"))
            shutil.rmtree(place)
    return done, failed


@contextmanager
def a_box(folder: Path) -> Iterator[RunningBox]:
    box = RunningBox(folder)
    try:
        yield box
    finally:
        box.stop()


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
