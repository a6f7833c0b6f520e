"""People are told by real messages; what goes wrong is a sentence and never an error."""

import json
import logging
from pathlib import Path

import pytest

from nfrcheck.gameday.notify import tell
from nfrcheck.written import Secret
from tests.experiments.children import Server

# Apprise uses what a later Python drops; that is not for its users to put right.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

CHAT = Secret(env="CHAT_URL")


def url(server: Server) -> str:
    return server.url.replace("http://", "json://")


def test_a_message_arrives(told: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT_URL", url(told))

    assert tell([CHAT], "Game day weekly starts", "shop on staging") == []

    [asked] = told.asked
    assert asked.method == "POST"
    sent = json.loads(asked.body)
    assert (sent["title"], sent["message"]) == ("Game day weekly starts", "shop on staging")


def test_one_that_fails_does_not_keep_it_from_the_others(
    told: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "url").write_text(url(told), "utf-8")
    monkeypatch.setenv("NO_SUCH_SERVICE", "nothing-that-is-known://x")
    others = [Secret(env="NOT_SET"), Secret(env="NO_SUCH_SERVICE"), Secret(file=tmp_path / "url")]

    problems = tell(others, "title", "text")

    assert problems == [
        "nobody was told by ${NOT_SET}: the environment variable NOT_SET is not set",
        "nobody was told by ${NO_SUCH_SERVICE}: it is no address that apprise knows",
    ]
    assert len(told.asked) == 1


def test_a_token_is_never_said(
    told: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    told.answer = lambda _asked: (500, {}, b"no")
    monkeypatch.setenv("CHAT_URL", url(told).replace("json://", "json://user:a-token@"))

    with caplog.at_level(logging.DEBUG):
        problems = tell([CHAT], "title", "text")

    assert problems == ["nobody was told by ${CHAT_URL}: the message was not taken"]
    assert "a-token" not in caplog.text
