"""Stage 5, judge: targets and a history become a scorecard. No clock, no network, no files."""

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from nfrcheck.checks.evidence import one_by_one
from nfrcheck.checks.felt import budgets_spent, drill_result, walk
from nfrcheck.checks.instruments import instruments
from nfrcheck.checks.promised import promised
from nfrcheck.comparing import against_history
from nfrcheck.kinds import Target
from nfrcheck.model.architecture import REQUIREMENTS
from nfrcheck.model.comparison import Known, Proven
from nfrcheck.model.history import History
from nfrcheck.model.scorecard import (
    Claim,
    Evidence,
    Phase,
    Scorecard,
    TargetResult,
    verdict_json,
)
from nfrcheck.model.verdict import Outcome, Verdict, combine, worst
from nfrcheck.series import series_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the run knows of itself besides what it saw."""

    scenario: str
    deployment: str
    started_at: str
    """ISO, UTC."""
    seed: int
    description: str = ""
    build: str | None = None
    versions: dict[str, str] = field(default_factory=dict)
    command: str = ""
    ended: str = "complete"
    """complete, aborted, interrupted, incomplete."""
    ended_because: str = ""
    restored: bool | None = None
    notes: tuple[str, ...] = ()
    files: tuple[Evidence, ...] = ()
    run: str = ""
    known: Mapping[str, Known] = field(default_factory=dict)
    """Per target what earlier runs said; empty where no history is kept."""
    freshness_s: float | None = None
    limits: str = ""
    """Whose limits these are, where they are not those that the run was planned with."""


def judge(targets: Sequence[Target], history: History, facts: Facts) -> Scorecard:
    """All verdicts of a run. A check that crashes is INVALID and names itself."""
    results = tuple(_result(target, history, facts) for target in targets)
    critical = [result.verdict.outcome for result in results if result.critical]
    restored = _restored(history, facts)
    return Scorecard(
        scenario=facts.scenario,
        description=facts.description,
        deployment=facts.deployment,
        build=facts.build,
        started_at=facts.started_at,
        seconds=history.seconds,
        seed=facts.seed,
        verdict=_suite(critical),
        exit_code=exit_code(critical, ended=facts.ended, restored=restored),
        sentence=_whose(facts) + _sentence(results, facts, restored),
        targets=results,
        drills=tuple(drill_result(record, results) for record in history.faults),
        budgets=budgets_spent(targets, history),
        instruments=tuple(instruments(history)),
        phases=tuple(
            Phase(name=s.name, part=s.part, run=s.run, kind=s.kind, start=s.start, end=s.end)
            for s in history.spans
        ),
        series=tuple(series_of(stream, history) for stream in history.streams.values()),
        architecture=tuple(_claims(results)),
        files=facts.files,
        notes=(*facts.notes, *history.notes),
        versions=facts.versions,
        command=facts.command,
        ended=facts.ended,
        freshness_s=facts.freshness_s,
        restored=restored,
    )


def verdict_of(target: Target, history: History) -> Verdict:
    """One target's verdict before waivers; several stretches are judged one by one."""
    if target.judge is None:
        return Verdict(outcome=Outcome.NOT_RUN, because=target.lacks or "not run")
    try:
        verdicts = [
            target.judge.judge(history, question) for question in one_by_one(target, history)
        ]
        return verdicts[0] if len(verdicts) == 1 else combine(verdicts)
    except Exception as error:  # noqa: BLE001 - a crashed check must not cost the other verdicts
        place = error.__traceback__
        while place and place.tb_next:
            place = place.tb_next
        line = f"{place.tb_frame.f_code.co_name}:{place.tb_lineno}" if place else "?"
        because = f"the check {target.check} crashed ({type(error).__name__}: {error}; {line})"
        return Verdict(outcome=Outcome.INVALID, because=because)


def _suite(critical: Sequence[Outcome]) -> Outcome:
    """The worst of the critical targets; the waived ones do not change it."""
    return worst([o for o in critical if o is not Outcome.WAIVED] or critical)


def _restored(history: History, facts: Facts) -> bool | None:
    """A run without an end did not confirm what it had injected until then."""
    if facts.restored is None and any(r.commanded and not r.verified for r in history.faults):
        return False
    return facts.restored


def exit_code(critical: Iterable[Outcome], *, ended: str, restored: bool | None) -> int:
    """In this order of precedence: 6, 7, 130, 1, 5, 4, 3, 0."""
    outcomes = set(critical)
    ordered = (
        (restored is False, 6),
        (ended == "interrupted", 130),
        (Outcome.FAIL in outcomes, 1),
        (ended == "aborted", 5),
        (Outcome.INVALID in outcomes, 4),
        (not outcomes or bool(outcomes & {Outcome.INCONCLUSIVE, Outcome.NOT_RUN}), 3),
    )
    return next((code for applies, code in ordered if applies), 0)


def _result(target: Target, history: History, facts: Facts) -> TargetResult:
    judged = verdict_of(target, history)
    if judged.limit is None:
        judged = replace(judged, limit=promised(target.judge))
    verdict = _waive(judged, target, facts.started_at)
    known = facts.known.get(target.id)
    plain = {**verdict_json(judged), "check": target.check}
    return TargetResult(
        id=target.id,
        check=target.check,
        title=target.title or target.id.replace("-", " "),
        critical=target.critical,
        verdict=verdict,
        stretch=target.stretch,
        source=target.source,
        requirement=target.requirement,
        waived=target.waived,
        label=_label(verdict, target),
        judged=judged.outcome.value,
        compared=against_history(plain, known) if known else None,
        proven=_proven(judged, known, facts) if known else None,
    )


