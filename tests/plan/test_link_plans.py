"""A drill on a link is planned without contact, shown with its undo, and kept inside its bounds."""

from pathlib import Path

import pytest

from nfrcheck.errors import DeploymentError
from nfrcheck.plan import Options, plan
from nfrcheck.plan.show import show
from nfrcheck.plan.steps import Plan
from nfrcheck.scenario.read import read_pair

SCENARIO = """\
nfrcheck: 1
load: {shop: {entry: global, rate: 100/s, journey: {browse: {get: /}}}}
drills:
  slow-legacy:
    fault: {kind: link-latency, link: system-to-legacy, latency: 300 ms, jitter: 50 ms}
    hold: 10 s
    repeat: 2
phases: [steady: 10 s, slow-legacy]
targets:
  availability: {at_least: 99 %, load: shop}
  slow-legacy: {check: latency, p99: < 400 ms, load: shop, during: slow-legacy, class: advisory}
"""
CONTROL = 'kind: toxiproxy, url: "http://127.0.0.1:8474"'
SAFETY = "safety: {allow: [link-latency], hosts: [127.0.0.1]}"


def planned(folder: Path, control: str = CONTROL, safety: str = SAFETY) -> Plan:
    scenario, deployment = folder / "slow.nfr.yaml", folder / "here.deployment.yaml"
    scenario.write_text(SCENARIO, "utf-8")
    deployment.write_text(
        "nfrcheck: 1\n"
        'entries: {global: {url: "http://127.0.0.1:1"}}\n'
        f"links: {{system-to-legacy: {{{control}}}}}\n"
        f"{safety}\n",
        "utf-8",
    )
    pair = read_pair(scenario, deployment)
    assert pair.diagnostics == ()
    return plan(pair.scenario, pair.deployment, Options())


def test_it_is_planned_though_nobody_listens(tmp_path: Path) -> None:
    made = planned(tmp_path)

    assert [drill.run for drill in made.drills] == [1, 2]
    assert made.drills[0].witnesses == ("link system-to-legacy",)
    assert made.drills[0].armed[0].proofs[0].wanted.lasting_s == 10 + 30 + 5 * 0.3


def test_a_target_is_judged_while_the_link_is_slow(tmp_path: Path) -> None:
    made = planned(tmp_path)

    (target,) = (one for one in made.targets if one.id == "slow-legacy")
    assert target.judge is not None
    assert target.question.during == ("slow-legacy",)


def test_people_are_shown_what_is_done_and_how_it_is_undone(tmp_path: Path) -> None:
    shown = " ".join(" ".join(show(planned(tmp_path))).split())

    assert "latency link system-to-legacy, 300 ms more, give or take 50 ms" in shown
    assert "/proxies/system-to-legacy/toxics/nfrcheck-plan-latency" in shown
    assert "seen well by GET http://system-to-legacy/ through the link" in shown
    assert "its effect must be seen through link system-to-legacy" in shown


@pytest.mark.parametrize(
    ("control", "safety", "words"),
    [
        pytest.param(
            CONTROL.replace("127.0.0.1", "10.9.9.9"),
            SAFETY,
            "10.9.9.9 is not among the hosts",
            id="a-control-out-of-scope",
        ),
        pytest.param(
            CONTROL.replace("127.0.0.1", "10.9.9.9"),
            "",
            "faults need a `safety:` section",
            id="a-control-elsewhere-without-safety",
        ),
        pytest.param(
            CONTROL,
            SAFETY.replace("link-latency", "link-cut"),
            "does not allow the fault link-latency",
            id="another-fault-is-allowed",
        ),
    ],
)
def test_what_goes_too_far_is_refused(
    control: str, safety: str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(DeploymentError, match=words):
        planned(tmp_path, control, safety)
