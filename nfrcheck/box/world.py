"""What a part of the box is given at its birth."""

import ssl
from dataclasses import dataclass

from nfrcheck.box.board import Board, Slot
from nfrcheck.box.certificates import Certificates
from nfrcheck.box.layout import Layout, Part
from nfrcheck.box.switches import Switches
from nfrcheck.box.truth import Truth


@dataclass(frozen=True, slots=True, kw_only=True)
class Birthright:
    """Made once by the supervisor; every process inherits it by fork."""

    layout: Layout
    board: Board
    serve_tls: dict[str, ssl.SSLContext]
    certificates: dict[str, Certificates]
    call_tls: ssl.SSLContext
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The birthright as one part uses it."""

    part: Part
    layout: Layout
    switches: Switches
    slot: Slot
    truth: Truth
    call_tls: ssl.SSLContext
    token: str
