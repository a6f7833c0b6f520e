"""Whatever goes wrong around a run, its verdict says whose fault it is, and never a false green."""

import os
import resource
import signal
import socket
import threading
from pathlib import Path

import pytest
import trustme

from tests.box.running_box import RunningBox
from tests.run.whole import Shop, Start, WholeRun, drill, has_failed, quiet

PROBED = "probes: {edge: {kind: http, entry: global, get: /, every: 20 ms, timeout: 1 s}}\n"


def outcome(run: WholeRun, name: str = "availability") -> tuple[int, str]:
    return run.end(), run.target(name)["verdict"]


def test_a_host_that_never_answered_is_not_measured_and_nothing_is_sent(
    start: Start, shop: Shop
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    run = start(quiet(), shop.deployment(url=f"http://127.0.0.1:{port}"))

    assert outcome(run) == (4, "invalid")
    assert "never answered: is the address right, is it up?" in run.target()["because"]
    assert "refused" in run.words()
    assert not list(run.folder.glob("*.rec"))


@pytest.mark.slow
def test_a_host_that_dies_after_it_was_seen_alive_has_failed(start: Start, shop: Shop) -> None:
    run = start(quiet(3), shop.deployment())
    run.wait_for("phase", state="start", name="steady")

    shop.server.die()

    assert has_failed(run)


def test_a_host_that_answers_5xx_from_the_first_request_on_has_failed(
    start: Start, shop: Shop
) -> None:
    shop.down.touch()
    run = start(quiet(), shop.deployment())

    assert has_failed(run)
    because = run.target()["because"]
    assert "never once good: every answer was 503;" in because or run.process.returncode != 1


def test_a_wrong_certificate_is_named_and_no_verdict(
    start: Start, shop: Shop, box: RunningBox
) -> None:
    authority = shop.place / "other-ca.pem"
    trustme.CA().cert_pem.write_to_path(str(authority))
    deployment = shop.deployment(url=box.global_)
    text = deployment.read_text("utf-8").replace(
        f'"{box.global_}"', f'"{box.global_}", ca: {authority}'
    )
    deployment.write_text(text, "utf-8")
    run = start(quiet(), deployment)

    assert outcome(run) == (4, "invalid")
    assert "CERTIFICATE_VERIFY_FAILED" in run.words() or "certificate verify failed" in run.words()


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        pytest.param(401, "401 on 100 % of all requests: is the token right?", id="401"),
        pytest.param(
            404,
            "404 on 100 % of all requests: is the path right?",
            id="404",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_client_error_on_every_request_is_ours(
    status: int, hint: str, start: Start, shop: Shop
) -> None:
    shop.server.answer = lambda _asked: (status, {}, b"")
    route = "{as: alice, get: /orders}" if status == 401 else "{get: /no/such/path}"
    run = start(quiet(route=route), shop.deployment(), A_TOKEN="planted-secret")

    assert outcome(run) == (4, "invalid")
    assert hint in run.target()["because"]
    everything = b"".join(path.read_bytes() for path in run.folder.iterdir())
    assert b"planted-secret" not in everything
    assert "planted-secret" not in run.words()


@pytest.mark.slow
def test_a_page_that_answers_200_to_everything_fails_what_was_expected(
    start: Start, shop: Shop
) -> None:
    shop.server.answer = lambda _asked: (200, {}, b"<h1>Welcome</h1>")
    run = start(
        quiet(route='{get: /, expect: {status: 200, json: {"/state": open}}}'), shop.deployment()
    )

    assert has_failed(run)


@pytest.mark.slow
def test_no_request_is_no_evidence(start: Start, shop: Shop) -> None:
    slow = quiet(1).replace("rate: 50/s", "rate: 0.01/s, arrivals: constant")
    run = start(slow, shop.deployment())

    code, verdict = outcome(run)
    assert code in {3, 4}
    assert verdict in {"invalid", "inconclusive"}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["SIGKILL", "SIGSTOP"])
def test_a_muted_probe_has_seen_nothing(name: str, start: Start, shop: Shop) -> None:
    targets = "{probed: {check: availability, at_least: 50 %, probe: edge, during: run}}"
    run = start(quiet(5, targets, more=PROBED), shop.deployment())
    run.wait_for("phase", state="start", name="steady")

    os.kill(run.pid("probes.child"), signal.Signals[name])

    assert outcome(run, "probed") == (4, "invalid")
    assert run.left_nothing_behind()


@pytest.mark.slow
def test_a_generator_that_stood_still_is_never_the_fault_of_the_system(
    start: Start, shop: Shop
) -> None:
    run = start(quiet(5, "{latency: {p99: < 200 ms, during: run}}"), shop.deployment())
    run.wait_for("phase", state="start", name="steady")
    run.wait_for("health", instrument="load-shop.0")
    load = run.pid("loads.child")

    os.kill(load, signal.SIGSTOP)
    threading.Timer(2.0, os.kill, (load, signal.SIGCONT)).start()

    code, verdict = outcome(run, "latency")
    assert verdict != "fail"
    assert code != 1


def test_a_disk_that_is_full_for_the_controller_heals_and_gives_no_verdict(
    start: Start, shop: Shop
) -> None:
    run = start(drill(hold_s=60), shop.deployment())
    run.at("confirmed")

    full = (run.folder / "events.ndjson").stat().st_size
    resource.prlimit(run.process.pid, resource.RLIMIT_FSIZE, (full, full))

    assert run.end() == 4
    assert "could not be written: File too large" in run.words()
    assert "free space, or choose another folder with --out" in run.words()
    assert not shop.down.exists()
    assert run.ledger().closed
    assert run.left_nothing_behind()


@pytest.mark.slow
def test_a_disk_that_is_full_for_a_load_gives_no_verdict(start: Start, shop: Shop) -> None:
    run = start(quiet(3), shop.deployment())
    run.wait_for("phase", state="start", name="steady")

    resource.prlimit(run.pid("loads.child"), resource.RLIMIT_FSIZE, (1, 1))

    assert outcome(run) == (4, "invalid")
    assert "File too large" in run.target()["because"]


def test_a_folder_that_cannot_be_written_is_said_before_anything_is_contacted(
    start: Start, shop: Shop
) -> None:
    (shop.place / "runs").write_text("a file where the folder should be")
    run = start(quiet(), shop.deployment())

    assert run.end() == 4
    assert "could not be written" in run.words()
    assert not shop.server.asked


@pytest.mark.slow
def test_a_file_of_the_users_project_does_not_stand_in_for_a_library(
    start: Start, shop: Shop
) -> None:
    (shop.place / "here").mkdir()
    (shop.place / "here" / "locust.py").write_text("raise SystemExit('not this one')\n")
    (shop.place / "here" / "numpy.py").write_text("raise SystemExit('not this one')\n")
    run = start(quiet(1), shop.deployment())

    assert run.end() in {0, 3, 4}
    assert "not this one" not in run.words()
    assert list(run.folder.glob("load-shop*.rec"))


def test_two_boxes_do_not_take_each_others_port(tmp_path: Path) -> None:
    first, second = RunningBox(tmp_path / "one"), RunningBox(tmp_path / "two")
    try:
        assert first.port != second.port
        assert not second.fails(second.global_)
    finally:
        assert (first.stop(), second.stop()) == (0, 0)


@pytest.mark.slow
def test_any_name_of_a_file_can_be_run(start: Start, shop: Shop) -> None:
    run = start(drill(hold_s=1), shop.deployment(), scenario="naïve plan (2) & more.nfr.yaml")

    assert run.end() in {0, 3, 4}
    assert run.folder.name.isascii()
    assert run.ledger().closed
