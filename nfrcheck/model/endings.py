"""How a command can end: the exit codes, for people and for the tests that start the command."""

from typing import NamedTuple

from nfrcheck.model.scorecard import EXIT_NAMES


class Ending(NamedTuple):
    code: int
    name: str
    when: str


_WHEN = {
    0: "every critical target was decided and met, or waived",
    1: "a critical target is missed",
    2: "a wrong flag, a file that is not there or not valid; nothing was contacted",
    3: "nothing is missed, but a critical target is undecided or was not run",
    4: "a measurement did not happen as planned: nothing can be said of a critical target",
    5: "a guard or a limit ended the run early; everything was put back",
    6: "something that was injected could not be confirmed as put back: act now (nfrcheck restore)",
    7: "a bug in nfrcheck, and no verdict about the system",
    8: "refused, by a lock, an open ledger, a window or a missing approval; nothing was contacted",
    130: "Ctrl-C or SIGTERM ended it; everything was put back",
}
ENDINGS = tuple(Ending(code, name, _WHEN[code]) for code, name in EXIT_NAMES.items())
PRECEDENCE = (6, 7, 130, 1, 5, 4, 3, 0)
