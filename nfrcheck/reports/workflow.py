"""Workflow commands of GitHub Actions: lines of a log that GitHub reads."""

import re

_COMMAND = re.compile(r"^(\s*)::", re.MULTILINE)


def command(level: str, text: str, **properties: str | int) -> str:
    """One workflow command; whatever its parts hold, it stays one line and one command."""
    named = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    return f"::{level}{' ' if named else ''}{named}::{_escaped(text)}"


def harmless(text: str) -> str:
    """The same text for a log in which GitHub looks for commands; a tested system wrote some."""
    return _COMMAND.sub("\\1:\u200b:", text).replace("##[", "#\u200b#[")


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
