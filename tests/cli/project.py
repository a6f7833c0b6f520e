"""The installed command as a process, in a project of its own whose server must stay alone."""

import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.cli import started
from tests.cpu import cpu_s

WITHIN_S = 30.0

SCENARIO = """\
nfrcheck: 1
load:
  shop:
    entry: global
    rate: 150/s
    journey:
      browse: {weight: 8, get: /products/1}
      order: {weight: 2, as: alice, post: /orders, json: {sku: x}}
drills:
  lose-b:
    fault: {kind: component-kill, component: app-b}
    hold: 8 s
    settle: 8 s
    repeat: 2
    abort_if: {error_ratio: above 80 %, for: 5 s}
phases: [steady: {until: decided, at_most: 12 min}, lose-b]
targets:
  availability: {at_least: 99.99 %}
  latency: {p99: < 200 ms, each: route}
  failover: {drill: lose-b, error_window: <= 2 s}
"""
DEPLOYMENT = """\
nfrcheck: 1
name: {name}
entries:
  global: {{url: "http://127.0.0.1:{port}"}}
  b: {{url: "http://127.0.0.1:{port}"}}
components:
  app-b: {{kind: shell, entry: b, kill: ./app stop, restore: ./app start, verify: ./app up}}
principals: {{alice: {{token: {{env: A_TOKEN_THAT_NOBODY_SET}}}}}}
safety: {{allow: [component-kill], hosts: [127.0.0.1], max_rate: 500/s, max_time: 60 min}}
"""


@dataclass(frozen=True)
class Project:
    """A folder with scenarios, and the socket of the service that they are about."""

    folder: Path
    server: socket.socket

    @property
    def port(self) -> int:
        port: int = self.server.getsockname()[1]
        return port

    @property
    def contacted(self) -> bool:
        try:
            self.server.accept()[0].close()
        except BlockingIOError:
            return False
        return True

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def deployment(self, name: str, folder: str = "scenarios/deployments") -> Path:
        text = DEPLOYMENT.format(name=name, port=self.port)
        return self.write(f"{folder}/{name}.deployment.yaml", text)

    def cpu_s(self, *arguments: str, code: int = 0) -> float:
        """Seconds of CPU that a command needs; what it says goes nowhere."""
        command = [sys.executable, "-m", "nfrcheck", *arguments]
        nowhere = subprocess.DEVNULL
        return cpu_s(command, code=code, cwd=self.folder, stdout=nowhere, stderr=nowhere)

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """`nfrcheck ARGUMENTS` in the project, 100 columns wide, with nobody at the keyboard."""
        return started.run(arguments, self.folder, self._around(environment), WITHIN_S)

    def start(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """The same by an interpreter of its own, which imports all itself, into two pipes."""
        return subprocess.run(
            [sys.executable, "-m", "nfrcheck", *arguments],
            cwd=self.folder,
            env=self._around(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=WITHIN_S,
        )

    def _around(self, environment: Mapping[str, str]) -> dict[str, str]:
        return {**os.environ, "COLUMNS": "100", **environment}
