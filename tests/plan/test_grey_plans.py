"""What makes a region grey is shown by the links that it uses, or refused by what is missing."""

from pathlib import Path

import pytest

from nfrcheck.errors import DeploymentError
from nfrcheck.plan import Options, plan
from nfrcheck.plan.show import show
from nfrcheck.plan.steps import Plan
from nfrcheck.scenario.read import read_pair

SCENARIO = """\
nfrcheck: 1
load: {{shop: {{entry: global, rate: 100/s, journey: {{browse: {{get: /products}}}}}}}}
drills:
  grey:
    fault: {{kind: region-grey, region: b, {keys}}}
    {more}
targets: {{grey-region: {{drill: grey, leaves_within: 3 s}}}}
"""
CONTROL = 'kind: toxiproxy, url: "http://127.0.0.1:8474"'
MODES = ("errors", "slow", "stalls", "one-way")


def planned(
    folder: Path,
    keys: str,
    *,
    more: str = "hold: 8 s",
    link: str = "to: store-b",
    component: str = "",
) -> Plan:
    scenario, deployment = folder / "grey.nfr.yaml", folder / "here.deployment.yaml"
    scenario.write_text(SCENARIO.format(keys=keys, more=more), "utf-8")
    deployment.write_text(
        "nfrcheck: 1\n"
        "entries:\n"
        '  global: {url: "http://127.0.0.1:1"}\n'
        '  at-b: {url: "http://127.0.0.1:2", region: b}\n'
        "regions: {a: {}, b: {}}\n"
        "served_by: {header: x-region}\n"
        f"components: {{store-b: {{region: b{component}}}}}\n"
        f"links: {{to-store: {{{link}, {CONTROL}}}}}\n"
        "safety: {allow: [region-grey], hosts: [127.0.0.1]}\n",
        "utf-8",
    )
    pair = read_pair(scenario, deployment)
    assert pair.diagnostics == ()
    return plan(pair.scenario, pair.deployment, Options())


def test_every_run_names_the_links_that_its_mode_hurts_and_who_must_see_it(
    tmp_path: Path,
) -> None:
    made = planned(tmp_path, "mode: slow", more=f"vary: {{mode: [{', '.join(MODES)}]}}")

    assert tuple(drill.varied for drill in made.drills[::3]) == MODES
    assert {drill.witnesses for drill in made.drills} == {("link to-store", "at-b")}
    shown = " ".join(" ".join(show(made)).split())
    assert "grey region b: links to-store, reset" in shown
    assert "its effect must be seen through link to-store, at-b" in shown
    assert "grey-region each of 12 runs of grey" in shown


def test_the_target_is_judged_by_the_only_load(tmp_path: Path) -> None:
    (target,) = planned(tmp_path, "mode: errors").targets

    assert target.judge is not None
    assert (target.question.stream, target.question.drills) == ("shop", ("grey",))
    assert target.title == "A bad region is left that answers its health check"


@pytest.mark.parametrize(
    ("keys", "declared", "words", "remedy"),
    [
        pytest.param(
            "mode: errors",
            {"link": "joins: [a]"},
            "no link leads into the data path of region b",
            "`to: store-b`",
            id="no-link",
        ),
        pytest.param(
            "mode: read-only",
            {},
            "region b has no act `read-only`",
            "acts: {read-only: {do: ..., undo: ...}}",
            id="no-act",
        ),
        pytest.param(
            "mode: read-only",
            {
                "component": ", kind: shell, verify: ./look, "
                "acts: {read-only: {do: ./freeze, undo: ./thaw}}"
            },
            "nothing in an answer shows that region b is read-only",
            "shows: {read-only: {header: NAME}}",
            id="nothing-shows-it",
        ),
        pytest.param(
            "mode: expired-cert",
            {
                "component": ", kind: shell, verify: ./look, "
                "acts: {expired-cert: {do: ./expire, undo: none}}"
            },
            "a region must not stay grey",
            "give the act an `undo`",
            id="nothing-undoes-it",
        ),
    ],
)
def test_what_is_missing_is_refused_with_what_to_declare(
    keys: str, declared: dict[str, str], words: str, remedy: str, tmp_path: Path
) -> None:
    with pytest.raises(DeploymentError, match=words) as refused:
        planned(tmp_path, keys, **declared)

    assert refused.value.remedy is not None
    assert remedy in refused.value.remedy
