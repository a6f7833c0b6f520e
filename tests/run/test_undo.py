"""An undo step is idempotent, bounded in time, hits only what it names and never shows a secret."""

import os
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from nfrcheck.run.step import name_secrets
from nfrcheck.run.undo import attempt, complaint, confirm, describe, put_back
from tests.victims.fixtures import Operations

PYTHON = [sys.executable, "-S", "-E", "-c"]


def python(code: str, **more: Any) -> dict[str, Any]:
    return {"kind": "argv", "argv": [*PYTHON, code], "within_s": 5, **more}


def test_a_command_succeeds_by_its_exit_status() -> None:
    assert attempt(python("pass")).ok
    failed = attempt(python("import sys; sys.exit('no such node')"))
    assert not failed.ok
    assert "status 1" in failed.because
    assert "no such node" in failed.because


def test_a_command_that_is_not_there_is_not_tried_again() -> None:
    outcome = put_back({"kind": "argv", "argv": ["./no-such-command"], "within_s": 30})

    assert not outcome.ok
    assert outcome.final


def test_a_command_is_never_given_to_a_shell(tmp_path: Path) -> None:
    attempt({"kind": "argv", "argv": ["/bin/echo", f"; touch {tmp_path}/made"], "within_s": 5})

    assert not (tmp_path / "made").exists()


def test_a_command_that_hangs_is_killed_with_its_children(tmp_path: Path) -> None:
    fifo = tmp_path / "child"
    os.mkfifo(fifo)
    # The child holds the FIFO open: its end is the end of the file.
    step = {
        "kind": "argv",
        "argv": ["/bin/sh", "-c", f"exec 3> {fifo}; /bin/cat < /dev/zero > /dev/null & wait"],
    }
    outcomes = []
    runner = threading.Thread(target=lambda: outcomes.append(attempt(step, 0.3)))
    runner.start()
    with fifo.open("rb") as held:
        assert held.read() == b""
    runner.join()

    assert "took longer than 0.3 s" in outcomes[0].because


def test_a_command_that_leaves_a_server_behind_ends_when_it_ends(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    began = time.monotonic()
    outcome = attempt(
        {
            "kind": "argv",
            "argv": ["/bin/sh", "-c", f"tail -f /dev/null & echo $! > {pid_file}"],
            "within_s": 20,
        }
    )
    os.kill(int(pid_file.read_text("ascii")), 9)

    assert outcome.ok
    assert time.monotonic() - began < 5


def test_what_fails_at_first_is_tried_again(operations: Operations) -> None:
    operations.broken = ["restore a", "restore a"]

    outcome = put_back({"kind": "http", "method": "POST", "url": f"{operations.url}/restore/a"})

    assert outcome.ok
    assert operations.log == ["restore a"] * 3


def test_trying_again_ends_at_the_deadline(operations: Operations) -> None:
    operations.broken = ["restore a"] * 100
    began = time.monotonic()

    step = {"kind": "http", "method": "POST", "url": f"{operations.url}/restore/a", "within_s": 0.3}
    outcome = put_back(step)

    assert not outcome.ok
    assert "status 500" in outcome.because
    assert time.monotonic() - began < 1


def test_a_check_needs_good_answers_in_a_row() -> None:
    """Two good answers, a bad one, then good ones: the first two do not count."""
    statuses = [200, 200, 503, 200, 200, 200]
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=answer_with, args=(server, list(statuses)))
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        outcome = confirm({"kind": "http", "url": url, "expect": [200, 399], "times": 3})
        thread.join()

    assert outcome.ok


def answer_with(server: socket.socket, statuses: list[int]) -> None:
    for status in statuses:
        connection, _ = server.accept()
        with connection:
            connection.recv(65_536)
            connection.sendall(f"HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n".encode())


