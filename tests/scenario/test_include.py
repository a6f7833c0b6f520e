"""Reuse is one merge with one rule, and what it changes in the targets is named."""

from pathlib import Path

import pytest

from nfrcheck.errors import InvalidFiles
from nfrcheck.scenario.read import read_scenario

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
