"""The verdict of a share in words: what was seen, what was expected, what is missing."""

import math
from decimal import Decimal

from nfrcheck.evidence import wording
from nfrcheck.evidence.clustering import LEAST_BLOCKS
from nfrcheck.evidence.rules import Rules, Word
from nfrcheck.evidence.weigh import Tally, Weighed


def because(case: Weighed, word: Word) -> str:
    """One sentence that gives the reason of the verdict."""
    if word == "pass":
        return _passed(case)
    if word == "fail":
        return _failed(case)
    if not case.worst.n:
        return f"no {case.rules.words.things} were seen: nothing is known"
    return _undecided(case)


def claim(case: Weighed) -> str:
    """What the tested conditions support, against the phases of the rule and against 1-s ones."""
    if not case.worst.n:
        return "the run supports nothing: nothing was seen"
    phases = [case.rules.burst_s] if case.rules.burst_s >= 1 else [case.rules.burst_s, 1.0]
    return f"the tested conditions support {' and '.join(_against(case, p) for p in phases)}"


def _against(case: Weighed, phase_s: float) -> str:
    share = case.supports(phase_s)
    supported = f"≥ {wording.percent_supported(share)}" if share else "nothing"
    return f"{supported} against {_outages(phase_s)}"


def _outages(phase_s: float) -> str:
    return f"{wording.duration(phase_s).replace(' ', '-')} outages"


def _limit(rules: Rules) -> str:
    return rules.words.limit or wording.percent(1 - Decimal(str(rules.p0)))


def _seen(case: Weighed, seen: Tally, p0: float, limit: str) -> str:
    words = case.rules.words
    return (
        f"{wording.count(seen.k)} of {wording.count(seen.n)} {words.things} {words.bad} "
        f"where {wording.expected(seen.n * p0)} would be expected at the {limit} limit"
    )


def _passed(case: Weighed) -> str:
    rules, limit = case.rules, _limit(case.rules)
    widened = wording.percent(1 - Decimal(str(rules.p0)) * Decimal(str(rules.margin)))
    stop = wording.odds(math.log(rules.odds_pass))
    # Divided evidence is honest in simulation, but only undivided evidence has the proof.
    wrong = "at most" if case.deff_pass == case.carried.deff == 1 else "about"
    text = (
        f"{_seen(case, case.worst, rules.p0_pass, limit if rules.margin == 1 else widened)} "
        f"(odds {wording.odds(case.log_odds_pass)}, stop rule {stop}, wrong {wrong} 1 time in "
        f"{stop.removesuffix(':1')} however often we looked); error bursts up to "
        f"{wording.duration(case.phase_covered_s)} would have shown"
    )
    if rules.margin != 1:
        text += f"; passes {widened}, target {limit} within the allowed margin"
    return text + _clustering(case, case.deff_pass) + _carried(case)


def _failed(case: Weighed) -> str:
    return (
        f"{_seen(case, case.best, float(case.rules.p0), _limit(case.rules))} "
        f"(odds {wording.odds(case.log_odds_fail)} against the target, stop rule "
        f"{wording.odds(math.log(case.rules.odds_fail))})"
        + _clustering(case, case.deff_fail)
        + _carried(case)
    )


def _undecided(case: Weighed) -> str:
    parts = [_seen(case, case.worst, float(case.rules.p0), _limit(case.rules))]
    if case.odds_say_fail:
        parts.append(f"fewer than {case.rules.min_bad} bad ones are never a FAIL")
    elif case.leaning == "fail":
        parts.append(
            f"leans to FAIL: odds {wording.odds(max(0.0, case.log_odds_fail))} against the target, "
            f"{wording.odds(math.log(case.rules.odds_fail))} are needed"
        )
    elif case.contradicted:
        against = wording.odds(case.log_odds_fail)
        parts.append(f"the newest runs are against the target ({against}), whatever came before")
    missing = [text for text in (_missing_requests(case), _missing_time(case)) if text]
    if missing:
        parts.append(f"to pass it needs {' and '.join(missing)}")
    return "; ".join(parts) + _clustering(case, case.deff_pass) + _carried(case)


def _missing_requests(case: Weighed) -> str:
    if not case.needed_requests:
        return ""
    return f"{wording.count(case.needed_requests)} more clean {case.rules.words.things}"


def _missing_time(case: Weighed) -> str:
    rules = case.rules
    if case.exposed_s >= rules.floor_s:
        return ""
    supported = case.supports(rules.burst_s)
    return (
        f"{wording.duration(rules.floor_s)} to exclude {_outages(rules.burst_s)} "
        f"(ran {wording.duration(case.exposed_s)}: supports {wording.percent_supported(supported)})"
    )


def _clustering(case: Weighed, deff: float) -> str:
    """Why one failure may weigh more, and a bunch of failures less, than the bare counts."""
    if deff <= 1 or not case.worst.k:
        return ""
    by = wording.significant(deff, 2) if deff < 100 else wording.count(deff)
    if deff > case.worst.deff and deff > case.best.deff:
        burst = wording.duration(case.rules.burst_s)
        return (
            f"; the evidence is divided by {by}: until {LEAST_BLOCKS} seconds with failures show "
            f"how they cluster, each may belong to a burst of {burst}"
        )
    return f"; failures come in bunches, so the evidence is divided by {by}"


def _carried(case: Weighed) -> str:
    before, words = case.carried, case.rules.words
    if before.refused:
        return f"; {before.refused}"
    if not before.runs:
        return ""
    runs = "1 earlier run" if before.runs == 1 else f"{wording.count(before.runs)} earlier runs"
    return (
        f"; with the evidence of {runs} ({wording.count(before.n)} {words.things} since "
        f"{before.since}, {wording.count(before.k)} of them {words.bad}, build {before.build})"
    )
