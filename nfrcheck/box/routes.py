"""The public routes of the box: one table for gateways, replicas and counters."""

from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    name: str
    method: bytes
    path: str

    @property
    def writes(self) -> bool:
        return self.method != b"GET"


ROUTES = (
    Route(name="web-product", method=b"GET", path="/web/v1/products/{sku}"),
    Route(name="web-order", method=b"POST", path="/web/v1/orders"),
    Route(name="web-order-read", method=b"GET", path="/web/v1/orders/{id}"),
    Route(name="mobile-product", method=b"GET", path="/mobile/v1/products/{sku}"),
    Route(name="order-cancel", method=b"POST", path="/process/v1/orders/{id}/cancel"),
    Route(name="customer", method=b"GET", path="/system/v1/customers/{id}"),
    Route(name="inventory", method=b"GET", path="/system/v1/inventory/{sku}"),
    Route(name="price", method=b"GET", path="/system/v1/prices/{sku}"),
)
NAMES = tuple(route.name for route in ROUTES)
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Match:
    """A path of the table: its routes by method, and what stands in the place of `{...}`."""

    by_method: dict[bytes, Route]
    argument: str


def _fits(pattern: list[str], parts: list[str]) -> bool:
    return len(pattern) == len(parts) and all(
        piece.startswith("{") or piece == part for piece, part in zip(pattern, parts, strict=True)
    )


@lru_cache(maxsize=4096)
def match(path: str) -> Match | None:
    parts = path.split("/")
    found = [route for route in ROUTES if _fits(route.path.split("/"), parts)]
    if not found:
        return None
    pattern = found[0].path.split("/")
    argument = next((p for q, p in zip(pattern, parts, strict=True) if q.startswith("{")), "")
    return Match({route.method: route for route in found}, argument)
