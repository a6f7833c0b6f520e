"""The types of keys read text, keep typed values, and write themselves as the text they read."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from nfrcheck.errors import DeploymentError
from nfrcheck.fields import (
    AboveDuration,
    AboveShare,
    AtMost,
    Bandwidth,
    Count,
    Duration,
    DurationOrOff,
    Factor,
    File,
    Json,
    LowerRate,
    LowerShare,
    Many,
    Model,
    Name,
    Pointer,
    Rate,
    Secret,
    Share,
    Size,
    Status,
    Text,
    UpperCount,
    UpperCountOrShare,
    UpperDuration,
    UpperDurationOrShare,
    UpperFactor,
    UpperShare,
)


class Everything(Model):
    duration: Duration = 1.0
    share: Share = Decimal("0.01")
    rate: Rate = 1.0
    count: Count = 1
    size: Size = 1
    factor: Factor = 1.0
    bandwidth: Bandwidth = 1.0
    upper_duration: UpperDuration | None = None
    upper_count: UpperCount | None = None
    upper_share: UpperShare | None = None
    upper_factor: UpperFactor | None = None
    count_or_share: UpperCountOrShare | None = None
    duration_or_share: UpperDurationOrShare | None = None
    lower_share: LowerShare | None = None
    lower_rate: LowerRate | None = None
    at_most: AtMost | None = None
    above_share: AboveShare | None = None
    above_duration: AboveDuration | None = None
    off: DurationOrOff = 1.0
    names: Many[Name] = ()
    status: Many[Status] = ()
    pointer: Pointer = ""


WRITTEN = {
    "duration": "1.5 min",
    "share": "99.99 %",
    "rate": "2/min",
    "count": "5 events",
    "size": "4 KiB",
    "factor": "2x",
    "bandwidth": "10 MB/s",
    "upper_duration": "< 200 ms",
    "upper_count": "<= 0",
    "upper_share": "<= 5 %",
    "upper_factor": "<= 1.5x",
    "count_or_share": "<= 5 %",
    "duration_or_share": "<= 20 ms",
    "lower_share": "40 % .. 60 %",
    "lower_rate": "at least 10/s",
    "at_most": "0 events",
    "above_share": "above 40 %",
    "above_duration": "above 2 s",
    "off": "off",
    "names": "lose-b",
    "status": ["2xx", "404", "timeout"],
    "pointer": "/order/id",
}


def test_everything_reads_its_text_and_writes_it_again() -> None:
    once = Everything.model_validate(WRITTEN)

    again = Everything.model_validate_json(once.model_dump_json())

    assert again == once
    assert (once.duration, once.off, once.names) == (90.0, None, ("lose-b",))


def test_typed_values_from_python_stay() -> None:
    once = Everything.model_validate(WRITTEN)

    assert Everything.model_validate(dict(once)) == once


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("duration", "5"),
        ("off", "of"),
        ("names", "Lose_B"),
        ("status", "600"),
        ("status", "2x"),
        ("pointer", "order"),
        ("pointer", "/a~b"),
        ("count_or_share", "<= 5 ms"),
    ],
)
def test_what_is_not_of_the_type_is_refused(key: str, text: str) -> None:
    with pytest.raises(ValidationError):
        Everything.model_validate({key: text})


@pytest.mark.parametrize(
    ("text", "plain", "value"),
    [
        ("1", True, 1),
        ("1", False, "1"),
        ("-1.5e3", True, -1500.0),
        ("010", True, "010"),
        ("true", True, True),
        ("true", False, "true"),
        ("null", True, None),
        ("no", True, "no"),
    ],
)
def test_only_a_plain_scalar_can_be_a_number_in_a_body(text: str, plain: bool, value: Any) -> None:
    class Body(Model):
        json_: Json = None

    body = Body.model_validate({"json_": {"a": [Text(text, plain=plain)]}})

    assert body.json_ == {"a": [value]}


def test_a_secret_is_looked_up_when_it_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text("from-file\n", "utf-8")
    monkeypatch.setenv("TOKEN", "from-env")
    context = {"folder": tmp_path}

    assert Secret.model_validate({"env": "TOKEN"}).resolve() == "from-env"
    assert Secret.model_validate({"file": "token"}, context=context).resolve() == "from-file"


@pytest.mark.parametrize("given", [{"env": "NFR_NOT_THERE"}, {"file": "not-there"}])
def test_a_secret_that_is_not_there_is_the_operators_to_bring(given: dict[str, str]) -> None:
    with pytest.raises(DeploymentError, match=r"NFR_NOT_THERE|not-there"):
        Secret.model_validate(given).resolve()


@pytest.mark.parametrize("given", ["literal", {}, {"env": "A", "file": "b"}, {"value": "literal"}])
def test_a_secret_is_exactly_one_reference(given: Any) -> None:
    with pytest.raises(ValidationError):
        Secret.model_validate(given)


def test_a_path_is_relative_to_the_file_that_holds_it(tmp_path: Path) -> None:
    class Holder(Model):
        file: File

    inside = Holder.model_validate({"file": "ca.pem"}, context={"folder": tmp_path})

    assert inside.file == tmp_path / "ca.pem"
    assert Holder.model_validate({"file": "/etc/ca.pem"}).file == Path("/etc/ca.pem")
