"""Probes: what watches the system without being its load."""

from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, Field, model_validator

from nfrcheck.fields import Duration, Model, Name, Pointer, Rate, refused
from nfrcheck.scenario.loads import BODIES, METHODS, Clients, EntryWeights, Request, one_of

OF_A_REQUEST = (*BODIES, "query", "headers", "as", "expect")


class HttpProbe(Request):
    """One request over and over, or each route of a load in turn."""

    kind: Literal["http"] = "http"
    every: Duration = Field(gt=0)
    entry: EntryWeights = Field(default_factory=dict)
    client: Clients = ("pooled",)
    routes_of: Name | None = None
    vantage: Name | None = Field(None, alias="from")

    @model_validator(mode="before")
    @classmethod
    def _one_request(cls, given: Any) -> Any:
        given = one_of(given, (*METHODS, "routes_of"), "a probe", "such as `get: /health`")
        own = [key for key in given if key in OF_A_REQUEST] if isinstance(given, dict) else []
        if own and "routes_of" in given:
            raise refused(
                f"`{own[0]}` says what is sent, and `routes_of` sends what the load does",
                "remove one of the two, or write it in the load",
            )
        return given


class Read(Request):
    """How a write is read back; `{id}` in the path is what the write answered."""

    @model_validator(mode="before")
    @classmethod
    def _one_method(cls, given: Any) -> Any:
        if isinstance(given, str):
            return {"get": given}
        return one_of(given, METHODS, "a read", "such as `{get: '/orders/{id}'}`")


class WritesProbe(Request):
    """A ledger of acknowledged writes, read back at the end."""

    kind: Literal["writes"] = "writes"
    id: Pointer
    read: Read
    rate: Rate = Field(gt=0)
    entry: EntryWeights = Field(default_factory=dict)
    client: Clients = ("pooled",)
    vantage: Name | None = Field(None, alias="from")

    @model_validator(mode="before")
    @classmethod
    def _one_write(cls, given: Any) -> Any:
        given = one_of(given, METHODS, "a write", "such as `post: /orders`")
        if isinstance(given, dict) and given.keys() & {"get", "head", "options"}:
            raise refused("reading changes nothing: a write is `post`, `put`, `patch` or `delete`")
        return given


class LaterProbe(Model):
    """A probe of the language that this version cannot run; its keys were checked, not typed."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="allow")

    kind: str


Probe = HttpProbe | WritesProbe | LaterProbe
PROBES: dict[str, type[HttpProbe] | type[WritesProbe]] = {"http": HttpProbe, "writes": WritesProbe}


def kind_of(keys: dict[str, Any]) -> str:
    """The kind that a probe without `kind` can only be."""
    for key, kind in (("topic", "events"), ("write", "visibility"), ("name", "dns")):
        if key in keys:
            return kind
    return "writes" if keys.keys() & {"id", "read"} else "http"
