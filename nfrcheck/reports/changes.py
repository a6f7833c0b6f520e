"""What changed since an earlier run, in the few characters of a table and in a sentence."""

from collections.abc import Mapping
from typing import Any

from nfrcheck.reports import words

CSS = {"worse": "fail", "better": "pass"}


def difference(now: float | None, before: float | None, unit: str) -> str:
    """`+6 ms`, `-0.02 %`, `±0`; a dash where one of them was not measured."""
    if now is None or before is None:
        return words.NOTHING
    chosen = words.scale(unit, now, before)
    change = round((now - before) * chosen.factor, chosen.decimals)
    if not change:
        return "±0"
    shown = words.trimmed(abs(change), chosen.decimals)
    return f"{'+' if change > 0 else '-'}{chosen.with_unit(shown)}"


def since_last(target: Mapping[str, Any]) -> str:
    """The cell `VS LAST` of a target of `run.json`; a dash where nothing is known."""
    compared = target.get("compared")
    if not compared:
        return words.NOTHING
    unit = target.get("unit") or ""
    return difference(target.get("measured"), compared.get("before"), unit)


def beyond_noise(target: Mapping[str, Any]) -> str:
    """`worse` or `better`; empty where the change is not more than noise, or it is not known."""
    word = str((target.get("compared") or {}).get("word", ""))
    return word if word in CSS else ""


def sentence(compared: Mapping[str, Any]) -> str:
    """The reason, with what could have been seen where nothing was."""
    said = str(compared["because"])
    seen = compared.get("detectable")
    if seen and compared["word"] == "same":
        percent = words.trimmed(100 * (seen - 1), 0 if seen >= 1.1 else 1)
        said += f"; {percent} % worse would have been seen with 80 %"
    return said


def earlier(target: Mapping[str, Any]) -> str:
    """That a verdict rests on earlier runs too; empty where it does not."""
    before = (target.get("figures") or {}).get("earlier")
    if not before:
        return ""
    runs = words.count(before["runs"], "earlier run")
    requests, build = words.count(before["n"], "request"), before["build"]
    return f"with the evidence of {runs} ({requests} since {before['since']}, build {build})"
