"""A control that sends one HTTP request for each verb, to an operations interface of the system."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self
from urllib.parse import quote, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from nfrcheck.deployments.acting import Step
from nfrcheck.deployments.control import Control, OrNone, fill, said
from nfrcheck.fields import File, Json, Model, Name, Pointer, Secret, refused

_METHODS = ("get", "post", "put", "patch", "delete")
_SECRET_HEADERS = {"authorization", "proxy-authorization", "cookie", "x-api-key"}
_GOOD_IN_A_ROW = 3


def _headers(value: Any) -> Any:
    for name, text in value.items() if isinstance(value, dict) else ():
        if str(name).lower() in _SECRET_HEADERS and isinstance(text, str):
            raise refused(
                f"the header `{name}` holds a secret", "write `{env: NAME}` or `{file: path}`"
            )
    return value


Headers = Annotated[dict[str, Secret | str], BeforeValidator(_headers)]


def _request(value: Any, *methods: str) -> Any:
    """From `POST http://host/path`."""
    if not isinstance(value, str):
        return value
    method, _, url = value.partition(" ")
    if method.lower() not in methods or not url.strip():
        such = f"{methods[-1] if len(methods) == 1 else 'post'}".upper()
        raise refused(f"`{value}` is not a request", f"write `{such} http://host/path`")
    return {method.lower(): url.strip()}


def _address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise refused(f"`{url}` is not an address", "write `http://host/path`")
    if "@" in parts.netloc:
        raise refused("a secret stands in the address", "use a header with `{env: NAME}`")
    return url


class Request(Model):
    """Exactly one method with its URL; written as text it is `POST http://host/path`."""

    get: str | None = None
    post: str | None = None
    put: str | None = None
    patch: str | None = None
    delete: str | None = None
    headers: Headers = Field(default_factory=dict)
    body: Json = Field(default=None, alias="json")

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return _request(value, *_METHODS)

    @model_validator(mode="after")
    def _one_method(self) -> Self:
        urls = [url for name in _METHODS if (url := getattr(self, name))]
        if len(urls) != 1:
            raise refused("a request has exactly one of `get post put patch delete`")
        _address(urls[0])
        return self

    @property
    def method(self) -> str:
        return next(name for name in _METHODS if getattr(self, name))

    @property
    def url(self) -> str:
        return str(getattr(self, self.method))


class Look(Model):
    """A GET whose answer tells what is there now: its body, or what a JSON pointer names in it."""

    get: Annotated[str, AfterValidator(_address)]
    headers: Headers = Field(default_factory=dict)
    pointer: Pointer = Field("", alias="json")

    method: ClassVar[str] = "get"
    body: ClassVar[None] = None

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return _request(value, "get")

    @property
    def url(self) -> str:
        return self.get


class Act(Model):
    """Something else that can be done, and the request that undoes it, or `none`."""

    do: Request
    undo: Annotated[Request | None, OrNone]


class HttpControl(Control):
    """Success is a 2xx. Undo requests must be safe to send again.

    `scale` says {replicas}, `deploy` and `rollback` say {version}, in the URL or in the body;
    `replicas` and `version` are what a GET tells: `{get: URL, json: /spec/replicas}`.
    """

    kind: Literal["http"] = "http"
    kill: Request | None = None
    restore: Request | None = None
    pause: Request | None = None
    resume: Request | None = None
    restart: Request | None = None
    drain: Request | None = None
    undrain: Request | None = None
    isolate: Request | None = None
    rejoin: Request | None = None
    scale: Request | None = None
    deploy: Request | None = None
    rollback: Request | None = None
    replicas: Look | None = None
    version: Look | None = None
    acts: dict[Name, Act] = Field(default_factory=dict)
    verify: Request | None = None
    headers: Headers = Field(default_factory=dict)
    ca: File | None = None

    def offers(self, verb: str) -> bool:
        return isinstance(said(self, verb), Request | Look)

    def names(self, verb: str, word: str) -> bool:
        mark = f"{{{word}}}"
        request = said(self, verb)
        return isinstance(request, Request) and (
            mark in request.url or mark in json.dumps(request.body)
        )

    def written(self, verb: str, words: Mapping[str, str]) -> list[Step]:
        return [self._step(said(self, verb), words)]

    def proof(self) -> list[Step]:
        if self.verify is None:
            return []
        return [{**self._step(self.verify, {}), "times": _GOOD_IN_A_ROW}]

    def _step(self, request: Request | Look, words: Mapping[str, str]) -> Step:
        headers = {**self.headers, **request.headers}
        sent: dict[str, Any] = {name: reference(value) for name, value in headers.items()}
        body = None
        if request.body is not None:
            # A value goes into a string of the body, so it is escaped as JSON is.
            escaped = {name: json.dumps(word)[1:-1] for name, word in words.items()}
            body = fill(json.dumps(request.body), escaped)
            sent.setdefault("content-type", "application/json")
        quoted = {name: quote(word, safe="") for name, word in words.items()}
        return {
            "kind": "http",
            "method": request.method.upper(),
            "url": fill(request.url, quoted),
            "headers": sent,
            "body": body,
            "ca": None if self.ca is None else str(self.ca.absolute()),
            "expect": [200, 299],
            "within_s": self.within,
        }


def reference(value: Secret | str) -> str | dict[str, str]:
    """A secret stays a reference: it is resolved where the request is sent."""
    if isinstance(value, str):
        return str(value)
    return {"env": value.env} if value.env else {"file": str(value.file)}