def _proven(judged: Verdict, known: Known, facts: Facts) -> Proven | None:
    if judged.outcome is Outcome.PASS:
        return Proven(run=facts.run, at=facts.started_at, build=facts.build)
    return known.proven


def _label(verdict: Verdict, target: Target) -> str:
    """What the number is beyond the title, such as `p99`; a check's own name adds nothing."""
    label = verdict.name.split(" · ")[0]
    return "" if label == target.check and target.title else label or target.check


def _waive(verdict: Verdict, target: Target, started_at: str) -> Verdict:
    if target.waived is None or verdict.outcome is Outcome.PASS:
        return verdict
    until = dt.date.fromisoformat(target.waived["until"])
    owner, because = target.waived["owner"], target.waived["because"]
    if dt.date.fromisoformat(started_at[:10]) > until:
        sentence = f"the waiver of {owner} ended on {until}: {verdict.because}"
        return replace(verdict, outcome=Outcome.FAIL, because=sentence)
    sentence = f"waived by {owner} until {until} ({because}): {verdict.because}"
    return replace(verdict, outcome=Outcome.WAIVED, because=sentence)


def _whose(facts: Facts) -> str:
    """What holds by other limits says nothing of those that were promised."""
    return f"By the limits of {facts.limits}, not those of the run: " if facts.limits else ""


def _sentence(results: Sequence[TargetResult], facts: Facts, restored: bool | None) -> str:
    """One sentence of the worst finding; it never guesses a cause."""
    if restored is False:
        return "Something that was injected could not be confirmed as put back: act now."
    if not results:
        return "Nothing was examined."
    ordered = sorted(results, key=lambda r: (not r.critical, -r.verdict.outcome.worry))
    first = ordered[0]
    failed = first.critical and first.verdict.outcome is Outcome.FAIL
    # What could not begin says why itself; no target knows it.
    empty = facts.ended == "incomplete" and not any(r.verdict.samples for r in results)
    stopped = facts.ended == "interrupted" or (not failed and (facts.ended == "aborted" or empty))
    if stopped and facts.ended_because:
        return f"The run was {facts.ended}: {_as_said(facts.ended_because)}."
    if first.verdict.outcome.worry:
        return f"{first.title[:1].upper()}{first.title[1:]}: {_ended(first.verdict.because)}"
    return _all_well(results)


def _all_well(results: Sequence[TargetResult]) -> str:
    """No critical target is open; what was waived, or is advisory and does not hold, is counted."""
    n, hold = len(results), [r for r in results if r.verdict.outcome is Outcome.PASS]
    waived = sum(r.verdict.outcome is Outcome.WAIVED for r in results)
    counted = f"All {n} targets hold" if n > 1 else "The target holds"
    more = ""
    if len(hold) < n:
        counted = f"{len(hold)} of {n} targets {'holds' if len(hold) == 1 else 'hold'}"
    if waived:
        more += f"; {waived} {'is' if waived == 1 else 'are'} waived"
    if open_ := n - len(hold) - waived:
        more += f"; {open_} advisory {'does' if open_ == 1 else 'do'} not"
    felt = [r for r in hold if r.check == "failover" and r.verdict.interval]
    told = f": {_as_said(felt[0].verdict.because)}" if felt else " under the tested conditions"
    return f"{counted}{told}{more}."


def _ended(because: str) -> str:
    """A question ends as one."""
    return because if because.endswith("?") else f"{_as_said(because)}."


def _as_said(because: str) -> str:
    return because.rstrip(".")


# A target that promises less does not speak for these claims: share, or seconds at p95 or above.
PROMISED = {"availability": 0.9999, "yearly-availability": 0.9999, "latency": 0.2}
LEAST_PERCENTILE = 95.0


def _claims(results: Sequence[TargetResult]) -> Iterable[Claim]:
    for requirement in REQUIREMENTS:
        speaking = [result for result in results if result.check in requirement.checks]
        yield Claim(
            topic=requirement.topic,
            claim=requirement.claim,
            state=_state(speaking),
            by=tuple(result.id for result in speaking),
        )


def _state(speaking: Sequence[TargetResult]) -> str:
    outcomes = {result.verdict.outcome for result in speaking}
    if outcomes <= {Outcome.NOT_RUN}:
        return "not examined"
    if Outcome.FAIL in outcomes:
        return "broken"
    proven = outcomes == {Outcome.PASS} and any(map(_promises_it, speaking))
    return "proven" if proven else "unproven"


def _promises_it(result: TargetResult) -> bool:
    """Whether a limit of the target is as strict as the claim that it speaks for."""
    promised = PROMISED.get(result.check)
    return promised is None or any(
        part.limit.value >= promised
        if part.limit.lower
        else part.limit.value <= promised and _percent(part.name) >= LEAST_PERCENTILE
        for part in walk(result.verdict)
        if part.limit
    )


def _percent(name: str) -> float:
    """99.9 of `p99.9`; 0 of what is no percentile."""
    found = re.fullmatch(r"p([0-9]+(?:\.[0-9]+)?)", name)
    return float(found[1]) if found else 0.0
