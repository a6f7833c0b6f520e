"""Replicas and versions change under the eyes of clients, and none of them sees a failure."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.box.running_box import RunningBox, wait_until

pytestmark = pytest.mark.slow

LOOKS = 24


@pytest.fixture
def first(whole_box: RunningBox) -> Iterator[RunningBox]:
    """A box with two replicas of the first version in each region; so it is left as well."""
    yield whole_box
    whole_box.ctl("DELETE", "healthy/slow-start")
    for region in ("a", "b"):
        whole_box.act(f"apps/{region}/scale/2")
        whole_box.act(f"apps/{region}/rollback/box-1")


def seen(box: RunningBox, header: str, region: str = "b") -> set[str]:
    entry = {"a": box.a, "b": box.b}[region]
    return {box.get(entry).headers[header] for _ in range(LOOKS)}


@contextmanager
def watched(box: RunningBox) -> Iterator[list[str]]:
    """Orders and reads in both regions without a pause; what went wrong."""
    wrong: list[str] = []
    over = threading.Event()

    def ask(entry: str) -> None:
        while not over.is_set():
            for answer in (box.get(entry), box.order(entry)):
                wrong.extend([str(answer.status_code)] if answer.status_code >= 400 else [])

    asking = [threading.Thread(target=ask, args=(entry,)) for entry in (box.a, box.b)]
    for one in asking:
        one.start()
    yield wrong
    over.set()
    for one in asking:
        one.join()


def test_a_version_is_rolled_out_and_back_without_a_failure(first: RunningBox) -> None:
    assert seen(first, "x-served-build") == {"box-1"}
    with watched(first) as wrong:
        first.act("apps/b/deploy/box-2")
        assert seen(first, "x-served-build") == {"box-2"}
        assert seen(first, "x-served-build", "a") == {"box-1"}
        assert first.ops("GET", "apps/b").json()["version"] == "box-2"
        assert seen(first, "x-served-node") == {"app-b1", "app-b2"}
        first.act("apps/b/rollback/box-1")

    assert wrong == []
    assert seen(first, "x-served-build") == {"box-1"}


def test_a_rollout_that_is_asked_for_again_replaces_nothing(first: RunningBox) -> None:
    first.act("apps/b/deploy/box-2")
    before = [part["pid"] for part in first.ops("GET", "apps/b").json()["parts"]]

    first.act("apps/b/deploy/box-2")

    assert [part["pid"] for part in first.ops("GET", "apps/b").json()["parts"]] == before


def test_a_replica_is_taken_away_and_comes_back_without_a_failure(first: RunningBox) -> None:
    with watched(first) as wrong:
        first.act("apps/b/scale/1")
        told = first.ops("GET", "apps/b")
        assert (told.status_code, told.json()["replicas"]) == (200, 1)
        assert seen(first, "x-served-node") == {"app-b1"}
        assert first.ops("GET", "regions/b").status_code == 200
        first.act("apps/b/scale/2")

    assert wrong == []
    wait_until(lambda: seen(first, "x-served-node") == {"app-b1", "app-b2"})


def test_what_was_scaled_away_does_not_come_back_with_its_region(first: RunningBox) -> None:
    first.act("apps/b/scale/1")
    first.act("regions/b/kill")
    first.act("regions/b/restore")

    wait_until(lambda: not first.fails(first.b))
    assert seen(first, "x-served-node") == {"app-b1"}
    assert first.ops("GET", "apps/b").json()["replicas"] == 1


def test_what_the_platform_cannot_do_is_refused(first: RunningBox) -> None:
    assert first.ops("POST", "apps/b/scale/3").status_code == 409
    assert first.ops("POST", "apps/b/deploy/").status_code == 404
    assert first.ops("POST", "apps/b/scale/many").status_code == 404
    assert first.ops("PUT", "apps/b/scale/1").status_code == 405


def test_hard_deploy_serves_nobody_for_a_while_in_one_region(first: RunningBox) -> None:
    first.ctl("PUT", "defects/hard-deploy", {"region": "b"})
    with watched(first) as wrong:
        first.act("apps/a/deploy/box-2")
        assert wrong == []
        first.act("apps/b/deploy/box-2")

    assert "502" in wrong
    assert seen(first, "x-served-build") == {"box-2"}


def test_slow_start_takes_its_time_and_fails_nobody(first: RunningBox) -> None:
    first.ctl("PUT", "healthy/slow-start")
    began = time.monotonic()
    with watched(first) as wrong:
        first.act("apps/b/deploy/box-2")

    assert time.monotonic() - began > 4
    assert wrong == []
