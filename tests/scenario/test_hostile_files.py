"""A hostile or broken file costs little, shows no secret, and never brings a traceback."""

import random
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nfrcheck.errors import InvalidFiles
from nfrcheck.scenario.diagnostics import render
from nfrcheck.scenario.read import read_pair, read_scenario
from tests.cpu import alone, cpu_s, least

from .conftest import Complain, Write


@pytest.mark.parametrize(
    "line",
    [
        "principals: {alice: {token: s3cr3t}}",
        "principals: {alice: {basic: {username: alice, password: s3cr3t}}}",
        "principals: {alice: {api_key: {header: x-key, value: s3cr3t}}}",
        'entries: {app: {url: "http://alice:s3cr3t@shop.example"}}',
        "buses: {eu: {kind: kafka, bootstrap: [a], security: {password: s3cr3t}}}",
    ],
)
def test_a_literal_secret_is_refused_and_never_shown(complain: Complain, line: str) -> None:
    found = complain(deployment=f"nfrcheck: 1\n{line}\n")

    assert "NFR017" in {each.code for each in found}
    assert "s3cr3t" not in repr(found)


@pytest.mark.parametrize(
    "line",
    [
        "principals: {alice: {token: s3cr3t, wrong: [}}",
        "principals: {alice: {basic: {password: 's3cr3t}}}",
        "entries: {app: {url: https://alice:s3cr3t@shop.example, wrong: [}}",
    ],
)
def test_a_secret_in_a_broken_line_is_not_shown_either(complain: Complain, line: str) -> None:
    assert "s3cr3t" not in repr(complain(deployment=f"nfrcheck: 1\n{line}\n"))


def test_a_literal_authorization_header_is_refused_and_never_shown(complain: Complain) -> None:
    load = 'u: {rate: 5/s, headers: {authorization: "Bearer s3cr3t"}, journey: {a: {get: /}}}'

    found = complain(f"nfrcheck: 1\nload: {{{load}}}\ntargets: {{latency: {{p99: < 1 s}}}}\n")

    assert [each.code for each in found] == ["NFR017"]
    assert "s3cr3t" not in repr(found)


def test_an_alias_bomb_is_refused_without_being_expanded(write: Write) -> None:
    lines = ["a0: &a0 [x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    path, _ = write("\n".join(lines))
    started = time.monotonic()

    with pytest.raises(InvalidFiles) as refused:
        read_scenario(path)

    assert "NFR004" in {each.code for each in refused.value.diagnostics}
    assert time.monotonic() - started < 2


SCRIPT = """
import sys
from nfrcheck.errors import InvalidFiles
from nfrcheck.scenario.read import read_pair
from nfrcheck.scenario.diagnostics import render
try:
    read_pair("a.nfr.yaml", "b.deployment.yaml")
except InvalidFiles as error:
    print(render(error.diagnostics))
heavy = {"httpx", "pandas", "locust", "rich"} & set(sys.modules)
print("heavy", sorted(heavy))
"""


@alone
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a: [1\n", id="broken"),
        pytest.param("a: 1\n" * 2_000_000, id="ten-megabytes"),
        # The largest that is read at all is far from what anybody writes.
        pytest.param("a: {b: {c: < 200 ms}}\n" * 700 + "a: [", id="a-quarter-of-what-is-read"),
    ],
)
def test_a_bad_file_is_answered_within_a_second_of_work(write: Write, text: str) -> None:
    write(text)
    command = [sys.executable, "-c", SCRIPT]

    shown = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout

    assert "error[NFR" in shown
    assert "heavy []" in shown
    assert least(lambda: cpu_s(command, stdout=subprocess.DEVNULL)) < 1


LANGUAGE = Path(__file__).parents[1] / "golden" / "language"
BITS = ["none", "[]", "{}", "~", "[a, b]", "{a: {b: c}}", "5", "< 5 s", "[[a]]", ":", "\n", "\t"]
BITS += ["- ", "'", '"', "{", "]", ",", "#", "99 %", "0/s", "\u2028", "\u00e9", "&a", "*a", "!x"]
WORD = re.compile(r"[A-Za-z0-9_./%<=-]+|\{[^{}]*\}|\[[^\[\]]*\]")


@pytest.mark.parametrize("seed", range(8))
def test_no_change_to_an_example_breaks_the_reader(write: Write, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(15):
        name = chance.choice(["api", "haproxy", "two-regions", "soap"])
        files = [
            (LANGUAGE / f"{name}.{kind}.yaml").read_text("utf-8") for kind in ("nfr", "deployment")
        ]
        changed = chance.randrange(2)
        for _ in range(chance.randint(1, 3)):
            word = chance.choice(list(WORD.finditer(files[changed])))
            text = files[changed]
            files[changed] = text[: word.start()] + chance.choice(BITS) + text[word.end() :]
        try:
            found = read_pair(*write(*files)).diagnostics
        except InvalidFiles as refused:
            found = refused.diagnostics
        assert render(found, colour=True) or not found
