"""Each drill becomes an experiment that chaos takes, and what it cannot say is told."""

import json
from pathlib import Path
from typing import Any

import pytest
from chaoslib.experiment import ensure_experiment_is_valid
from chaoslib.loader import load_experiment

from nfrcheck import cli
from nfrcheck.chaostoolkit.held import Fault
from nfrcheck.run.hold import Wish, plan_hold

ROOT = Path(__file__).resolve().parents[2]
DEPLOYMENT = """\
nfrcheck: 1
name: small
entries: {global: {url: "http://127.0.0.1:9"}, region-b: {url: "http://127.0.0.1:9", region: b}}
regions:
  a: {kind: shell, kill: ./a stop, restore: ./a start, verify: ./a up}
  b: {kind: shell, kill: ./b stop, restore: ./b start, verify: ./b up}
principals: {alice: {token: {env: A_TOKEN_THAT_NOBODY_SET}}}
safety: {allow: [region-kill], hosts: [127.0.0.1], max_rate: 500/s, regions_at_once: 2}
"""
KILL_B = "{kind: region-kill, region: b}"
BROWSE = '{get: "/products/{sku}", query: {full: yes}}'
ORDER = "{as: alice, get: /orders}"
AVAILABLE = "availability: {at_least: 99.95 %, load: shop}"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "small.deployment.yaml").write_text(DEPLOYMENT, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def scenario(
    drill: str = f"fault: {KILL_B}, repeat: 1, baseline: 0 s, hold: 1.5 s, settle: 4 s",
    routes: str = f"order: {ORDER}, browse: {BROWSE}",
    targets: str = f"{AVAILABLE}, failover: {{drill: lose, error_window: <= 2 s, load: shop}}",
    more: str = "",
) -> None:
    Path("small.nfr.yaml").write_text(
        "nfrcheck: 1\n"
        'load: {shop: {entry: global, rate: 50/s, data: {sku: "sku-{1..9}"}, '
        f"journey: {{{routes}}}}}}}\n"
        f"drills: {{lose: {{{drill}}}{more}}}\n"
        f"phases: [steady: 10 s, lose]\ntargets: {{{targets}}}\n",
        "utf-8",
    )


def exported(*words: str) -> int:
    return cli.exit_code(["export", "--chaostoolkit", "small.nfr.yaml", *words])


def printed(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert exported() == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def arguments(activity: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = activity["provider"]["arguments"]
    return found


@pytest.mark.usefixtures("place")
def test_a_drill_is_injected_held_watched_and_put_back(capsys: pytest.CaptureFixture[str]) -> None:
    scenario()

    made = printed(capsys)

    ensure_experiment_is_valid(made)
    inject, meanwhile, heal = made["method"]
    assert arguments(inject) == {
        "fault": {"kind": "region-kill", "region": "b"},
        "deployment": "${deployment}",
        "get": "/products/sku-1?full=yes",
        "at_most": "62 s",
    }
    assert inject["pauses"] == {"after": 1.5}
    assert meanwhile["provider"]["func"] == "answers"
    assert (heal["provider"]["func"], heal["pauses"]) == ("heal", {"after": 4})
    assert [one["provider"]["func"] for one in made["rollbacks"]] == ["heal"]
    assert made["runtime"]["rollbacks"]["strategy"] == "always"
    assert made["runtime"]["hypothesis"]["strategy"] == "after-method-only"
    assert made["configuration"]["deployment"]["default"] == "small.deployment.yaml"


@pytest.mark.usefixtures("place")
def test_the_hypothesis_asks_what_the_availability_target_watches(
    capsys: pytest.CaptureFixture[str],
) -> None:
    scenario()

    available, proven, whole = printed(capsys)["steady-state-hypothesis"]["probes"]

    assert available["tolerance"] == {"type": "range", "range": [99.95, 100]}
    assert arguments(available) == {
        "deployment": "${deployment}",
        "entry": "global",
        "get": "/products/sku-1?full=yes",
    }
    assert (proven["provider"]["func"], proven["tolerance"]) == ("fault_is_proven", True)
    assert (whole["provider"]["func"], whole["tolerance"]) == ("nothing_left_behind", True)


@pytest.mark.usefixtures("place")
def test_each_value_that_is_varied_is_an_experiment(capsys: pytest.CaptureFixture[str]) -> None:
    scenario(f"fault: {KILL_B}, vary: {{region: [b, a, b]}}, repeat: 2")

    assert exported("-o", "chaos/all") == 0

    said = capsys.readouterr()
    assert said.out.split() == ["chaos/all/lose-b.json", "chaos/all/lose-a.json"]
    for region in "ab":
        made = json.loads(Path(f"chaos/all/lose-{region}.json").read_text("utf-8"))
        ensure_experiment_is_valid(made)
        assert arguments(made["method"][0])["fault"]["region"] == region
    assert "of its 6 runs each experiment is one" in said.err


@pytest.mark.usefixtures("place")
def test_several_components_are_a_list_that_is_injected_as_one(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    parts = "{name: {kind: shell, kill: ./x stop, restore: ./x start, verify: /bin/true}}"
    web, cache = (parts.replace("name", name)[1:-1] for name in ("web", "cache"))
    file = Path("small.deployment.yaml")
    text = DEPLOYMENT.replace("[region-kill]", "[component-kill]")
    file.write_text(f"{text}components: {{{web}, {cache}}}\n", "utf-8")
    kill = "{kind: component-kill, component: [web, cache]}"
    scenario(f"fault: {kill}, confirm: global, repeat: 1, hold: 1.5 s")

    inject = arguments(printed(capsys)["method"][0])

    assert inject["fault"] == {"kind": "component-kill", "component": ["web", "cache"]}
    kind, *words = Fault(inject["fault"], "", "/", "1 s").words
    keys = dict(word.split("=", 1) for word in words)
    wish = Wish(fault=kind, keys=keys, path="/", at_most_s=62)
    (drill,) = plan_hold(file, wish, tmp_path).drills
    assert drill.armed[0].where["component"] == "web, cache"


@pytest.mark.usefixtures("place")
def test_what_an_experiment_cannot_say_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    scenario(
        f"fault: {KILL_B}, confirm: region-b, abort_if: {{error_ratio: above 80 %, for: 5 s}}",
        routes=f"order: {ORDER}",
    )

    assert exported() == 0
    said = capsys.readouterr().err

    for told in (
        "of its 3 runs each experiment is one",
        "`abort_if` is not watched",
        "`confirm: region-b`",
        "no load or probe reads what anybody may get: `/` is asked",
        "target availability: at least 99.95 % of a few requests",
        "targets failover: chaos does not judge them",
        "loads and probes shop: chaos does not send them",
    ):
        assert told in said
    assert all(line.startswith("not exported: ") for line in said.splitlines())


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(
    ("fault", "said"),
    [
        pytest.param("{kind: surge, load: shop, factor: 3x}", "cannot do its fault", id="later"),
        pytest.param(
            f"[{KILL_B}, {{kind: region-kill, region: a}}]", "one fault at a time", id="several"
        ),
    ],
)
def test_a_drill_that_cannot_be_one_is_told_or_refused(
    fault: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario(more=f", other: {{fault: {fault}}}")

    assert exported() == 0
    told = capsys.readouterr()
    assert "region-kill" in told.out
    [line] = [one for one in told.err.splitlines() if "exported: drill other" in one]
    assert said in line

    assert exported("--drill", "other") == 2
    refused = capsys.readouterr()
    assert "no drill can be an experiment" in refused.err
    assert not refused.out


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(["--drill", "los"], "there is no drill `los`", id="no-such-drill"),
        pytest.param(["-o", "one.json"], "these are several experiments: lose, two", id="one-file"),
        pytest.param([], "-o FOLDER, or --drill NAME", id="several-to-stdout"),
        pytest.param(["--drill", "two", "-o", "a/b.json"], "cannot be written", id="no-folder"),
    ],
)
def test_what_is_asked_wrongly_is_refused(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario(more=f", two: {{fault: {KILL_B}}}")

    assert exported(*words) == 2

    assert said in capsys.readouterr().err


@pytest.mark.usefixtures("place")
def test_without_a_tool_or_a_drill_nothing_is_exported(capsys: pytest.CaptureFixture[str]) -> None:
    scenario()
    assert cli.exit_code(["export", "small.nfr.yaml"]) == 2
    assert "--chaostoolkit" in capsys.readouterr().err

    Path("small.nfr.yaml").write_text(
        "nfrcheck: 1\nprobes: {p: {entry: global, get: /, every: 1 s}}\n"
        "phases: [steady: 9 s]\ntargets: {availability: {at_least: 99 %}}\n"
    )
    assert exported() == 2
    assert "has no drill" in capsys.readouterr().err


def ours() -> list[Path]:
    found = sorted((ROOT / "experiments" / "chaos").glob("*.yaml"))
    return [path for path in found if "nfrcheck.chaostoolkit" in path.read_text("utf-8")]


@pytest.mark.parametrize("file", ours(), ids=lambda path: path.stem)
def test_every_experiment_of_ours_is_put_back_always_and_proven(file: Path) -> None:
    made = load_experiment(str(file))

    ensure_experiment_is_valid(made)
    assert made["runtime"]["rollbacks"]["strategy"] == "always"
    assert made["runtime"]["hypothesis"]["strategy"] == "after-method-only"
    assert [one["provider"]["func"] for one in made["rollbacks"]] == ["heal"]
    probes = {one["provider"]["func"] for one in made["steady-state-hypothesis"]["probes"]}
    assert {"fault_is_proven", "nothing_left_behind"} <= probes
