"""Two stores that have exchanged everything hold the same documents, whatever came first."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nfrcheck.box.documents import Documents
from nfrcheck.box.records import ConflictError


def change(**given: Any) -> dict[str, Any]:
    return {"puts": {}, "adds": {}, "once": None, "expect": None, **given}


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[tuple[Documents, Documents]]:
    a, b = (Documents(tmp_path / f"{name}.sqlite", name) for name in "ab")
    yield a, b
    a.close()
    b.close()


def exchange(source: Documents, target: Documents, origin: str) -> None:
    source.delivered(target.apply(origin, source.outgoing(100)))


def test_the_newer_version_wins_everywhere(stores: tuple[Documents, Documents]) -> None:
    a, b = stores
    a.change(change(puts={"k": "old"}))
    a.change(change(puts={"k": "new"}))
    b.change(change(puts={"k": "other"}))

    exchange(b, a, "b")
    exchange(a, b, "a")

    assert a.read(["k"]) == b.read(["k"]) == {"k": (2, '"new"')}


def test_equal_versions_end_alike(stores: tuple[Documents, Documents]) -> None:
    a, b = stores
    a.change(change(puts={"k": "from a"}))
    b.change(change(puts={"k": "from b"}))

    exchange(a, b, "a")
    exchange(b, a, "b")

    assert a.read(["k"]) == b.read(["k"])


def test_what_is_sent_twice_is_taken_once(stores: tuple[Documents, Documents]) -> None:
    a, b = stores
    a.change(change(adds={"n": 5}))
    entries = a.outgoing(100)

    last = b.apply("a", entries)
    b.change(change(puts={"n": 0}))

    assert b.apply("a", entries) == last
    assert b.read(["n"])["n"][1] == "0"


def test_what_is_not_delivered_stays_in_the_outbox_across_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    first = Documents(path, "a")
    first.change(change(puts={"k": 1}))
    first.close()

    again = Documents(path, "a")

    assert [entry[1] for entry in again.outgoing(100)] == ["k"]
    again.close()


def test_a_change_happens_once_for_a_key_and_only_on_the_expected_version(
    stores: tuple[Documents, Documents],
) -> None:
    a, _ = stores

    assert a.change(change(puts={"k": 1}, once=("key", "first"))) is None
    assert a.change(change(puts={"k": 2}, once=("key", "second"))) == "first"
    with pytest.raises(ConflictError):
        a.change(change(puts={"k": 3}, expect=("k", 2)))

    assert a.read(["k"]) == {"k": (1, "1")}
