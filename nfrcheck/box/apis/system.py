"""The system APIs: one record each, as the systems of record have it."""

from nfrcheck.box.apis.domain import Domain
from nfrcheck.box.apis.speech import Call, Served


async def customer(domain: Domain, call: Call) -> Served:
    return Served(200, await domain.customer(call.argument))


async def inventory(domain: Domain, call: Call) -> Served:
    return Served(200, {"sku": call.argument, "available": await domain.stock(call.argument)})


async def price(domain: Domain, call: Call) -> Served:
    cents = await domain.price(call.argument)
    return Served(200, {"sku": call.argument, "cents": cents, "currency": "EUR"})
