"""A step can tell one word, and a check takes only the words that were found before."""

import json
from typing import Any

import pytest

from nfrcheck.run.perform import perform
from nfrcheck.run.step import pointed
from nfrcheck.run.undo import attempt, complaint, describe, put_back
from tests.experiments.children import running_server


def echo(*words: str, **more: Any) -> dict[str, Any]:
    return {"kind": "argv", "argv": ["echo", *words], "within_s": 5, "tell": "", **more}


@pytest.mark.parametrize(
    ("step", "told", "because"),
    [
        (echo("3"), "3", ""),
        (echo('{"spec": {"replicas": 3}}', tell="/spec/replicas"), "3", ""),
        (echo("3", among=["3", "4"]), "3", ""),
        (echo("5", among=["3", "4"]), "5", "echo: 5 was told, and not 3 or 4"),
        (echo("3 of 4"), None, "echo: what was told is not one word: '3 of 4'"),
        (echo(""), None, "echo: what was told is not one word: ''"),
        (echo("x", tell="/a"), None, "echo: there is nothing at /a in what was told"),
        (echo("[1]", tell="/a"), None, "echo: there is nothing at /a in what was told"),
    ],
)
def test_what_a_command_prints_is_one_word(
    step: dict[str, Any], told: str | None, because: str
) -> None:
    outcome = attempt(step)

    assert (outcome.ok, outcome.told, outcome.because) == (not because, told, because)


def test_what_it_prints_to_be_read_by_people_is_not_told() -> None:
    step = echo() | {"argv": ["sh", "-c", "echo look out >&2; echo v1"]}

    assert attempt(step).told == "v1"


def test_a_command_that_fails_tells_nothing() -> None:
    outcome = attempt(echo() | {"argv": ["sh", "-c", "echo 3; echo no >&2; exit 1"]})

    assert (outcome.ok, outcome.told) == (False, None)
    assert outcome.because == "sh ended with status 1: no"


def test_an_answer_tells_in_its_body_or_in_a_header() -> None:
    with running_server() as server:
        body = json.dumps({"app": [{"build": "v1"}]}).encode()
        server.answer = lambda _asked: (200, {"x-build": "v1"}, body)
        asked = {"kind": "http", "url": server.url, "within_s": 5}

        assert attempt({**asked, "tell": "/app/0/build"}).told == "v1"
        assert attempt({**asked, "tell_header": "X-Build", "among": ["v1"]}).ok
        other = attempt({**asked, "tell_header": "X-Build", "among": ["v2"]})
        none = attempt({**asked, "tell_header": "X-Other", "among": ["v2"]})

    assert other.because == f"{server.url}: v1 was told, and not v2"
    assert none.because == f"{server.url}: it does not say"


def test_the_last_step_of_an_order_tells() -> None:
    assert perform([echo("1"), echo("2")]) == {"ok": True, "because": None, "told": "2"}


def test_a_pointer_follows_rfc_6901() -> None:
    value = {"a/b": {"~": [0, True]}, "n": None}

    assert pointed(value, "/a~1b/~0/1") == "true"
    assert pointed(value, "/a~1b/~0/0") == "0"
    for nowhere in ("/a~1b", "/a~1b/~0/2", "/a~1b/~0/x", "/n", "/a/b"):
        assert pointed(value, nowhere) is None


def test_nothing_is_a_step_that_says_so() -> None:
    nothing = {"kind": "nothing", "within_s": 5}

    assert complaint(nothing) is None
    assert complaint(nothing, check=True) == "unknown kind of check"
    assert put_back(nothing).ok
    assert describe(nothing) == "# nothing undoes it: its `undo` is `none`"


def test_a_step_whose_aim_was_not_read_is_refused() -> None:
    assert complaint(echo("3", unread=True)) == "what it is put back to was not read yet"
