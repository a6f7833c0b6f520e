"""A control offers only what it can do, never runs a shell, and hands out no secret."""

import asyncio
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from nfrcheck.deployments import CONTROLS, ActFailed, Control
from nfrcheck.deployments.acting import perform
from nfrcheck.deployments.process import ProcessControl
from nfrcheck.errors import DeploymentError
from tests.victims.fixtures import Operations, Victim, gone_within


def control(keys: dict[str, Any], folder: Path = Path("/srv")) -> Control:
    return CONTROLS[keys["kind"]].model_validate(keys, context={"folder": folder})


def act(one: Control, verb: str, **words: str) -> None:
    asyncio.run(one.act(verb, words))


SHELL = {"kind": "shell", "kill": "./node.sh kill {at}", "restore": "./node.sh start 'node 2'"}
HTTP = {
    "kind": "http",
    "drain": "POST http://ops.example:81/drain/{at}",
    "undrain": {
        "put": "https://ops.example/undrain",
        "headers": {"authorization": {"env": "OPS_TOKEN"}, "x-by": "nfrcheck"},
        "json": {"node": "n2", "run": "{run}"},
    },
    "verify": "GET http://ops.example:81/health",
}


@pytest.mark.parametrize("kind", CONTROLS)
def test_a_kind_is_the_word_in_the_file(kind: str) -> None:
    assert CONTROLS[kind].model_fields["kind"].default == kind


def test_it_offers_what_it_was_given() -> None:
    verbs = ("kill", "restore", "pause", "verify", "kind", "within", "no-verb")

    assert [verb for verb in verbs if control(SHELL).offers(verb)] == ["kill", "restore"]
    assert control(HTTP).offers("drain")
    assert not control(HTTP).offers("kill")


def test_a_verb_that_is_not_offered_is_refused() -> None:
    with pytest.raises(DeploymentError, match="offers no `pause`"):
        control(SHELL).steps("pause")


def test_a_command_is_split_into_words_and_starts_in_the_files_folder() -> None:
    (step,) = control(SHELL, Path("/srv/deployments")).steps("restore")

    assert step == {
        "kind": "argv",
        "argv": ["./node.sh", "start", "node 2"],
        "cwd": "/srv/deployments",
        "within_s": 30.0,
    }


def test_a_word_of_the_fault_never_becomes_two_words() -> None:
    (step,) = control(SHELL).steps("kill", {"at": "after commit; rm x"})

    assert step["argv"] == ["./node.sh", "kill", "after commit; rm x"]


def test_a_word_that_the_fault_does_not_give_is_asked_for() -> None:
    with pytest.raises(DeploymentError, match=r"needs \{at\}"):
        control(SHELL).steps("kill")


def test_expires_is_passed_to_the_command_that_asks_for_it() -> None:
    keys = {"kind": "shell", "expires": "2 min", "kill": "x --for {expires}"}

    assert control(keys).steps("kill")[0]["argv"] == ["x", "--for", "120"]


def test_a_request_is_written_as_text_or_as_a_mapping() -> None:
    (drain,) = control(HTTP).steps("drain", {"at": "a/b"}, {"ops.example": "10.0.0.9"})
    (undrain,) = control(HTTP).steps("undrain", {"run": 'a"b'})

    assert (drain["method"], drain["url"]) == ("POST", "http://ops.example:81/drain/a%2Fb")
    assert drain["address"] == "10.0.0.9"
    assert (undrain["method"], undrain["url"]) == ("PUT", "https://ops.example/undrain")
    assert undrain["headers"]["x-by"] == "nfrcheck"
    assert undrain["headers"]["content-type"] == "application/json"
    assert json.loads(undrain["body"]) == {"node": "n2", "run": 'a"b'}


def test_a_secret_stays_a_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPS_TOKEN", "planted-secret")
    one = control(HTTP)
    steps = one.steps("undrain", {"run": "r"})

    assert steps[0]["headers"]["authorization"] == {"env": "OPS_TOKEN"}
    assert "planted" not in json.dumps(steps) + repr(one) + one.model_dump_json()


def test_verify_wants_several_good_answers() -> None:
    (check,) = control(HTTP).checks({"ops.example": "10.0.0.9"})

    assert (check["times"], check["address"], check["expect"]) == (3, "10.0.0.9", [200, 299])
    assert control(SHELL).checks() == []


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        pytest.param({"kind": "shell", "kil": "x"}, "extra", id="unknown-verb"),
        pytest.param({"kind": "shell", "kill": "x 'y"}, "cannot be split", id="open-quote"),
        pytest.param({"kind": "shell", "kill": ""}, "empty command", id="empty"),
        pytest.param({"kind": "shell", "within": "30"}, "within", id="no-unit"),
        pytest.param({"kind": "http", "kill": "http://h/x"}, "not a request", id="no-method"),
        pytest.param({"kind": "http", "kill": "POST h/x"}, "not an address", id="no-scheme"),
        pytest.param({"kind": "http", "kill": "POST http://u:p@h/"}, "secret", id="userinfo"),
        pytest.param(
            {"kind": "http", "kill": {"post": "http://h/", "put": "http://h/"}},
            "exactly one",
            id="two-methods",
        ),
        pytest.param(
            {"kind": "http", "headers": {"Authorization": "Bearer x"}},
            "holds a secret",
            id="plain-secret",
        ),
        pytest.param({"kind": "process"}, "pid", id="no-pid"),
    ],
)
def test_a_file_is_refused(keys: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=f"(?is){reason}"):
        control(keys)


