"""Controls that hang, fail or name a stranger: bounded in time, tried again, and said loudly."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.experiments.children import Server, running_server
from tests.run.whole import Shop, Start, WholeRun, drill
from tests.victims.fixtures import Victim, gone_within
from tests.victims.small_proxy import SmallProxy, small_proxy

pytestmark = pytest.mark.slow

LATENCY = "{kind: link-latency, link: legacy, latency: 300 ms}"
JUDGED = "{slow: {check: latency, p50: < 900 ms, during: lose}}"
BOUND_S = 30.0


@contextmanager
def mute() -> Iterator[str]:
    """A port that takes every connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=200) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def over_http(shop: Shop, **verbs: str) -> Path:
    keys = ", ".join(f'{verb}: "POST {url}"' for verb, url in verbs.items())
    path = shop.deployment()
    text = path.read_text("utf-8")
    app = text[text.index("components:") : text.index("principals:")]
    component = f"components: {{app: {{kind: http, within: 1 s, entry: global, {keys}}}}}\n"
    path.write_text(text.replace(app, component), "utf-8")
    return path


@pytest.mark.slow
def test_a_kill_that_hangs_is_no_fault_and_is_put_back(start: Start, shop: Shop) -> None:
    with mute() as hanging:
        restore = f"{shop.server.url}/restore"
        began = time.monotonic()
        run = start(drill(), over_http(shop, kill=f"{hanging}/kill", restore=restore))

        assert run.end() == 4, run.words()
        assert time.monotonic() - began < BOUND_S
        assert f"{hanging}/kill: no answer in 1.0 s" in run.target("failover")["because"]
        assert "/restore" in [asked.path for asked in shop.server.asked]
        assert run.ledger().closed
        assert run.left_nothing_behind()


@pytest.mark.slow
def test_a_port_that_hangs_for_all_is_code_6_with_the_command(start: Start, shop: Shop) -> None:
    with mute() as hanging:
        place = over_http(shop, kill=f"{hanging}/kill", restore=f"{hanging}/restore")
        began = time.monotonic()
        run = start(drill(), place)

        assert run.end() == 6, run.words()
        assert time.monotonic() - began < BOUND_S
        assert f"curl -X POST {hanging}/restore" in run.words()
        assert f"{hanging}/restore: no answer in" in run.words()
        assert not run.ledger().closed
        assert run.left_nothing_behind()
        assert run.again().returncode == 8


def test_a_restore_that_fails_twice_and_then_works_is_tried_again(start: Start, shop: Shop) -> None:
    tries = shop.place / "tries"
    script = shop.place / "restore.sh"
    script.write_text(
        f"echo x >> {tries}\n[ $(wc -l < {tries}) -gt 2 ] || exit 7\nrm -f {shop.down}\n", "utf-8"
    )
    run = start(drill(hold_s=1), shop.deployment(restore=f"sh {script}", within="5 s"))

    assert run.end() in {0, 3, 4}, run.words()
    assert run.run_json()["restored"]
    assert tries.read_text("utf-8") == "x\n" * 3
    assert run.ledger().closed
    assert run.left_nothing_behind()


@pytest.mark.slow
def test_a_restore_that_hangs_is_ended_with_all_that_it_began(start: Start, shop: Shop) -> None:
    script = shop.place / "restore.sh"
    script.write_text("tail -f /dev/null &\nwait\n", "utf-8")
    began = time.monotonic()
    run = start(drill(hold_s=1), shop.deployment(restore=f"sh {script}", within="1 s"))

    assert run.end() == 6, run.words()
    assert time.monotonic() - began < BOUND_S
    assert "sh took longer than" in run.words()
    assert f"sh {script}" in run.words()
    assert run.left_nothing_behind()


@pytest.fixture
def server() -> Iterator[Server]:
    with running_server() as running:
        yield running


@pytest.fixture
def small(server: Server) -> Iterator[SmallProxy]:
    with small_proxy(("127.0.0.1", int(server.server_address[1]))) as running:
        yield running


@pytest.fixture
def hurt(start: Start, server: Server, small: SmallProxy, tmp_path: Path) -> WholeRun:
    """A run that slows the link of a proxy, whose API may fail."""
    path = tmp_path / "links.deployment.yaml"
    control = small.control(within="3 s")
    keys = ", ".join(f'{key}: "{value}"' for key, value in control.items())
    path.write_text(
        "nfrcheck: 1\n"
        f'entries: {{global: {{url: "{server.url}"}}}}\n'
        f"links: {{legacy: {{{keys}}}}}\n"
        "safety: {allow: [link-latency], hosts: [127.0.0.1], max_rate: 500/s}\n",
        "utf-8",
    )
    return start(drill(LATENCY, JUDGED, hold_s=2), path)


