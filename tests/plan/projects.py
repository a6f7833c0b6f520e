"""Two files that name every sort of local file, in a folder of their own."""

from pathlib import Path

from nfrcheck.plan import Options, plan
from nfrcheck.plan.steps import Plan
from nfrcheck.scenario.read import Pair, read_pair

SCENARIO = """\
nfrcheck: 1
include: [base.nfr.yaml]
load:
  shop:
    rate: 50/s
    data: {sku: {csv: ../data/skus.csv, column: sku}}
    journey:
      browse: {get: "/p/{sku}", headers: {x-key: {file: secrets/header}}}
      order: {post: /orders, body: {file: order.json}, as: alice}
drills:
  lose: {fault: {kind: component-kill, component: app}, repeat: 1}
  stop: {fault: {kind: component-pause, component: node}, repeat: 1}
targets:
  failover: {drill: lose, error_window: <= 2 s}
"""
BASE = """\
nfrcheck: 1
targets: {availability: {at_least: 99 %}}
"""
DEPLOYMENT = """\
nfrcheck: 1
name: place
include: [common.yaml]
components:
  app:
    kind: shell
    entry: global
    kill: sh app.sh --conf=conf/app.ini @conf/more
    restore: python3 -m app_restore
    verify: ./verify.sh run/node.pid
  node:
    kind: process
    entry: global
    pid: run/node.pid
    log: run/node.log
    start: ./node.sh
principals: {alice: {token: {file: secrets/alice}}}
contracts: {shop: {openapi: shop.openapi.json}}
safety: {allow: [component-kill, component-pause], abort_if: {file: STOP}}
"""
COMMON = """\
nfrcheck: 1
entries:
  global:
    url: "https://127.0.0.1:1"
    ca: tls/ca.pem
    cert: tls/client.pem
    key: {file: secrets/client.key}
"""
FILES = {
    "scenarios/shop.nfr.yaml": SCENARIO,
    "scenarios/base.nfr.yaml": BASE,
    "scenarios/order.json": "{}",
    "scenarios/secrets/header": "a header",
    "data/skus.csv": "sku\na\nb\n",
    "place/place.deployment.yaml": DEPLOYMENT,
    "place/common.yaml": COMMON,
    "place/tls/ca.pem": "a ca",
    "place/tls/client.pem": "a certificate",
    "place/secrets/client.key": "a key",
    "place/secrets/alice": "a token",
    "place/app.sh": "exit 0",
    "place/conf/app.ini": "x = 1",
    "place/conf/more": "more",
    "place/verify.sh": "exit 0",
    "place/node.sh": "exit 0",
    "place/run/node.pid": "4711\n",
    "place/run/node.log": "a line",
    "place/shop.openapi.json": "{}",
    "place/STOP": "",
    "place/nobody-names-me.sh": "exit 0",
}


def write_project(folder: Path) -> Path:
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def pair_of(folder: Path | str) -> Pair:
    return read_pair(
        Path(folder, "scenarios/shop.nfr.yaml"), Path(folder, "place/place.deployment.yaml")
    )


def plan_of(folder: Path | str, options: Options | None = None) -> Plan:
    pair = pair_of(folder)
    return plan(pair.scenario, pair.deployment, options or Options())
