"""Unit tests: they need nothing that runs."""

from decimal import Decimal

import pytest

from quotes.prices import quote


def test_one_costs_its_price():
    assert quote("sku-1") == Decimal("10.70")


def test_ten_of_a_kind_are_cheaper():
    assert quote("sku-1", 10) == Decimal("101.65")


def test_what_is_not_sold_has_no_price():
    with pytest.raises(KeyError):
        quote("sku-99")
