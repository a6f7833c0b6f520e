"""An alarm clock with nanosecond grain: a timerfd, since timers of event loops are 1 ms late."""

import ctypes
import os
import time

NEVER = 2**63 - 1

_LIBC = ctypes.CDLL(None, use_errno=True)  # Python offers timerfd from 3.13 on
_ABSOLUTE = 1
_SECOND = 1_000_000_000


class _TimeSpec(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class _Setting(ctypes.Structure):
    _fields_ = (("interval", _TimeSpec), ("value", _TimeSpec))


class Alarm:
    """`at` is when it rings (CLOCK_MONOTONIC, ns); its descriptor then becomes readable."""

    __slots__ = ("_pointer", "_setting", "at", "fd")

    def __init__(self) -> None:
        self.fd: int = _LIBC.timerfd_create(time.CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
        if self.fd < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        self._setting = _Setting()
        self._pointer = ctypes.byref(self._setting)
        self.at = NEVER

    def set(self, at: int) -> None:
        """Rings at once for a time that is over, not at all for NEVER."""
        self.at = at
        value = self._setting.value
        if at == NEVER:
            value.seconds = value.nanoseconds = 0
        else:
            value.seconds, value.nanoseconds = divmod(max(at, 1), _SECOND)
        if _LIBC.timerfd_settime(self.fd, _ABSOLUTE, self._pointer, None):
            raise OSError(ctypes.get_errno(), "timerfd_settime")

    def close(self) -> None:
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1
