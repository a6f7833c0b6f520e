"""The experience APIs: the same processes, shaped for a channel. No business rule stands here."""

from nfrcheck.box.apis import process
from nfrcheck.box.apis.domain import Domain
from nfrcheck.box.apis.speech import Call, Served


async def web_product(domain: Domain, call: Call) -> Served:
    found = await process.product(domain, call.argument)
    price = {"amount": f"{found['cents'] / 100:.2f}", "currency": "EUR"}
    return Served(200, {"sku": found["sku"], "price": price, "available": found["available"]})


async def mobile_product(domain: Domain, call: Call) -> Served:
    found = await process.product(domain, call.argument)
    return Served(200, {"sku": found["sku"], "cents": found["cents"]})


async def web_order(domain: Domain, call: Call) -> Served:
    return await process.place_order(domain, call)


async def web_order_read(domain: Domain, call: Call) -> Served:
    return Served(200, await domain.order(call.argument))
