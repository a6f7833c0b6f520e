"""`nfr_toxic`: one link of the deployment is slow, narrow or broken for as long as a test wants."""

from contextlib import AbstractContextManager

import pytest

from nfrcheck.testing.region import Regions

SIZED = ("latency", "bandwidth", "stall")
BROKEN = ("cut", "reset", "hang", "slow-close")


class Toxics:
    """`with nfr_toxic("orders-db", latency="150 ms ± 20 ms"):` and its like."""

    def __init__(self, regions: Regions) -> None:
        self._regions = regions

    def __call__(
        self,
        link: str,
        fault: str | None = None,
        *,
        get: str = "/",
        at_most: str = "5 min",
        **keys: str,
    ) -> AbstractContextManager[None]:
        """A size (`latency`, `bandwidth`, `stall`), or a `fault`: cut, reset, hang, slow-close.

        Further keys as in a drill: jitter (or after ± in the latency), share, direction.
        """
        __tracebackhide__ = True
        kind = fault or next((key for key in SIZED if key in keys), None)
        if kind not in {*SIZED, *BROKEN}:
            sized = ", ".join(f"{key}=" for key in SIZED)
            pytest.fail(
                f"nfr_toxic: what is to be wrong with {link}? {sized} or one of "
                f"{', '.join(BROKEN)}",
                pytrace=False,
            )
        latency, varies, jitter = keys.get("latency", "").partition("\N{PLUS-MINUS SIGN}")
        if varies:
            keys |= {"latency": latency.strip(), "jitter": jitter.strip()}
        return self._regions.hold(f"link-{kind}", get=get, at_most=at_most, link=link, **keys)
