"""An experiment that would leave its fault in place, or do nothing, is refused by its line."""

import json
from pathlib import Path
from typing import Any

import pytest

from nfrcheck.errors import Diagnostic, InvalidFiles, NfrcheckError
from nfrcheck.plan import Options, plan
from nfrcheck.plan.fingerprint import fingerprint
from nfrcheck.scenario.read import Pair, read_pair

GOOD = """\
title: a part is lost
description: its users wait
steady-state-hypothesis:
  title: it is up
  probes:
    - {type: probe, name: is-up, tolerance: 200, provider: {type: http, url: "http://127.0.0.1/"}}
method:
  - {type: action, name: kill, provider: {type: process, path: kill-it}}
rollbacks:
  - {type: action, name: start, provider: {type: process, path: start-it}}
"""
SCENARIO = """\
nfrcheck: 1
load: {shop: {entry: global, rate: 50/s, journey: {browse: {get: /}}}}
drills:
  lose:
    fault: {kind: chaos-toolkit, experiment: lost.yaml}
    confirm: global
    repeat: 1
targets: {failover: {drill: lose, error_window: <= 5 s}}
"""
DEPLOYMENT = """\
nfrcheck: 1
entries: {global: {url: "http://127.0.0.1:9"}}
safety: {allow: [chaos-toolkit], hosts: [127.0.0.1]}
"""


def pair(
    place: Path,
    experiment: str = GOOD,
    scenario: str = SCENARIO,
    deployment: str = DEPLOYMENT,
    name: str = "lost.yaml",
) -> Pair:
    (place / name).write_text(experiment, "utf-8")
    (place / "a.nfr.yaml").write_text(scenario.replace("lost.yaml", name), "utf-8")
    (place / "a.deployment.yaml").write_text(deployment, "utf-8")
    return read_pair(place / "a.nfr.yaml", place / "a.deployment.yaml")


def found(place: Path, *words: Any, **files: str) -> list[Diagnostic]:
    with pytest.raises(InvalidFiles) as raised:
        pair(place, *words, **files)
    return list(raised.value.diagnostics)


def test_a_good_one_is_planned_with_its_rollbacks_as_the_undo(tmp_path: Path) -> None:
    read = pair(tmp_path)

    (drill,) = plan(read.scenario, read.deployment, Options()).drills

    (armed,) = drill.armed
    assert (drill.fault, armed.touched) == ("chaos-toolkit", "run experiment lost.yaml")
    assert armed.undo[0]["argv"][3:5] == [
        "nfrcheck.experiments.chaos.rollback",
        str(tmp_path / "lost.yaml"),
    ]
    assert drill.seen_by == ("global",)
    assert [step["url"] for step in armed.verify] == ["http://127.0.0.1:9/"]


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        pytest.param("rollbacks:", "rollback:", 9, "unknown key `rollback`", id="misspelt"),
        pytest.param("rollbacks:", "rollback:", 1, "has no `rollbacks`", id="and-so-none"),
        pytest.param("tolerance", "tolarance", 6, "unknown key `tolarance`", id="in-an-activity"),
        pytest.param("  probes", "  probe", 5, "unknown key `probe`", id="in-the-hypothesis"),
        pytest.param(
            "type: action, name: start", "type: probe, name: start", 9, "has no", id="no-undo"
        ),
        pytest.param(
            "type: action, name: kill", "type: probe, name: kill", 7, "no action", id="idle"
        ),
        pytest.param("title: a", "dry: actions\ntitle: a", 1, "would do nothing", id="dry"),
        pytest.param("description: its users wait\n", "", 1, "needs `description`", id="untold"),
        pytest.param("name: kill,", "name: kill, name: x,", 8, "is there twice", id="twice"),
        pytest.param(
            "method:",
            "runtime: {hypothesis: {strategy: continuous}}\nmethod:",
            7,
            "no strategy `continuous`",
            id="strategy",
        ),
    ],
)
def test_what_is_wrong_is_told_at_its_place(
    old: str, new: str, line: int, words: str, tmp_path: Path
) -> None:
    told = found(tmp_path, GOOD.replace(old, new))

    assert [one.line for one in told if words in one.message] == [line], told
    assert {one.path for one in told} == {str(tmp_path / "lost.yaml")}


def test_a_misspelt_rollback_is_told_how_it_is_spelt(tmp_path: Path) -> None:
    told = found(tmp_path, GOOD.replace("rollbacks:", "rollback:"))

    assert {one.remedy for one in told if "unknown key" in one.message} == {
        "did you mean `rollbacks`?"
    }
    assert any("undoes each action" in (one.remedy or "") for one in told)


@pytest.mark.parametrize(
    "more",
    [
        pytest.param(GOOD.replace("name: start", "name: start, ref: kill"), id="ref"),
        pytest.param(
            GOOD.replace("method:", "method: &all").replace(
                "rollbacks:", "controls: []\nrollbacks:"
            ),
            id="anchor",
        ),
        pytest.param(GOOD + "tags:\n", id="empty-value"),
        pytest.param(GOOD + "runtime: {hypothesis: {strategy: continuously}}\n", id="runtime"),
    ],
)
def test_what_the_toolkit_allows_is_no_error(more: str, tmp_path: Path) -> None:
    assert list(pair(tmp_path, more).scenario.drills) == ["lose"]


def test_an_experiment_in_json_is_read_as_well(tmp_path: Path) -> None:
    kill = {"type": "action", "name": "kill", "provider": {"type": "process", "path": "x"}}
    whole = {"title": "t", "description": "d", "method": [kill], "rollback": [kill]}

    told = found(tmp_path, json.dumps(whole, indent=1), name="lost.json")

    assert any(one.message.startswith("unknown key `rollback`") for one in told)


