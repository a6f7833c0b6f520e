"""The domain services order, customer, inventory and pricing, on the records of one region."""

import hashlib
import re
import uuid
import zlib
from collections.abc import Sequence
from typing import Any

from nfrcheck.box.apis.speech import RefusedError
from nfrcheck.box.layout import REGIONS, other
from nfrcheck.box.records import Change, ConflictError, Record, Records
from nfrcheck.box.switches import Switches

NAME = re.compile(r"[A-Za-z0-9-]{1,64}")
DISCONTINUED_EVERY = 20
Order = dict[str, Any]


class Domain:
    def __init__(self, records: Records, region: str, switches: Switches, *, away: Records) -> None:
        """`away`: the records of the other region; only a switch makes anybody ask them."""
        self._records, self._region, self._switches = records, region, switches
        self._away = away

    async def _read(self, *keys: str) -> Sequence[Record | None]:
        if "serial-fan-out" in self._switches.defects:
            return [found for key in keys for found in await self._records.read([key])]
        if "hidden-dependency" in self._switches.defects and keys[0].startswith("price:"):
            return await self._away.read(keys)
        return await self._records.read(keys)

    # Pricing and inventory: a product is read in one go, each service knows its own records.

    def discontinued(self, sku: str) -> bool:
        number = sku.rpartition("-")[2]
        return (
            "client-errors" in self._switches.healthy
            and number.isdecimal()
            and int(number) % DISCONTINUED_EVERY == 0
        )

    async def price(self, sku: str) -> int:
        """In cents."""
        (found,) = await self._read(f"price:{_named(sku)}")
        return int(_exists(found, f"sku {sku}").body)

    async def stock(self, sku: str) -> int:
        return _left(sku, await self._read(*_stock_keys(_named(sku))))

    async def product(self, sku: str) -> tuple[int, int]:
        """Price in cents, and what is left of it."""
        price, *stock = await self._read(f"price:{_named(sku)}", *_stock_keys(sku))
        return int(_exists(price, f"sku {sku}").body), _left(sku, stock)

    # Customers.

    async def customer(self, name: str) -> dict[str, Any]:
        (found,) = await self._read(f"customer:{_named(name)}")
        return dict(_exists(found, f"customer {name}").body)

    # Orders.

    async def order(self, name: str) -> Order:
        return dict((await self._order(name, self._records)).body)

    async def place(self, order: Order, *, principal: str, key: str | None) -> Order:
        """A repeated key gets the order that it got before."""
        records, region = await self._writer(_owner(order["sku"]))
        name = f"o-{region}-{uuid.uuid4().hex}"
        order = {"id": name, "region": region, "state": "open", **order}
        once = None if key is None else (_key(principal, key), order)
        before = await records.write(
            Change(
                puts={f"order:{name}": order},
                adds={f"sold:{order['sku']}:{region}": order["quantity"]},
                once=once,
            )
        )
        return order if before is None else dict(before)

    async def cancel(self, name: str) -> Order:
        records, region = await self._writer(name.removeprefix("o-")[:1])
        found = await self._order(name, records)
        order = dict(found.body)
        if order["state"] != "open":
            raise RefusedError(409, f"order {name} is {order['state']}")
        order["state"] = "cancelled"
        try:
            await records.write(
                Change(
                    puts={f"order:{name}": order},
                    adds={f"sold:{order['sku']}:{region}": -order["quantity"]},
                    expect=(f"order:{name}", found.version),
                )
            )
        except ConflictError:
            raise RefusedError(409, f"order {name} was changed in between") from None
        return order

    async def _order(self, name: str, records: Records) -> Record:
        (found,) = await records.read([f"order:{_named(name)}"])
        return _exists(found, f"order {name}")

    async def _writer(self, owner: str) -> tuple[Records, str]:
        """The records that an order is written to, and their region.

        Variant single-writer: those of its owner. That one is asked first whether it is there,
        because a write without an answer may have happened; if it is not, this region takes over.
        """
        foreign = owner == other(self._region) and "single-writer" in self._switches.healthy
        if foreign and await self._away.there():
            return self._away, owner
        return self._records, self._region


def _named(name: str) -> str:
    if not NAME.fullmatch(name):
        raise RefusedError(404, "no such name")
    return name


def _owner(sku: str) -> str:
    """The region that writes the orders of a sku; an order's id says who wrote it."""
    return REGIONS[zlib.crc32(sku.encode()) % len(REGIONS)]


def _exists(found: Record | None, what: str) -> Record:
    if found is None:
        raise RefusedError(404, f"{what} is not known")
    return found


def _stock_keys(sku: str) -> list[str]:
    # Every region counts its own sales, so that no sale of the other is overwritten.
    return [f"stock:{sku}", *(f"sold:{sku}:{region}" for region in REGIONS)]


def _left(sku: str, found: Sequence[Record | None]) -> int:
    stock, *sold = found
    return int(_exists(stock, f"sku {sku}").body) - sum(int(s.body) for s in sold if s is not None)


def _key(principal: str, key: str) -> str:
    return "once:" + hashlib.sha256(f"{principal}/{key}".encode()).hexdigest()[:32]
