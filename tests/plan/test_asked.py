"""Whether a fault is put back is asked with a request that a healthy system answers well."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from nfrcheck.cli.checking import check_all
from nfrcheck.plan import Options, plan
from nfrcheck.plan.show import show
from nfrcheck.plan.site import site_of
from nfrcheck.plan.steps import Plan
from nfrcheck.scenario.read import read_pair

DEPLOYMENT = """\
nfrcheck: 1
entries:
  app: {url: "http://127.0.0.1:1/api"HEALTH}
  other: {url: "http://127.0.0.1:2"}
components: {node: {kind: shell, entry: app, kill: "true", restore: "true", verify: "true"}}
principals: {alice: {api_key: {header: X-Api-Key, value: {env: A_KEY}}}, nobody: {title: x}}
safety: {allow: [component-kill]}
"""
SCENARIO = """\
nfrcheck: 1
load:
  users:
    entry: app
    rate: 50/s
    data: {q: {list: ["red lamp", "blue"]}}
    journey: {JOURNEY}
MORE
drills:
  kill: {fault: {kind: component-kill, component: node}, repeat: 1}
targets: {failover: {drill: kill, error_window: <= 1 s, load: users}}
"""
PINS = {"127.0.0.1": "127.0.0.1"}
WRITES = "w: {post: /orders, json: {}}"
EDGE = "probes: {edge: {kind: http, entry: app, get: /edge, every: 1 s}}"
OF_OTHER = "probes: {edge: {kind: http, entry: other, get: /edge, every: 1 s}}"


def files(folder: Path, journey: str, more: str = "", health: str = "") -> tuple[Path, Path]:
    (folder / "a.nfr.yaml").write_text(
        SCENARIO.replace("JOURNEY", journey).replace("MORE", more), "utf-8"
    )
    deployment = DEPLOYMENT.replace("HEALTH", f', health: "{health}"' if health else "")
    (folder / "a.deployment.yaml").write_text(deployment, "utf-8")
    return folder / "a.nfr.yaml", folder / "a.deployment.yaml"


def made(folder: Path, journey: str, more: str = "", health: str = "", **options: Any) -> Plan:
    pair = read_pair(*files(folder, journey, more, health))
    return plan(pair.scenario, pair.deployment, Options(**options))


def verified_by(one: Plan) -> str:
    """What is asked of the host, as the guardian will ask it."""
    (step,) = (step for step in one.drills[0].armed[0].verify if step["kind"] == "http")
    url = urlsplit(step["url"])
    return url.path + (f"?{url.query}" if url.query else "")


@pytest.mark.parametrize(
    ("journey", "more", "asked"),
    [
        pytest.param('r: {get: "/s?q={q}"}', "", "/api/s?q=red%20lamp", id="value-with-a-blank"),
        pytest.param('r: {get: "/items/{n}"}', "", "/api/items/0", id="number"),
        pytest.param('r: {get: "/by/{run}"}', "", "/api/by/run-1", id="name-of-the-run"),
        pytest.param('r: {get: "/a b/café"}', "", "/api/a%20b/caf%C3%A9", id="not-escaped"),
        pytest.param('r: {get: "/a%20b"}', "", "/api/a%20b", id="escaped-already"),
        pytest.param("r: {get: /s, query: {a: b c}}", "", "/api/s?a=b+c", id="query"),
        pytest.param('r: {get: "/{n}"}, s: {get: /s}', "", "/api/s", id="one-that-stays-the-same"),
        pytest.param("r: {get: /me, as: alice}", EDGE, "/api/edge", id="key"),
        pytest.param("r: {get: /me, as: nobody}", EDGE, "/api/me", id="principal-without-a-key"),
        pytest.param("r: {get: /me, headers: {x-t: a}}", EDGE, "/api/edge", id="header"),
        pytest.param("r: {get: /x, expect: {status: 404}}", EDGE, "/api/edge", id="no-such-thing"),
        pytest.param("r: {get: /x, expect: {status: [200, 404]}}", EDGE, "/api/edge", id="maybe"),
        pytest.param("r: {get: /x, expect: {status: 302}}", EDGE, "/api/x", id="redirect"),
        pytest.param("r: {get: /x, body: x}", EDGE, "/api/edge", id="body"),
        pytest.param(WRITES, OF_OTHER, "/api/edge", id="route-of-another-entry"),
        pytest.param("r: {get: /x}", OF_OTHER, "/api/x", id="its-own-first"),
    ],
)
def test_it_is_sent_as_the_load_sends_it_and_needs_nothing_else(
    journey: str, more: str, asked: str, tmp_path: Path
) -> None:
    one = made(tmp_path, journey, more, run_id="run-1")

    assert verified_by(one) == asked
    assert not any("is a guess" in line for line in show(one, 200))


def test_a_made_value_is_one_that_could_be_sent(tmp_path: Path) -> None:
    asked = verified_by(made(tmp_path, 'r: {get: "/by/{uuid}"}', run_id="run-1"))

    assert "{" not in asked
    assert len(asked.rpartition("/")[2]) == 36


@pytest.mark.parametrize(
    ("journey", "asked"),
    [
        pytest.param(WRITES, "/api/", id="only-writes"),
        pytest.param("r: {get: /me, as: alice}", "/api/", id="only-with-a-key"),
        pytest.param("r: {get: /x, expect: {status: 404}}", "/api/", id="only-what-is-not-there"),
        pytest.param("r: {get: /me, headers: {x-t: a}}", "/api/me", id="only-with-a-header"),
        pytest.param("r: {get: /x, expect: {status: [200, 404]}}", "/api/x", id="only-maybe"),
    ],
)
def test_a_guess_is_said_before_anything_is_run(journey: str, asked: str, tmp_path: Path) -> None:
    scenario, deployment = files(tmp_path, journey)

    found = check_all([scenario], str(deployment), profile=None, strict=False).diagnostics
    one = made(tmp_path, journey)

    assert [(it.code, it.severity) for it in found] == [("NFR028", "warning")]
    assert f"`GET {asked.removeprefix('/api')}` at entry app" in found[0].message
    assert "`health: /health` in the entry app" in (found[0].remedy or "")
    assert verified_by(one) == asked
    assert any("is a guess" in line for line in show(one, 300))


def test_what_the_entry_names_is_asked_and_is_no_guess(tmp_path: Path) -> None:
    scenario, deployment = files(tmp_path, WRITES, health="/health check?deep={no-hole}")

    found = check_all([scenario], str(deployment), profile=None, strict=False).diagnostics
    one = made(tmp_path, "r: {get: /x}", health="/health check?deep={no-hole}")

    assert not found
    assert verified_by(one) == "/api/health%20check?deep=%7Bno-hole%7D"


def test_a_guess_that_proves_nothing_is_not_spoken_of(tmp_path: Path) -> None:
    """No drill leads through the other entry."""
    one = made(tmp_path, WRITES, health="/health")

    assert one.guessed == {"other"}
    assert not any("is a guess" in line for line in show(one, 300))


def test_the_plan_that_is_approved_is_the_one_that_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without contact no secret is read, and a request must not be chosen by what it held."""
    monkeypatch.setenv("A_KEY", "key")
    journey = "r: {get: /me, as: alice}, h: {get: /h, headers: {x-key: {env: A_KEY}}}"
    pair = read_pair(*files(tmp_path, journey, EDGE))

    dry = plan(pair.scenario, pair.deployment, Options())
    real = plan(pair.scenario, pair.deployment, Options(contact=True))

    assert dry.paths == real.paths == {"app": "/edge", "other": "/edge"}


@pytest.mark.parametrize(
    ("health", "because"),
    [
        pytest.param("health", "did you mean `/health`?", id="no-path"),
        pytest.param("http://127.0.0.1/health", "is an address", id="address"),
    ],
)
def test_a_health_that_is_no_path_is_refused(health: str, because: str, tmp_path: Path) -> None:
    scenario, deployment = files(tmp_path, WRITES, health=health)

    (found,) = check_all([scenario], str(deployment), profile=None, strict=False).diagnostics

    assert (found.code, found.line) == ("NFR015", 3)
    assert because in f"{found.message} {found.remedy}"


def test_what_shows_a_version_is_asked_as_a_load_would_ask(tmp_path: Path) -> None:
    scenario, deployment = files(tmp_path, WRITES)
    text = deployment.read_text("utf-8")
    shows = 'entry: app, shows: {version: {header: x-build, get: "/a b"}}'
    deployment.write_text(text.replace("entry: app", shows), "utf-8")

    site = site_of(read_pair(scenario, deployment).deployment, PINS, {}, "run-1", contact=False)

    assert site.components["node"].shows["version"].path == "/a%20b"
