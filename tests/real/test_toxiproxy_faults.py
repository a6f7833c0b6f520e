"""On Toxiproxy 2.12 as users run it every fault of a link is seen, and is gone when healed.

What it cannot do is refused before anything is brought in.
"""

from collections.abc import Iterator

import pytest

from nfrcheck.errors import DeploymentError
from tests.contracts.servers import REAL
from tests.experiments.children import running_server
from tests.victims.fault_proxies import FaultProxy, toxiproxy
from tests.victims.fixtures import state
from tests.victims.link_cases import CASES, LONGER, ONE_WAY, armed_on, go_through, named

__all__ = ["state"]

pytestmark = pytest.mark.usefixtures("state")
COMMAND = REAL / "server"


@pytest.fixture(scope="module")
def proxy() -> Iterator[FaultProxy]:
    if not COMMAND.exists():
        pytest.skip("Toxiproxy is not installed: run `make real`")
    with (
        running_server() as server,
        toxiproxy(str(COMMAND), server.url.removeprefix("http://")) as running,
    ):
        yield running


@pytest.mark.parametrize("case", [*CASES, *LONGER], ids=named)
def test_it_is_seen_with_its_size_and_gone_afterwards(
    case: tuple[str, dict[str, str]], proxy: FaultProxy
) -> None:
    go_through(proxy, *case)


@pytest.mark.parametrize("case", ONE_WAY, ids=named)
def test_a_cut_of_one_direction_is_refused_by_the_name_of_its_control(
    case: tuple[str, dict[str, str]], proxy: FaultProxy
) -> None:
    with pytest.raises(DeploymentError, match=r"its control `toxiproxy` cannot cut one direction"):
        armed_on(proxy, *case)

    assert not proxy.is_hurt()
