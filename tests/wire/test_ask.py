"""One request outside any schedule ends with an answer that says what became of it, always."""

from pathlib import Path

from nfrcheck.model.records import LOCAL_ERROR
from nfrcheck.model.traffic import EndpointSpec
from nfrcheck.wire.ask import ask


def test_an_authority_that_is_no_file_is_said_and_not_raised(tmp_path: Path) -> None:
    missing = str(tmp_path / "ca.pem")
    to = EndpointSpec(url="https://shop.test", address="127.0.0.1", ca=missing)

    answer = ask(to, "/", timeout_s=1.0)

    assert answer.status == LOCAL_ERROR
    assert missing in answer.words
