"""Requests as bytes: everything that does not vary is computed once, the rest is filled by `%`."""

import json
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from urllib.parse import quote, quote_plus

from nfrcheck.model.traffic import Route, TrafficError

_HOLE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_-]*)\}")
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
UNPRINTABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
# What may stand unescaped in a path with its query; a fragment is never sent.
_PATH_SAFE = "/:?@!$&'()*+,;=%-._~[]"

RESERVED = frozenset({"content-length", "transfer-encoding", "connection", "x-nfrcheck-run"})
"""Headers that frame a message or mark it as ours; no scenario may set them."""

Row = tuple[bytes, ...]
"""One value, once for each way of quoting it (the order of `_QUOTINGS`)."""


Source = Callable[[int, Row], Row]
"""Gives the value of a name for arrival `n`, given the value of `{id}`."""


def quote_path(text: str) -> str:
    return quote(text, safe="")


def quote_json(text: str) -> str:
    return json.dumps(text)[1:-1]


def leave(text: str) -> str:
    return text


_QUOTINGS: tuple[Callable[[str], str], ...] = (quote_path, quote_json, quote_plus, leave)
PATH, JSON, FORM, PLAIN = range(4)


def row(value: str) -> Row:
    return tuple(quoting(value).encode() for quoting in _QUOTINGS)


class Values:
    """Draws the value of each name; one draw per request, whatever number of holes it fills.

    `chance` decides which of a name's values is taken and can be repeated with the same seed;
    `unique` makes `{uuid}`, which must differ between runs, or a server would rightly answer
    a repeated idempotency key with the order of yesterday. `{id}` is a hole only `with_id`: else
    a GraphQL body that asks for `{id}` would lose it.
    """

    def __init__(
        self,
        values: Mapping[str, Sequence[str]],
        run: str,
        chance: random.Random,
        unique: random.Random,
        *,
        with_id: bool = False,
    ) -> None:
        self._rows = {name: tuple(map(row, texts)) for name, texts in values.items()}
        self._run = row(run)
        self._chance = chance
        self._bits = unique.getrandbits
        self._made: dict[str, Source] = {"uuid": self._uuid, "n": self._number}
        if with_id:
            self._made["id"] = lambda _n, given: given

    def knows(self, name: str) -> bool:
        return name in self._rows or name in self._made or name == "run"

    def all_of(self, name: str) -> tuple[Row, ...] | None:
        """Every value that the name can take; None when they are made as they are needed."""
        return self._rows.get(name) or ((self._run,) if name == "run" else None)

    def source(self, name: str) -> Source:
        if (rows := self.all_of(name)) is not None:
            return self._draw(rows)
        return self._made[name]

    def _draw(self, rows: tuple[Row, ...]) -> Source:
        if len(rows) == 1:
            return lambda _n, _given: rows[0]
        chance, many = self._chance.random, len(rows)
        return lambda _n, _given: rows[int(chance() * many)]

    def _uuid(self, _n: int, _given: Row) -> Row:
        bits = f"{self._bits(128):032x}"
        text = f"{bits[:8]}-{bits[8:12]}-4{bits[13:16]}-a{bits[17:20]}-{bits[20:]}".encode()
        return (text,) * len(_QUOTINGS)

    def _number(self, n: int, _given: Row) -> Row:
        return (b"%d" % n,) * len(_QUOTINGS)


class Filler:
    """Collects the holes of one request, so that a name used twice is drawn once."""

    def __init__(self, values: Values) -> None:
        self._values = values
        self.names: list[str] = []

    def text(self, template: str, quoting: int, where: str) -> tuple[bytes, list[tuple[int, int]]]:
        """The template as a format for `%` and, per hole, (position of its name, quoting)."""
        pieces: list[str] = []
        holes: list[tuple[int, int]] = []
        end = 0
        for match in _HOLE.finditer(template):
            if not self._values.knows(match[1]):
                # A body may be GraphQL, where {id} is no hole. In a path it is a mistake.
                if quoting == PATH or where != "body":
                    raise TrafficError(f"traffic: {where}: no values for {{{match[1]}}}")
                continue
            pieces += [_literal(template[end : match.start()], quoting, where), "%b"]
            holes.append((self._position(match[1]), quoting))
            end = match.end()
        pieces.append(_literal(template[end:], quoting, where))
        return "".join(pieces).encode(), holes

    def _position(self, name: str) -> int:
        if name not in self.names:
            self.names.append(name)
        return self.names.index(name)

    def check_header(self, name: str, template: str) -> None:
        """A header that could end early, or begin another one, is refused before any traffic."""
        where = f"header {name!r}"
        if not TOKEN.fullmatch(name):
            raise TrafficError(f"traffic: {where}: not a name")
        texts = [template.encode()]
        for match in _HOLE.finditer(template):
            texts += [value[PLAIN] for value in self._values.all_of(match[1]) or ()]
        if any(UNPRINTABLE.search(text.decode()) for text in texts):
            raise TrafficError(f"traffic: {where}: holds a control character")