def test_a_shell_control_acts(tmp_path: Path) -> None:
    one = control({"kind": "shell", "kill": "touch '{at}'"}, tmp_path)

    act(one, "kill", at="$HOME and more")

    assert [path.name for path in tmp_path.iterdir()] == ["$HOME and more"]


def test_an_act_that_fails_says_why(tmp_path: Path) -> None:
    one = control({"kind": "shell", "kill": "ls no-such-file", "pause": "./none"}, tmp_path)

    with pytest.raises(ActFailed, match=r"status 2: .*no-such-file"):
        act(one, "kill")
    with pytest.raises(ActFailed, match="none: No such file"):
        act(one, "pause")


def test_an_act_is_done_once_and_has_a_deadline(tmp_path: Path) -> None:
    keys = {"kind": "shell", "within": "100 ms", "kill": "sh -c 'echo >> log; exec cat < fifo'"}
    os.mkfifo(tmp_path / "fifo")

    with pytest.raises(ActFailed, match=r"took longer than 0\.1 s"):
        act(control(keys, tmp_path), "kill")

    assert (tmp_path / "log").read_text() == "\n"


def test_an_http_control_acts(operations: Operations, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPS_TOKEN", "planted-secret")
    headers = {"authorization": {"env": "OPS_TOKEN"}}
    one = control(operations.control("a", "kill", "restore", headers=headers))

    act(one, "kill")
    assert operations.down == {"a"}
    act(one, "restore")

    assert operations.log == ["kill a", "restore a"]
    assert operations.tokens == {"planted-secret"}
    operations.broken = ["kill a"]
    with pytest.raises(ActFailed, match="status 500"):
        act(one, "kill")


def test_a_pid_file_that_is_not_there_is_named_without_detours(tmp_path: Path) -> None:
    written = {"kind": "process", "pid": "../run/app.pid", "start": "app"}
    one = ProcessControl.model_validate(written, context={"folder": str(tmp_path / "deployments")})

    with pytest.raises(DeploymentError) as refused:
        one.steps("kill", {})
    assert f"no process runs that {tmp_path}/run/app.pid names" in str(refused.value)


def test_a_process_is_killed_and_started_again(victim: Victim) -> None:
    one = control(victim.control)
    first = victim.pid
    with gone_within(first, 5):
        act(one, "kill")
    with pytest.raises(DeploymentError, match="no process runs"):
        act(one, "kill")

    act(one, "restore")
    second = victim.pid
    act(one, "restore")

    assert first != second == victim.pid
    with gone_within(second, 5):
        act(one, "restart")
    assert victim.pid != second


def test_a_process_is_paused_and_resumed(victim: Victim) -> None:
    one = control(victim.control)
    act(one, "pause")
    assert stat_of(victim.pid) == "T"
    act(one, "resume")

    assert stat_of(victim.pid) != "T"


def stat_of(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0]


def test_a_process_known_by_number_is_only_paused(victim: Victim) -> None:
    one = control({**victim.control, "pid": str(victim.pid)})

    assert [verb for verb in ("pause", "resume", "kill", "restart") if one.offers(verb)] == [
        "pause",
        "resume",
    ]


def test_a_process_control_never_hits_nfrcheck_itself(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    pid_file.write_text(f"{os.getpid()}\n", "ascii")

    with pytest.raises(DeploymentError, match="nfrcheck itself"):
        control({"kind": "process", "pid": str(pid_file)}).steps("pause")


CONTROLLER = """
import asyncio, json, sys
from nfrcheck.deployments.acting import perform
from nfrcheck.deployments.process import ProcessControl
asyncio.run(perform(json.loads(sys.argv[1])))
"""


@pytest.fixture
def endless(tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    """A long command, and the FIFO that it holds open for as long as it lives."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    line = f"exec 3> {fifo}; echo runs >&3; exec sleep 8"
    return fifo, {"kind": "argv", "argv": ["/bin/sh", "-c", line], "within_s": 60}


def test_an_act_that_is_cancelled_stops_its_command(endless: tuple[Path, dict[str, Any]]) -> None:
    fifo, step = endless

    async def story() -> None:
        task = asyncio.create_task(perform([step]))
        with await asyncio.to_thread(fifo.open, "rb") as held:
            assert held.readline() == b"runs\n"
            began = time.monotonic()
            task.cancel()
            assert await asyncio.to_thread(held.read) == b""
            assert time.monotonic() - began < 4
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(story())


def test_an_act_ends_with_a_controller_that_is_killed(
    endless: tuple[Path, dict[str, Any]],
) -> None:
    """Else it would go on to injure what the guardian has healed."""
    fifo, step = endless
    argv = [sys.executable, "-c", CONTROLLER, json.dumps([step])]
    with subprocess.Popen(argv) as controller, fifo.open("rb") as held:
        assert held.readline() == b"runs\n"
        began = time.monotonic()
        controller.kill()
        assert held.read() == b""
        assert time.monotonic() - began < 4
