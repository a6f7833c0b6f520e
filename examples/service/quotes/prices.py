"""The price list, and what a quantity of a product costs."""

from decimal import Decimal

PRICES = {f"sku-{number}": Decimal(100 + 7 * number) / 10 for number in range(1, 51)}
MANY = 10
REBATE = Decimal("0.95")


def quote(sku: str, quantity: int = 1) -> Decimal:
    """In euros; ten or more of a kind are cheaper. Raises KeyError for what is not sold."""
    if quantity < 1:
        raise ValueError("a quote is for at least one")
    total = PRICES[sku] * quantity
    return (total * REBATE if quantity >= MANY else total).quantize(Decimal("0.01"))