def _literal(text: str, quoting: int, where: str) -> str:
    if where == "path":
        text = sent_path(text)
    assert 0 <= quoting < len(_QUOTINGS)
    return text.replace("%", "%%")


def sent_path(text: str) -> str:
    """A path without holes as it is sent. What is escaped already stays as it is."""
    if UNPRINTABLE.search(text):
        raise TrafficError("traffic: path: holds a control character")
    return quote(text, safe=_PATH_SAFE)


def body_quoting(content_type: str | None) -> int:
    kind = (content_type or "").partition(";")[0].strip().lower()
    if kind == "application/json" or kind.endswith("+json"):
        return JSON
    return FORM if kind == "application/x-www-form-urlencoded" else PLAIN


NOTHING: Row = row("")
_PREPARED_MAX = 4096


class Request:
    """The bytes of one route asked at one endpoint.

    `constant` holds them when nothing varies; otherwise `fill(n, given)` makes those of arrival
    `n`, `given` being the value of `{id}`. `prefix` is the path of the endpoint's URL; `headers`
    are those that every request there gets; what the route says wins.
    """

    def __init__(
        self, route: Route, prefix: str, headers: Mapping[str, str], values: Values
    ) -> None:
        filler = Filler(values)
        path, holes = filler.text(prefix + route.path, PATH, "path")
        lines: list[bytes] = []
        for name, template in _headers(route, headers).items():
            filler.check_header(name, template)
            line, line_holes = filler.text(f"{name}: {template}", PLAIN, f"header {name!r}")
            lines.append(line + b"\r\n")
            holes += line_holes
        method = route.method.upper()
        if not TOKEN.fullmatch(method):
            raise TrafficError(f"traffic: method {method!r}: not a name")
        self._head = b"%b %b HTTP/1.1\r\n%b" % (method.encode(), path, b"".join(lines))
        self._head_holes = holes
        self._body, self._body_holes = filler.text(
            route.body or "", body_quoting(route.content_type), "body"
        )
        self._has_body = route.body is not None or method in {"POST", "PUT", "PATCH"}
        self._sources = [values.source(name) for name in filler.names]
        self.constant = None if filler.names else self._render([])
        self.fill = self._prepared(filler.names, values) or self._filled

    def _prepared(self, names: Sequence[str], values: Values) -> Callable[[int, Row], bytes] | None:
        """One name with few values: every request that can be asked is made beforehand."""
        rows = values.all_of(names[0]) if len(names) == 1 else None
        if rows is None or len(rows) > _PREPARED_MAX:
            return None
        requests = {one: self._render([one]) for one in rows}
        draw = self._sources[0]
        return lambda n, given: requests[draw(n, given)]

    def _filled(self, n: int, given: Row) -> bytes:
        return self._render([source(n, given) for source in self._sources])

    def _render(self, rows: Sequence[Row]) -> bytes:
        head = self._head % tuple([rows[name][quoting] for name, quoting in self._head_holes])
        if not self._has_body:
            return head + b"\r\n"
        body = self._body % tuple([rows[name][quoting] for name, quoting in self._body_holes])
        return b"%bcontent-length: %d\r\n\r\n%b" % (head, len(body), body)


def first_path(route: Route, values: Values) -> str:
    """What the first request of a route asks for, below the path of its endpoint."""
    bare = replace(route, headers={}, body=None, content_type=None, idempotency_key=False)
    request = Request(bare, "", {}, values)
    sent = request.constant or request.fill(0, NOTHING)
    return sent.split(b" ", 2)[1].decode()


def _headers(route: Route, of_all: Mapping[str, str]) -> dict[str, str]:
    given = {name.lower(): value for name, value in of_all.items()}
    given.update(named(route.headers))
    if route.content_type is not None:
        given["content-type"] = route.content_type
    if route.idempotency_key:
        given.setdefault("idempotency-key", "{uuid}")
    return given


def named(headers: Mapping[str, str]) -> dict[str, str]:
    """The scenario's own headers, names in lower case."""
    given = {name.lower(): value for name, value in headers.items()}
    if ours := RESERVED & given.keys():
        raise TrafficError(f"traffic: header {min(ours)!r}: set by nfrcheck itself")
    return given
