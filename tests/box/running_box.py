"""A real box for the tests, started as a process and spoken to from outside."""

import json
import os
import re
import select
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

PRODUCT = "/web/v1/products/sku-1"
START_WITHIN_S = 5.0
HAS_EXPIRED = 10
"""OpenSSL's number for it."""


class RunningBox:
    """`global_`, `a`, `b`: the addresses of the entries."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder
        began = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "nfrcheck.box", "--folder", str(folder), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        readable, _, _ = select.select([self.process.stdout], [], [], 2 * START_WITHIN_S)
        line = self.process.stdout.readline() if readable else ""
        self.started_within_s = time.monotonic() - began
        if not line:
            self.stop()
            raise AssertionError((folder / "box.log").read_text())
        self.ready: dict[str, Any] = json.loads(line)
        self.deployment = Path(self.ready["deployment"]).read_text()
        self.token = (folder / "box.env").read_text().strip().partition("=")[2]
        self.control: dict[str, str] = json.loads((folder / "ctl.json").read_text())
        found = re.search(r"https://127\.0\.0\.1:(\d+)", self.deployment)
        assert found is not None
        self.port = int(found[1])
        self.global_, self.a, self.b = (f"https://127.0.{n}.1:{self.port}" for n in range(3))
        self.trust = ssl.create_default_context(cafile=str(folder / "ca.pem"))
        self.client = httpx.Client(verify=self.trust, timeout=10, trust_env=False)

    def get(self, entry: str, path: str = PRODUCT) -> httpx.Response:
        return self.client.get(entry + path)

    def fails(self, entry: str, path: str = PRODUCT) -> bool:
        return self.get(entry, path).status_code >= 500

    def order(self, entry: str, key: str | None = None, sku: str = "sku-1") -> httpx.Response:
        headers = {"authorization": f"Bearer {self.token}"}
        if key is not None:
            headers["idempotency-key"] = key
        wanted = {"sku": sku, "quantity": 1}
        return self.client.post(entry + "/web/v1/orders", json=wanted, headers=headers)

    def ops(self, method: str, path: str) -> httpx.Response:
        return self.client.request(method, f"http://127.0.0.2:{self.port}/{path}", timeout=20)

    def act(self, path: str) -> None:
        answer = self.ops("POST", path)
        assert answer.status_code == 200, answer.text

    def ctl(self, method: str, path: str, body: object = None) -> Any:
        headers = {"authorization": f"Bearer {self.control['token']}"}
        url = f"{self.control['url']}/{path}"
        answer = self.client.request(method, url, json=body, headers=headers)
        assert answer.status_code in {200, 404}, answer.text
        return answer.json() if answer.status_code == 200 else None

    def injected(self, defect: str) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = self.ctl("GET", "truth")["injected"]
        return [event for event in events if event["defect"] == defect]

    def children(self) -> list[int]:
        tasks = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in tasks.read_text().split()]

    def stop(self) -> int:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        code = self.process.wait(timeout=10)
        self.process.stdout.close()
        if hasattr(self, "client"):
            self.client.close()
        return code


def wait_until(holds: Callable[[], bool], within_s: float = 5.0) -> float:
    """Seconds until it held."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < within_s, "it never came to hold"
        time.sleep(0.005)
    return time.monotonic() - began


def readable(box: RunningBox, entry: str, order: str) -> bool:
    return box.get(entry, f"/web/v1/orders/{order}").status_code == 200


def takes_orders(box: RunningBox, entry: str) -> bool:
    return box.order(entry).status_code == httpx.codes.CREATED


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def expired(box: RunningBox, entry: str) -> bool:
    """Whether who connects now is shown a certificate that ran out."""
    host = urlsplit(entry).hostname or ""
    with socket.create_connection((host, box.port), 5) as line:
        try:
            box.trust.wrap_socket(line, server_hostname=host).close()
        except ssl.SSLCertVerificationError as refused:
            return refused.verify_code == HAS_EXPIRED
    return False


def in_rotation(box: RunningBox, region: str) -> bool:
    """Whether the edge gives requests to a region."""
    return bool(box.ops("GET", f"regions/{region}").json()["in_rotation"])


def whole(box: RunningBox, region: str) -> bool:
    return box.ops("GET", f"regions/{region}").status_code == 200 and in_rotation(box, region)
