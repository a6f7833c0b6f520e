"""Steps that ask over the network: one HTTP request, one TCP connection, to a pinned address.

Standard library only: the guardian runs without any installed package.
"""

import http.client
import queue
import socket
import ssl
import threading
import time
from contextlib import suppress
from dataclasses import replace
from urllib.parse import urlsplit

from nfrcheck.run.step import Deadline, Outcome, Step, among, resolve, tells

_BODY_BYTES = 65_536
_LEAST_S = 0.05


class _Line(http.client.HTTPConnection):
    """A connection to the address that was resolved once, whatever the name says today."""

    def __init__(self, step: Step, seconds: float) -> None:
        url = urlsplit(step["url"])
        secure = url.scheme == "https"
        host = url.hostname or ""
        super().__init__(host, url.port or (443 if secure else 80), timeout=seconds)
        # http.client leaves these out of the Host header.
        self.default_port = 443 if secure else 80
        self._address: str = step.get("address") or host
        self._context = _trust(step) if secure else None

    def connect(self) -> None:
        self.sock = socket.create_connection((self._address, self.port), self.timeout)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._context is not None:
            self.sock = self._context.wrap_socket(self.sock, server_hostname=self.host)

    def cut(self) -> None:
        with suppress(OSError, AttributeError):
            self.sock.shutdown(socket.SHUT_RDWR)


def _trust(step: Step) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=step.get("ca"))
    if step.get("cert"):
        context.load_cert_chain(step["cert"], step.get("key"))
    return context


def send_request(step: Step, seconds: float) -> Outcome:
    """One request; with `tries` so many, one each `every_s`, of which one good answer is enough."""
    deadline, tries, asked = Deadline.after(seconds), int(step.get("tries") or 1), 0
    while True:
        outcome, asked = _send(step, max(_LEAST_S, deadline.left)), asked + 1
        if outcome.ok or outcome.final or tries == 1:
            return outcome
        if asked == tries or deadline.left <= _LEAST_S:
            return replace(outcome, because=f"{outcome.because}, the last of {asked} answers")
        time.sleep(min(float(step.get("every_s") or 0.0), deadline.left))


def _send(step: Step, seconds: float) -> Outcome:
    """On a fresh connection; success is a status inside `expect`, both ends in.

    Redirects are not followed, proxies of the environment are not used. The time limit holds for
    all of it: name resolution, a drip-fed answer, the TLS handshake.
    """
    headers = {"user-agent": "nfrcheck-guardian", "connection": "close"}
    headers.update({name: resolve(value) for name, value in (step.get("headers") or {}).items()})
    try:
        line = _Line(step, seconds)
    except (OSError, ValueError) as error:
        return Outcome(ok=False, because=f"{step['url']}: {error}", final=True)
    answers: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
    # The only way to bound the resolver and a drip-fed answer is to stop waiting for them.
    threading.Thread(
        target=lambda: answers.put(_exchange(line, step, headers)), daemon=True, name="request"
    ).start()
    try:
        return answers.get(timeout=seconds)
    except queue.Empty:
        line.cut()
        return Outcome(ok=False, because=f"{step['url']}: no answer in {seconds:.1f} s")


def _exchange(line: _Line, step: Step, headers: dict[str, str]) -> Outcome:
    url = urlsplit(step["url"])
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    body = step.get("body")
    try:
        method = step.get("method", "GET")
        line.request(method, path, body=body.encode() if body else None, headers=headers)
        answer = line.getresponse()
        found = answer.read(_BODY_BYTES)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Outcome(ok=False, because=f"{step['url']}: {_reason(error)}")
    finally:
        line.close()
    low, high = step.get("expect") or (200, 299)
    # What is to be removed may be gone already.
    if low <= answer.status <= high or answer.status in (step.get("also") or ()):
        return _told(step, answer, found)
    return Outcome(ok=False, because=f"{step['url']}: status {answer.status}")


def _told(step: Step, answer: http.client.HTTPResponse, body: bytes) -> Outcome:
    """With `tell` what the body says, with `tell_header` what that header says."""
    outcome = Outcome(ok=True)
    if "tell_header" in step:
        # The first of several of that name, as it was read before the fault.
        found = answer.headers.get(step["tell_header"])
        outcome = among(step, found) if found else Outcome(ok=False, because="it does not say")
    elif "tell" in step:
        outcome = tells(step, body)
    return (
        replace(outcome, because=f"{step['url']}: {outcome.because}") if not outcome.ok else outcome
    )


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__


def connect(step: Step, seconds: float) -> Outcome:
    where = f"{step['host']}:{step['port']}"
    try:
        with socket.create_connection((step["host"], int(step["port"])), seconds):
            return Outcome(ok=True)
    except OSError as error:
        return Outcome(ok=False, because=f"{where}: {_reason(error)}")
