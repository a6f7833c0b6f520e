"""Holes in what is sent: whatever `{name}` a request has, something must fill it."""

import re
from collections.abc import Iterable, Iterator

from nfrcheck.scenario.document import Mark, Node
from nfrcheck.scenario.loads import Load, Request, Step
from nfrcheck.scenario.probes import HttpProbe, WritesProbe
from nfrcheck.scenario.typed import Reading, nearest

_HOLE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_-]*)\}")
_BUILT_IN = ("uuid", "n", "run")
_ID = "id"
_OF_A_LOAD = "`{{{}}}` is neither in `data` nor saved nor built in"
_OF_A_PROBE = "`{{{}}}` is not built in, and a probe has no `data`"


def check_load(reading: Reading, node: Node, load: Load) -> None:
    """Errors go to `reading`, at the text that has the hole."""
    names = {*load.data, *_BUILT_IN}
    headers, journey = node.child("headers"), node.child("journey")
    if headers is not None:
        saved = {name for step in load.journey.values() for name in _saved(step)}
        _check(reading, _scalars(headers), names | saved, _OF_A_LOAD)
    for route, step in load.journey.items():
        place = journey.child(route) if journey else None
        if place is not None:
            _check(reading, _texts(place, step), names | _saved(step), _OF_A_LOAD)


def check_probe(reading: Reading, node: Node, probe: HttpProbe | WritesProbe) -> None:
    """The same; how a write is read back may say what the write answered."""
    _check(reading, _texts(node, probe), _BUILT_IN, _OF_A_PROBE)
    read = node.child("read")
    if read is not None and isinstance(probe, WritesProbe):
        texts = _texts(read, probe.read) if isinstance(read.content, dict) else _scalars(read)
        _check(reading, texts, (*_BUILT_IN, _ID), _OF_A_PROBE)


def _check(
    reading: Reading, texts: Iterable[tuple[str, Mark]], names: Iterable[str], message: str
) -> None:
    known = sorted(names)
    for text, mark in texts:
        for word in _HOLE.findall(text):
            if word not in known:
                reading.problem(mark, "NFR016", message.format(word), nearest(word, known))


def _saved(step: Step) -> set[str]:
    inner = (each for steps in step.steps for each in steps.values())
    return {name for each in (step, *inner) for name in each.save}


def _texts(place: Node, request: Request) -> Iterator[tuple[str, Mark]]:
    """What is filled. A body that is text is not among it: braces there may mean something else."""
    for key in ("json", "form", "query", "headers", request.method.lower()):
        if (node := place.child(key)) is not None:
            yield from _scalars(node)


def _scalars(node: Node) -> Iterator[tuple[str, Mark]]:
    """Names of fields too: they are sent as well."""
    if isinstance(node.content, dict):
        yield from node.keys.items()
        for child in node.content.values():
            yield from _scalars(child)
    elif isinstance(node.content, list):
        for child in node.content:
            yield from _scalars(child)
    else:
        yield node.content, node.mark
