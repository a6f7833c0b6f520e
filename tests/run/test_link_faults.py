"""On our own fault proxy every fault of a link is seen while it holds, and is gone when healed."""

from collections.abc import Iterator

import pytest

from tests.experiments.children import running_server
from tests.victims.fault_proxies import FaultProxy, fault_proxy
from tests.victims.link_cases import CASES, LONGER, ONE_WAY, go_through, named

pytestmark = [pytest.mark.usefixtures("state"), pytest.mark.slow]


@pytest.fixture(scope="module")
def proxy() -> Iterator[FaultProxy]:
    with running_server() as server, fault_proxy(server.url.removeprefix("http://")) as running:
        yield running


@pytest.mark.parametrize("case", [*CASES, *ONE_WAY], ids=named)
def test_it_is_seen_with_its_size_and_gone_afterwards(
    case: tuple[str, dict[str, str]], proxy: FaultProxy
) -> None:
    go_through(proxy, *case)


@pytest.mark.parametrize("case", LONGER, ids=named)
def test_so_is_one_that_takes_longer_to_see(
    case: tuple[str, dict[str, str]], proxy: FaultProxy
) -> None:
    go_through(proxy, *case)