@pytest.mark.slow
def test_an_api_that_says_500_to_what_it_did_leaves_nothing(
    hurt: WholeRun, small: SmallProxy
) -> None:
    small.failing = [500]  # the first that changes anything brings the toxic in

    assert hurt.end() == 4, hurt.words()
    assert "status 500" in hurt.target("slow")["because"]
    assert small.toxics == {}
    assert hurt.ledger().closed


@pytest.mark.slow
def test_an_api_that_says_500_twice_is_asked_again(hurt: WholeRun, small: SmallProxy) -> None:
    hurt.at("confirmed")
    small.failing = [500, 500]

    assert hurt.end() in {0, 3, 4}, hurt.words()
    assert hurt.run_json()["restored"]
    assert [one for one in small.asked if one.startswith("DELETE")][1:], "tried again"
    assert hurt.ledger().closed


@pytest.mark.slow
def test_an_api_that_says_500_for_ever_is_code_6_with_the_command(
    hurt: WholeRun, small: SmallProxy
) -> None:
    hurt.at("confirmed")
    small.refuses = 500

    assert hurt.end() == 6, hurt.words()
    (name,) = small.toxics
    assert f"curl -X DELETE {small.url}/proxies/legacy/toxics/{name}" in hurt.words()
    assert "status 500" in hurt.words()
    small.refuses = 0
    assert hurt.nfrcheck("restore", "--yes").returncode == 0
    assert small.toxics == {}


def processes(tmp_path: Path, victim: Victim) -> Path:
    path = tmp_path / "small.deployment.yaml"
    keys = ", ".join(f'{key}: "{value}"' for key, value in victim.control.items())
    allow = "[component-kill, component-pause]"
    path.write_text(
        "nfrcheck: 1\n"
        f'entries: {{global: {{url: "{victim.url}"}}}}\n'
        f"components: {{app: {{{keys}, entry: global}}}}\n"
        f"safety: {{allow: {allow}, hosts: [127.0.0.1], max_rate: 500/s}}\n",
        "utf-8",
    )
    return path


def test_a_stranger_with_the_number_of_a_pid_file_is_not_touched(
    start: Start, victim: Victim, tmp_path: Path
) -> None:
    """The server ended long ago, and its number went to somebody else."""
    with subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE) as stranger:
        before = victim.pid_file.read_text("ascii")
        victim.pid_file.write_text(f"{stranger.pid}\n", "ascii")
        long_ago = time.time() - 3600
        os.utime(victim.pid_file, (long_ago, long_ago))
        run = start(drill(), processes(tmp_path, victim))

        assert run.end() == 2
        assert f"no process runs that {victim.pid_file} names" in run.words()
        assert stranger.poll() is None
        stranger.terminate()
        victim.pid_file.write_text(before, "ascii")


@pytest.mark.slow
def test_a_process_that_was_started_again_is_the_one_that_is_resumed(
    start: Start, victim: Victim, tmp_path: Path
) -> None:
    """Killed in one drill, so that it has another pid when it is paused in the next."""
    first = victim.pid
    text = drill(hold_s=1)
    pause = text[text.index("{lose: ") : text.index("}}\n", text.index("{lose: "))]
    pause = pause.replace("{lose: ", ", stop: ").replace("component-kill", "component-pause")
    text = text.replace("}}\nphases", "}" + pause + "}}\nphases").replace(
        ", lose]", ", lose, stop]"
    )
    run = start(text, processes(tmp_path, victim))

    assert run.end() in {0, 3, 4}, run.words()
    assert run.run_json()["restored"]
    assert len(run.events("fault", state="verified")) == 2
    assert victim.pid != first
    assert run.ledger().closed


@pytest.mark.slow
def test_a_process_that_died_while_it_was_paused_is_code_6_and_nobody_else_is_hit(
    start: Start, victim: Victim, tmp_path: Path
) -> None:
    """Its pid file names another process by now, which is not sent the signal that resumes."""
    text = drill("{kind: component-pause, component: app}", hold_s=2)
    place = processes(tmp_path, victim)
    place.write_text(place.read_text("utf-8").replace('within: "10 s"', 'within: "1 s"'), "utf-8")
    run = start(text, place)
    run.at("confirmed")
    before = victim.pid
    with subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE) as stranger:
        with gone_within(before, 5):
            os.kill(before, signal.SIGKILL)
        os.kill(stranger.pid, signal.SIGSTOP)
        victim.pid_file.write_text(f"{stranger.pid}\n", "ascii")

        assert run.end() == 6, run.words()
        stat = Path(f"/proc/{stranger.pid}/stat").read_text("utf-8")
        assert stat.rpartition(")")[2].split()[0] == "T", "it was not told to go on"
        assert f"kill -CONT {before}" in run.words()
        victim.pid_file.write_text(f"{before}\n", "ascii")
        stranger.kill()
