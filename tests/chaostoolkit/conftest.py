"""A box and a shop to hurt."""

from tests.run.conftest import box, shop

__all__ = ["box", "shop"]
