"""`nfrcheck hold` keeps one fault until it is let go, however that is said; it proves both ends."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nfrcheck.run.ledger import open_ledgers
from tests.box.running_box import wait_until
from tests.run.whole import Shop, quiet

WITHIN_S = 40.0


class Held:
    """A component that is down because a process holds it so."""

    def __init__(self, folder: Path, deployment: Path, *words: str) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.process = self.begin(
            "hold", "component-kill", "component=app", "-d", str(deployment), *words
        )
        assert self.process.stdout is not None
        self.said: dict[str, Any] = json.loads(self.process.stdout.readline())

    def begin(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "nfrcheck", *words],
            cwd=self.folder,
            env={**os.environ, "NFRCHECK_STATE": str(self.state)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def end(self) -> tuple[int, dict[str, Any]]:
        """The exit code, and the last line."""
        out, _ = self.process.communicate(timeout=WITHIN_S)
        return self.process.returncode, json.loads(out)


@pytest.fixture
def held(tmp_path: Path, shop: Shop) -> Iterator[Held]:
    made = Held(tmp_path, shop.deployment(), "--get", "/")
    yield made
    made.process.kill()
    made.process.communicate()


def test_it_says_so_when_the_fault_is_in_place(held: Held, shop: Shop) -> None:
    assert held.said["event"] == "holds"
    assert held.said["fault"] == "component-kill"
    assert held.said["where"] == {"component": "app"}
    assert shop.down.exists()
    [ledger] = open_ledgers(held.state / "ledgers")
    assert ledger.run == held.said["run"]


@pytest.mark.parametrize("how", ["stdin", "SIGINT", "SIGTERM"])
def test_it_is_put_back_when_it_is_let_go(how: str, held: Held, shop: Shop) -> None:
    if how != "stdin":
        held.process.send_signal(signal.Signals[how])

    code, last = held.end()  # which closes standard input

    assert code == 0
    assert last["event"] == "end"
    assert last["restored"] is True
    assert not shop.down.exists()
    assert not open_ledgers(held.state / "ledgers")


def test_it_is_put_back_when_its_time_is_over(tmp_path: Path, shop: Shop) -> None:
    held = Held(tmp_path, shop.deployment(), "--at-most", "1 s")

    assert held.process.wait(WITHIN_S) == 0

    assert not shop.down.exists()
    held.process.communicate()


@pytest.mark.slow
def test_it_is_put_back_when_its_time_is_over_though_its_process_stands_still(
    tmp_path: Path, shop: Shop
) -> None:
    held = Held(tmp_path, shop.deployment(), "--at-most", "1 s")

    held.process.send_signal(signal.SIGSTOP)
    wait_until(lambda: not shop.down.exists(), WITHIN_S)
    held.process.send_signal(signal.SIGCONT)
    code, last = held.end()

    assert (code, last["restored"]) == (4, True)
    assert "its time was over" in last["because"]


def test_what_cannot_be_put_back_ends_with_6(tmp_path: Path, shop: Shop) -> None:
    held = Held(tmp_path, shop.deployment(restore="true"))

    code, last = held.end()

    assert (code, last["restored"]) == (6, False)
    assert open_ledgers(held.state / "ledgers")


def test_a_guard_of_the_deployment_ends_it(tmp_path: Path, shop: Shop) -> None:
    place = shop.deployment()
    guard = "abort_if: {error_ratio: above 10 %, for: 1 s}"
    place.write_text(place.read_text().replace("safety: {", f"safety: {{{guard}, "))
    held = Held(tmp_path, place)

    assert held.process.wait(WITHIN_S) == 5, "though nobody has let it go"

    assert not shop.down.exists()
    _, last = held.end()
    assert (last["exit"], last["restored"]) == (5, True)
    assert last["because"].startswith("error_ratio was ")


@pytest.mark.slow
def test_meanwhile_only_a_run_that_knows_of_it_is_begun(
    held: Held, tmp_path: Path, shop: Shop
) -> None:
    scenario = tmp_path / "small.nfr.yaml"
    scenario.write_text(quiet(seconds=1))
    words = ("run", str(scenario), "-d", str(shop.place / "small.deployment.yaml"), "--quiet")

    codes = {}
    for name, more in {"alone": (), "beside": ("--beside", held.said["run"])}.items():
        run = held.begin(*words, *more)
        run.communicate(timeout=WITHIN_S)
        codes[name] = run.returncode

    assert codes["alone"] == 8
    assert codes["beside"] in {1, 3, 4}, "it ran, and saw the fault"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(
            ["component-kil", "component=app"], "did you mean `component-kill`?", id="kind"
        ),
        pytest.param(["component-kill", "component=ap"], "there is no component `ap`", id="part"),
        pytest.param(["component-kill", "app"], "a key and its value", id="no-key"),
        pytest.param(["component-kill"], "`component` is missing", id="no-part"),
    ],
)
def test_what_is_asked_wrongly_touches_nothing(
    words: list[str], said: str, tmp_path: Path, shop: Shop
) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "nfrcheck", "hold", *words, "-d", str(shop.deployment())],
        cwd=tmp_path,
        env={**os.environ, "NFRCHECK_STATE": str(tmp_path / "state")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=WITHIN_S,
    )

    assert done.returncode == 2
    assert said in done.stderr
    assert not done.stdout
    assert not shop.down.exists()
    assert not (tmp_path / "state").exists()
