"""One request, now, outside any schedule: preflight and manipulation checks."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from nfrcheck.errors import DeploymentError
from nfrcheck.model.records import LOCAL_ERROR, status_name
from nfrcheck.model.traffic import EndpointSpec, TrafficError
from nfrcheck.wire.connection import endpoint_from
from nfrcheck.wire.engine import Engine, Job, Outcome
from nfrcheck.wire.templates import UNPRINTABLE, sent_path

NOTHING: Mapping[str, str] = {}
BODY_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    """HTTP's, or one of ours below 100."""
    seconds: float
    body: bytes = b""
    because: str = ""
    """Why there is no answer, in the system's words."""
    head: bytes = b""

    @property
    def answered(self) -> bool:
        return self.status >= 100

    @property
    def words(self) -> str:
        if self.answered:
            return f"status {self.status}"
        name = status_name(self.status)
        return f"{name} ({self.because})" if self.because else name


def ask(
    to: EndpointSpec, path: str, *, timeout_s: float, headers: Mapping[str, str] = NOTHING
) -> Answer:
    """A GET below the entry's own path, on a connection of its own; takes at most `timeout_s`.

    Raises nothing.
    """
    now = time.monotonic_ns()
    try:
        outcome = _outcome(to, _request(to, path, headers), now, timeout_s)
    except (OSError, DeploymentError, TrafficError) as error:
        # No descriptor left, a certificate that is no file, a path that would end its line.
        return Answer(LOCAL_ERROR, 0.0, because=str(error))
    seconds = (outcome.done_ns - now) / 1e9
    return Answer(outcome.status, seconds, outcome.body, outcome.because, outcome.head)


def _request(to: EndpointSpec, path: str, headers: Mapping[str, str]) -> bytes:
    """As the traffic is sent: what could end a line early is refused."""
    url = urlsplit(to.url)
    whole = sent_path(f"{url.path.rstrip('/')}/{path.removeprefix('/')}")
    lines = [f"GET {whole} HTTP/1.1", f"host: {url.netloc}", "connection: close"]
    lines += [f"{name}: {value}" for name, value in {**to.headers, **headers}.items()]
    if any(UNPRINTABLE.search(line) for line in lines):
        raise TrafficError("a header holds a control character")
    return "\r\n".join([*lines, "", ""]).encode()


def _outcome(to: EndpointSpec, request: bytes, now: int, timeout_s: float) -> Outcome:
    outcomes: list[Outcome] = []
    endpoint = endpoint_from(to.url, address=to.address, ca=to.ca, cert=to.cert, key=to.key)
    engine = Engine([endpoint], cap=1, on_outcome=outcomes.append)
    job = Job(
        endpoint=0,
        request=request,
        method=b"GET",
        fresh=True,
        timeout_ns=int(timeout_s * 1e9),
        keep=BODY_BYTES,
    )
    try:
        engine.submit(job, now)
        engine.run(lambda: bool(outcomes))
    finally:
        engine.close()
    return outcomes[0]
