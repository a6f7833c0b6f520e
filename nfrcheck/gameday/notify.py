"""Tells people through apprise. Whatever goes wrong here is a sentence, never an error."""

import logging
import threading
from collections.abc import Sequence

import apprise

from nfrcheck.errors import DeploymentError
from nfrcheck.fields import Secret

WITHIN_S = 20.0
"""For all addresses together: a chat server that hangs must not hold up a game day."""

_log = logging.getLogger("apprise")


def tell(addresses: Sequence[Secret], title: str, text: str) -> list[str]:
    """One message to every address; what was not delivered, in sentences without the address."""
    # Its log lines can hold an address, and so a token.
    _log.handlers, _log.propagate = [logging.NullHandler()], False
    problems: dict[str, str | None] = {_name(one): "no answer in time" for one in addresses}

    def deliver() -> None:
        for address in addresses:
            problems[_name(address)] = _deliver(address, title, text)

    thread = threading.Thread(target=deliver, daemon=True, name="notify")
    thread.start()
    thread.join(WITHIN_S)
    return [f"nobody was told by {name}: {why}" for name, why in list(problems.items()) if why]


def _deliver(address: Secret, title: str, text: str) -> str | None:
    try:
        url = address.resolve()
    except DeploymentError as error:
        return error.message
    try:
        target = apprise.Apprise()
        if not target.add(url):
            return "it is no address that apprise knows"
        delivered = target.notify(title=title, body=text)
    except Exception as error:  # noqa: BLE001 - 100 foreign services; a message must not stop a run
        return type(error).__name__
    return None if delivered else "the message was not taken"


def _name(address: Secret) -> str:
    return f"${{{address.env}}}" if address.env else str(address.file)
