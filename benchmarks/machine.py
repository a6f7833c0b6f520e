"""The machine that measures, and whether it was ours alone while it did."""

import importlib.metadata
import os
import platform
import resource
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CORES_MIN = 2
OTHERS_MAX = 0.25
"""Cores that processes other than the benchmark's own, and the host (steal), may use meanwhile."""


@dataclass(frozen=True, slots=True)
class Machine:
    processor: str
    cores: int
    memory_gb: float
    system: str
    versions: dict[str, str]

    @classmethod
    def here(cls, libraries: Sequence[str]) -> "Machine":
        versions = {"python": platform.python_version()}
        for name in ("nfrcheck", "numpy", *libraries):
            try:
                versions[name] = importlib.metadata.version(name)
            except importlib.metadata.PackageNotFoundError:
                versions[name] = "not installed"
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        system = f"{platform.system()} {platform.release()}"
        cores = len(os.sched_getaffinity(0))
        return cls(_processor(), cores, round(memory / 2**30, 1), system, versions)

    @property
    def text(self) -> str:
        return f"{self.processor}, {self.cores} cores, {self.memory_gb:g} GiB, {self.system}"

    @property
    def versions_text(self) -> str:
        return ", ".join(f"{name} {version}" for name, version in self.versions.items())

    def to_json(self) -> dict[str, Any]:
        return {
            "processor": self.processor,
            "cores": self.cores,
            "memory_gib": self.memory_gb,
            "system": self.system,
            "versions": self.versions,
        }


class Watch:
    """What the rest of the machine did: all CPU time used less that of ourselves and our children.

    Children count once they have been waited for, so `stop` comes after the last of them ended.
    """

    def __init__(self) -> None:
        self.before = os.getloadavg()
        self.after = self.before
        self.others = 0.0
        self._began, self._all, self._own = time.monotonic(), _all_cpu_s(), _own_cpu_s()

    def stop(self) -> None:
        self.after = os.getloadavg()
        used = _all_cpu_s() - self._all - (_own_cpu_s() - self._own)
        self.others = max(0.0, used / (time.monotonic() - self._began))

    @property
    def text(self) -> str:
        before, after = (" ".join(f"{one:.2f}" for one in it) for it in (self.before, self.after))
        word = "too busy" if self.others > OTHERS_MAX else "calm enough"
        return (
            f"average {before} before, {after} after; other processes used {self.others:.2f} of a "
            f"core: {word} (at most {OTHERS_MAX:g})"
        )

    def to_json(self) -> dict[str, Any]:
        return {"before": self.before, "after": self.after, "others_cores": round(self.others, 3)}


def _all_cpu_s() -> float:
    fields = Path("/proc/stat").read_text("ascii").split("\n", 1)[0].split()[1:9]
    user, nice, system, _idle, _waiting, irq, softirq, steal = map(int, fields)
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def _own_cpu_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
