"""What stands in the URL of an entry is sent, or it is refused where it stands."""

import pytest

from nfrcheck.plan import Options, plan
from tests.scenario.conftest import SCENARIO, Complain, Read

DEPLOYMENT = 'nfrcheck: 1\nentries:\n  app:\n    url: "URL"\n'


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("http://127.0.0.1:1/?token=hunter2pw", id="query"),
        pytest.param("http://127.0.0.1:1/api/v1?token=hunter2pw", id="query-of-a-path"),
        pytest.param("http://127.0.0.1:1/#hunter2pw", id="fragment"),
        pytest.param("http://127.0.0.1:1?", id="empty-query"),
    ],
)
def test_a_query_that_no_request_would_carry_is_refused(url: str, complain: Complain) -> None:
    (found,) = complain(SCENARIO, DEPLOYMENT.replace("URL", url))

    assert (found.code, found.path, found.line) == ("NFR015", "b.deployment.yaml", 4)
    assert "the URL has a query, which would not be sent" in found.message
    assert "hunter2pw" not in f"{found.message} {found.remedy}"
    assert "`principals`" in (found.remedy or "")


def test_the_path_of_an_entry_is_part_of_every_request(read: Read) -> None:
    pair = read(SCENARIO, DEPLOYMENT.replace("URL", "http://127.0.0.1:1/api/v1/"))

    made = plan(pair.scenario, pair.deployment, Options())

    assert made.entries["app"].url == "http://127.0.0.1:1/api/v1"
    assert made.paths["app"] == "/"
