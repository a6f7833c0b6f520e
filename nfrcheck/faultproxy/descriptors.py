"""The descriptors of this process: a connection takes two, the control port must never lack one."""

import resource

RESERVE = 256
"""So many, or a quarter of all, are left to the control port."""


class Descriptors:
    """`owed`: how many upstreams are still being dialled for connections that were let in."""

    def __init__(self) -> None:
        self.owed = 0

    def are_few(self, newest: int) -> bool:
        """The lowest that is free is taken, so a high one says that few are left."""
        limit, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        return newest + self.owed >= limit - min(RESERVE, limit // 4)


OURS = Descriptors()