def test_a_drip_fed_answer_is_bounded_as_a_whole() -> None:
    """Each byte comes in time, so only the whole can be too late."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 200 X\r\nx: ")
                while not over.wait(0.05):
                    try:
                        connection.sendall(b"x")
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        began = time.monotonic()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        outcome = attempt({"kind": "http", "url": url}, 0.4)
        seconds = time.monotonic() - began
        over.set()
        thread.join()

    assert not outcome.ok
    assert seconds < 1


def test_a_pinned_address_is_used_whatever_the_name_says(operations: Operations) -> None:
    url = f"http://no-such-host.invalid:{operations.port}/a"

    assert attempt({"kind": "http", "url": url, "address": "127.0.0.1"}).ok


def test_a_tcp_check_sees_a_listener_and_its_absence(operations: Operations) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        unused = free.getsockname()[1]

    assert confirm({"kind": "tcp", "host": "127.0.0.1", "port": operations.port}).ok
    assert not confirm({"kind": "tcp", "host": "127.0.0.1", "port": unused}, 0.1).ok


@pytest.mark.parametrize("where", ["header", "environment"])
def test_a_secret_is_resolved_at_use(
    where: str, operations: Operations, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPS_TOKEN", "planted-secret")
    if where == "header":
        step: dict[str, Any] = {
            "kind": "http",
            "method": "POST",
            "url": f"{operations.url}/restore/a",
            "headers": {"authorization": {"env": "OPS_TOKEN"}},
        }
        assert attempt(step).ok
        assert operations.tokens == {"planted-secret"}
    else:
        code = "import os, sys; sys.exit(os.environ['TOKEN'] != 'planted-secret')"
        assert attempt(python(code, env={"TOKEN": {"env": "OPS_TOKEN"}})).ok


def test_a_missing_secret_is_named_and_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPS_TOKEN", raising=False)

    outcome = put_back(python("pass", env={"TOKEN": {"env": "OPS_TOKEN"}}, within_s=30))

    assert outcome.because == "the environment variable OPS_TOKEN is not set"


def test_a_command_cannot_print_a_secret_into_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NODE_CREDENTIALS", "planted-one")
    monkeypatch.setenv("HARMLESS", "planted-two")
    code = "import os, sys; sys.exit(os.environ['NODE_CREDENTIALS'] + os.environ['X'])"

    outcome = attempt(python(code, env={"X": {"env": "HARMLESS"}}))

    assert "[hidden][hidden]" in outcome.because
    assert "planted" not in outcome.because


@pytest.mark.parametrize(
    "said",
    ["planted/one", "planted%2Fone", "cGxhbnRlZC9vbmU=", "YWxpY2U6cGxhbnRlZC9vbmU="],
    ids=["plain", "url", "base64", "basic"],
)
def test_nor_one_that_the_files_of_the_run_name(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever its variable is called, and in whatever form it comes back."""
    monkeypatch.setenv("NFRCHECK_HIDDEN", "")
    monkeypatch.setenv("ALICE", "planted/one")
    name_secrets([{"env": "ALICE"}, {"file": "there/is/none"}])

    outcome = attempt(python(f"import sys; sys.exit('got {said}')"))

    assert "[hidden]" in outcome.because
    assert said.rstrip("=") not in outcome.because


def test_what_was_cut_out_of_a_long_output_is_no_part_of_a_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("A_TOKEN", "planted-secret")

    outcome = attempt(python("import sys; sys.exit('planted-secret' + ' x' * 195)"))

    assert "ecret" not in outcome.because


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        pytest.param({"kind": "magic"}, "unknown kind of step", id="unknown-kind"),
        pytest.param({"kind": "tcp", "host": "a", "port": 1}, "unknown kind", id="only-a-check"),
        pytest.param({"kind": "argv", "argv": "rm -r x"}, "never a line", id="a-shell-line"),
        pytest.param({"kind": "spawn", "argv": ["x"]}, "without pid_file", id="no-pid-file"),
        pytest.param(
            {"kind": "signal", "pid": 1, "start_time": 0, "signal": "NO"}, "signal NO", id="signal"
        ),
        pytest.param(
            {"kind": "http", "url": "http://h/", "headers": {"Authorization": "x"}},
            "in plain text",
            id="plain-authorization",
        ),
        pytest.param(
            {"kind": "http", "url": "http://u:p@h/"}, "in plain text", id="plain-userinfo"
        ),
    ],
)
def test_a_step_is_refused(step: dict[str, Any], reason: str) -> None:
    assert reason in str(complaint(step))


@pytest.mark.parametrize(
    ("step", "line"),
    [
        pytest.param(
            {"kind": "argv", "argv": ["s/node.sh", "start it"], "cwd": "/srv"},
            "cd /srv && s/node.sh 'start it'",
            id="command",
        ),
        pytest.param(
            {"kind": "argv", "argv": ["x"], "env": {"T": {"env": "TOKEN"}}},
            'T="$TOKEN" x',
            id="env",
        ),
        pytest.param(
            {
                "kind": "http",
                "method": "POST",
                "url": "http://h/x?a=b",
                "headers": {"authorization": {"env": "TOKEN"}},
            },
            """curl -X POST -H "authorization: $TOKEN" 'http://h/x?a=b'""",
            id="request",
        ),
        pytest.param({"kind": "signal", "pid": 7, "signal": "CONT"}, "kill -CONT 7", id="signal"),
        pytest.param(
            {"kind": "spawn", "argv": ["srv"], "log": "x.log"},
            "setsid srv >> x.log 2>&1 &",
            id="spawn",
        ),
    ],
)
def test_a_step_can_be_done_by_hand(step: dict[str, Any], line: str) -> None:
    assert describe(step) == line
