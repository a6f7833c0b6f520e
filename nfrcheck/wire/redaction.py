"""Takes what must not be written out of what an answer said."""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

from nfrcheck.model.traffic import TrafficSpec

REDACTED = "[redacted]"
SHORTEST = 4
"""Shorter secrets would make every text unreadable, and protect nothing."""

SENSITIVE_NAME = re.compile(
    r"auth(?!ors?(?![a-z]))|cookie|token|secret|passw|api[-_]{0,2}key|credential", re.IGNORECASE
)
"""What an experiment, or a call of an extension, names so is a secret; an author is none."""
_SENSITIVE = re.compile(f"{SENSITIVE_NAME.pattern}|signature|session", re.IGNORECASE)
# From the telling part of a name on. All is bounded: an answer must not be able to take long.
_QUOTED = re.compile(
    rf"""(?P<name>
        (?:{_SENSITIVE.pattern}) [^"'\\]{{0,32}}
        (?P<quote>\\{{0,4}}["']) \s{{0,9}} [:=] \s{{0,9}} (?P=quote)
    ) (?: (?!(?P=quote)) (?:\\.|[^\\]) )+""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
"""`"NAME": "..."` with either quote, also inside of a string of its own; the end may be cut off."""
_ASSIGNED = re.compile(
    rf"""(?P<name> (?:{_SENSITIVE.pattern}) [\w.\[\]-]{{0,32}} (?:=|%3D) )
        (?: "[^"]+ | '[^']+ | [^&;,\s"'<>]+ )""",
    re.IGNORECASE | re.VERBOSE,
)
"""`NAME=...`, as in a query, in a form or in a log."""
_LINE_END = re.compile(r"\r?\n")
_FOLD = re.compile(r"\r?\n[ \t]+")
_HOLE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_-]*)\}")


def known_secrets(spec: TrafficSpec) -> frozenset[str]:
    """Every word of every header that is named as secret, or by its name is, in every form."""
    routes = [*spec.routes, *([] if spec.write is None else [spec.write.read])]
    headers = [(route.headers, route.secret) for route in routes]
    headers += [(endpoint.headers, ()) for endpoint in spec.endpoints.values()]
    secrets: set[str] = set()
    for given, known in headers:
        for name, text in given.items():
            if name in known or _SENSITIVE.search(name):
                secrets.update(_words(text))
                for hole in _HOLE.findall(text):
                    secrets.update(spec.values.get(hole, ()))
    return frozenset(form for secret in secrets for form in _forms(secret))


def _words(text: str) -> Iterator[str]:
    """A token that stands behind its scheme, the parts of a cookie, the password of Basic."""
    yield text
    scheme, _, rest = text.partition(" ")
    if rest:
        yield rest
    if scheme.lower() == "basic":
        try:
            yield base64.b64decode(rest, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return
    for part in text.split(";"):
        yield part.partition("=")[2].strip()


def _forms(secret: str) -> Iterator[str]:
    """As it is, in a URL, in JSON, in base64; an answer may hold any of them."""
    if len(secret) < SHORTEST:
        return
    plain = secret.encode()
    yield from {secret, quote(secret, safe=""), quote(secret), quote_plus(secret)}
    yield json.dumps(secret)[1:-1]
    yield from _in_base64(plain)


def _in_base64(plain: bytes) -> Iterator[str]:
    """The letters that stand for it, and for nothing else, wherever it begins in what is coded."""
    for before in range(3):
        own = slice(-(-before * 8 // 6), (before + len(plain)) * 8 // 6)
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(bytes(before) + plain).decode()[own]


def _without_named(text: str) -> str:
    """What a server issues is not known to us, but it gives it a name."""
    for pattern in (_QUOTED, _ASSIGNED):
        text = pattern.sub(rf"\g<name>{REDACTED}", text)
    return text


class Redactor:
    def __init__(self, secrets: Iterable[str]) -> None:
        # The longest first, or the part of a secret would hide the whole from being found.
        self._secrets = sorted(secrets, key=len, reverse=True)

    def body(self, raw: bytes) -> str:
        return _without_named(self.text(raw.decode("utf-8", "replace")))

    def head(self, raw: bytes) -> str:
        """The head of an answer without the headers that carry credentials."""
        unfolded = _FOLD.sub(" ", raw.decode("latin-1"))
        first, *lines = _LINE_END.split(unfolded)
        kept = [line for line in lines if not _SENSITIVE.search(line.partition(":")[0])]
        return _without_named(self.text("\n".join([first, *kept])))

    def text(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, REDACTED)
        return self._without_cut_secret(text)

    def _without_cut_secret(self, text: str) -> str:
        """What was kept of a long body may end inside a secret."""
        for secret in self._secrets:
            for length in range(len(secret) - 1, SHORTEST - 1, -1):
                if text.endswith(secret[:length]):
                    return text[:-length] + REDACTED
        return text
