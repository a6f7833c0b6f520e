"""The process APIs: what spans several domain services, such as placing an order."""

import json
from typing import Any

from nfrcheck.box.apis.domain import Domain
from nfrcheck.box.apis.speech import Call, RefusedError, Served

QUANTITY_MOST = 1_000


async def product(domain: Domain, sku: str) -> dict[str, Any]:
    if domain.discontinued(sku):
        raise RefusedError(404, f"sku {sku} is discontinued")
    cents, left = await domain.product(sku)
    return {"sku": sku, "cents": cents, "available": left}


async def place_order(domain: Domain, call: Call) -> Served:
    sku, quantity = _wanted(call.body)
    if domain.discontinued(sku):
        raise RefusedError(409, f"sku {sku} is discontinued")
    cents = await domain.price(sku)
    assert call.principal is not None, "the gateway lets nobody write without a token"
    order = await domain.place(
        {"sku": sku, "quantity": quantity, "cents": cents * quantity, "customer": call.principal},
        principal=call.principal,
        key=call.key,
    )
    return Served(201, order, acknowledges=order["id"])


async def cancel_order(domain: Domain, call: Call) -> Served:
    return Served(200, await domain.cancel(call.argument))


def _wanted(body: bytes) -> tuple[str, int]:
    try:
        wanted = json.loads(body)
        sku, quantity = wanted["sku"], wanted["quantity"]
    except (ValueError, TypeError, KeyError):
        raise RefusedError(400, 'an order is {"sku": text, "quantity": number}') from None
    if not isinstance(sku, str) or type(quantity) is not int:
        raise RefusedError(422, "sku is a text, quantity a whole number")
    if not 1 <= quantity <= QUANTITY_MOST:
        raise RefusedError(422, f"quantity is 1 to {QUANTITY_MOST}")
    return sku, quantity