def test_another_experiment_is_another_plan(tmp_path: Path) -> None:
    read = pair(tmp_path)
    before = fingerprint(plan(read.scenario, read.deployment, Options()))

    read = pair(tmp_path, GOOD.replace("kill-it", "kill-them"))

    assert fingerprint(plan(read.scenario, read.deployment, Options())) != before


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.nfr.yaml").write_text(SCENARIO, "utf-8")
    (tmp_path / "a.deployment.yaml").write_text(DEPLOYMENT, "utf-8")

    with pytest.raises(InvalidFiles, match=r"lost\.yaml"):
        read_pair(tmp_path / "a.nfr.yaml", tmp_path / "a.deployment.yaml")


def test_a_file_of_another_kind_is_told_where_it_is_named(tmp_path: Path) -> None:
    (one,) = found(tmp_path, name="lost.txt")

    assert (one.path, one.line) == (str(tmp_path / "a.nfr.yaml"), 5)


def test_without_confirm_nobody_could_prove_it(tmp_path: Path) -> None:
    (one,) = found(tmp_path, scenario=SCENARIO.replace("    confirm: global\n", ""))

    assert (one.line, one.message.partition(":")[0]) == (4, "`lose` needs `confirm`")


def test_a_host_that_it_asks_is_in_scope_or_it_is_refused(tmp_path: Path) -> None:
    read = pair(tmp_path, GOOD.replace("127.0.0.1", "ops.example"))

    with pytest.raises(NfrcheckError, match=r"ops\.example is not among the hosts"):
        plan(read.scenario, read.deployment, Options())

    wider = DEPLOYMENT.replace("hosts: [127.0.0.1]", "hosts: [127.0.0.1, .example]")
    read = pair(tmp_path, GOOD.replace("127.0.0.1", "ops.example"), deployment=wider)
    assert plan(read.scenario, read.deployment, Options()).drills


STATIC = "configuration: {h: ops.example}\n"
FROM_ENVIRONMENT = "configuration: {h: {type: env, key: A_HOST, default: 127.0.0.1}}\n"


@pytest.mark.parametrize("configuration", [STATIC, FROM_ENVIRONMENT], ids=["static", "env"])
@pytest.mark.parametrize("url", ["http://${h}/", "http://$h:81/kill/${pod}"])
def test_a_host_from_the_configuration_is_in_scope_or_it_is_refused(
    configuration: str, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_HOST", "ops.example")
    read = pair(tmp_path, configuration + GOOD.replace("http://127.0.0.1/", url))

    with pytest.raises(NfrcheckError, match=r"ops\.example is not among the hosts"):
        plan(read.scenario, read.deployment, Options())

    wider = DEPLOYMENT.replace("hosts: [127.0.0.1]", "hosts: [127.0.0.1, .example]")
    read = pair(tmp_path, configuration + GOOD.replace("http://127.0.0.1/", url), deployment=wider)
    assert plan(read.scenario, read.deployment, Options()).drills


@pytest.mark.parametrize(
    ("url", "configuration"),
    [
        pytest.param("http://${h}/", "", id="nowhere"),
        pytest.param("http://${h}/", "h: {type: env, key: A_HOST}", id="not-set"),
        pytest.param("http://${h}/", "h: {type: probe, name: x}", id="asked-for-later"),
        pytest.param("http://${h}/", "h: 'a$b'", id="with-a-dollar"),
        pytest.param("${s}://127.0.0.1/", "", id="scheme"),
        pytest.param("http://127.0.0.1$x/", "", id="half-a-host"),
        pytest.param("http://[::1/", "", id="no-url"),
    ],
)
def test_a_host_that_nobody_can_tell_is_refused_by_its_line(
    url: str, configuration: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("A_HOST", raising=False)
    whole = f"configuration: {{{configuration}}}\n" + GOOD.replace("http://127.0.0.1/", url)
    read = pair(tmp_path, whole)

    with pytest.raises(NfrcheckError, match=r"lost\.yaml:7:\d+: nobody can tell which host"):
        plan(read.scenario, read.deployment, Options())

    everywhere = DEPLOYMENT.replace(", hosts: [127.0.0.1]", "")
    read = pair(tmp_path, whole, deployment=everywhere)
    assert plan(read.scenario, read.deployment, Options()).drills


def test_a_provider_that_merges_another_one_is_looked_at(tmp_path: Path) -> None:
    merged = '{type: http, url: "http://127.0.0.1/"}}'
    probe = '&it {type: http, url: "http://127.0.0.1/"}}'
    kill = '{<<: *it, url: "http://ops.example/"}}'
    whole = GOOD.replace(merged, probe).replace("{type: process, path: kill-it}}", kill)
    read = pair(tmp_path, whole)

    with pytest.raises(NfrcheckError, match=r"ops\.example is not among the hosts"):
        plan(read.scenario, read.deployment, Options())


def test_it_is_allowed_by_the_owner_of_the_deployment_alone(tmp_path: Path) -> None:
    """Not even on loopback: what an experiment reaches, nobody can see."""
    read = pair(
        tmp_path,
        deployment=DEPLOYMENT.replace("safety: {allow: [chaos-toolkit], hosts: [127.0.0.1]}\n", ""),
    )

    with pytest.raises(NfrcheckError, match="may touch anything"):
        plan(read.scenario, read.deployment, Options())
