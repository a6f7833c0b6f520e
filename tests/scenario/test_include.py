"""Reuse is one merge with one rule, and what it changes in the targets is named."""

from pathlib import Path

import pytest

from nfrcheck.errors import InvalidFiles
from nfrcheck.scenario.loads import BodyFile
from nfrcheck.scenario.read import read_deployment, read_scenario

from .conftest import SCENARIO

BASE = SCENARIO + "  latency: {p99: < 200 ms, p50: < 20 ms}\n"


def over(folder: Path, text: str) -> Path:
    (folder / "base.nfr.yaml").write_text(BASE, "utf-8")
    path = folder / "over.nfr.yaml"
    path.write_text(f"nfrcheck: 1\ninclude: base.nfr.yaml\n{text}", "utf-8")
    return path


def test_mappings_are_merged_key_by_key_and_everything_else_is_replaced(tmp_path: Path) -> None:
    path = over(tmp_path, "targets: {latency: {p99: < 400 ms}}\n")

    latency = read_scenario(path).target("latency")

    assert latency.keys == {"p99": "< 400 ms", "p50": "< 20 ms"}


def test_none_removes_an_entry(tmp_path: Path) -> None:
    path = over(tmp_path, "targets: {latency: none}\n")

    assert [target.id for target in read_scenario(path).targets] == ["availability"]


def test_targets_that_a_merge_removed_or_changed_are_named(tmp_path: Path) -> None:
    path = over(tmp_path, "targets: {latency: none, availability: {at_least: 99 %}}\n")

    changes = read_scenario(path).changes

    assert [(each.target, each.what) for each in changes] == [
        ("latency", "removed"),
        ("availability", "changed"),
    ]
    assert changes[0].mark.path == str(path)


def test_an_error_in_an_included_file_is_shown_there(tmp_path: Path) -> None:
    path = over(tmp_path, "")
    (tmp_path / "base.nfr.yaml").write_text(BASE.replace("99.9 %", "0.999"), "utf-8")

    with pytest.raises(InvalidFiles) as refused:
        read_scenario(path)

    assert refused.value.diagnostics[0].where == f"{tmp_path / 'base.nfr.yaml'}:4:28"


def test_a_file_that_includes_itself_is_refused(tmp_path: Path) -> None:
    path = over(tmp_path, "")
    (tmp_path / "base.nfr.yaml").write_text(f"include: over.nfr.yaml\n{BASE}", "utf-8")

    with pytest.raises(InvalidFiles, match="includes itself"):
        read_scenario(path)


def test_an_included_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = over(tmp_path, "")
    (tmp_path / "base.nfr.yaml").unlink()

    with pytest.raises(InvalidFiles, match=r"there is no file `base\.nfr\.yaml`"):
        read_scenario(path)


def test_paths_are_relative_to_the_file_that_holds_them(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "skus.csv").write_text("sku\na\nb\n", "utf-8")
    load = "{rate: 5/s, data: {sku: {csv: skus.csv, column: sku}}, journey: {a: {get: /}}}"
    (tmp_path / "below" / "base.nfr.yaml").write_text(
        f"nfrcheck: 1\nload: {{users: {load}}}\ntargets: {{latency: {{p99: < 1 s}}}}\n", "utf-8"
    )
    path = tmp_path / "over.nfr.yaml"
    path.write_text("nfrcheck: 1\ninclude: [below/base.nfr.yaml]\n", "utf-8")

    assert read_scenario(path).load["users"].data["sku"] == ("a", "b")


SKUS = "data: {sku: {csv: skus.csv, column: sku}}"
ROUTE = 'rate: 5/s, journey: {a: {post: "/{sku}", body: {file: order.json}}}'


def test_a_path_that_is_set_anew_is_relative_to_the_file_that_sets_it(tmp_path: Path) -> None:
    """However much of what is around it stands in the included file."""
    (tmp_path / "below").mkdir()
    for folder, sku in ((tmp_path, "new"), (tmp_path / "below", "old")):
        (folder / "skus.csv").write_text(f"sku\n{sku}\n", "utf-8")
        (folder / "order.json").write_text(sku, "utf-8")
    (tmp_path / "below" / "base.nfr.yaml").write_text(
        f"nfrcheck: 1\nload: {{users: {{{SKUS}, {ROUTE}}}}}\n"
        "targets: {latency: {p99: < 1 s}}\n",
        "utf-8",
    )
    path = tmp_path / "over.nfr.yaml"
    again = "{data: {sku: {csv: skus.csv}}, journey: {a: {body: {file: order.json}}}}"
    path.write_text(
        f"nfrcheck: 1\ninclude: [below/base.nfr.yaml]\nload: {{users: {again}}}\n", "utf-8"
    )

    load = read_scenario(path).load["users"]

    body = load.journey["a"].body
    assert load.data["sku"] == ("new",)
    assert isinstance(body, BodyFile)
    assert body.file == tmp_path / "order.json"


def test_what_a_control_says_anew_starts_in_the_folder_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    kinds = (
        "node: {kind: shell, kill: ./kill.sh, restore: ./start.sh, verify: ./up.sh},"
        "one: {kind: process, pid: one.pid, log: one.log}"
    )
    (tmp_path / "below" / "nodes.yaml").write_text(
        "nfrcheck: 1\nentries: {app: {url: 'http://127.0.0.1:1', ca: ca.pem}}\n"
        f"components: {{{kinds}}}\n",
        "utf-8",
    )
    path = tmp_path / "place.deployment.yaml"
    path.write_text(
        "nfrcheck: 1\ninclude: below/nodes.yaml\nentries: {app: {ca: ca.pem}}\n"
        "components: {node: {kill: ./kill.sh}, one: {pid: one.pid}}\n",
        "utf-8",
    )

    deployment = read_deployment(path)

    steps = {
        verb: step
        for verb in ("kill", "restore")
        for step in deployment.components["node"].control.steps(verb)
    }
    assert steps["kill"]["cwd"] == str(tmp_path)
    assert steps["restore"]["cwd"] == str(tmp_path / "below")
    assert deployment.entries["app"].ca == tmp_path / "ca.pem"
    one = deployment.components["one"].control
    assert (one.pid, one.log) == (tmp_path / "one.pid", tmp_path / "below" / "one.log")
