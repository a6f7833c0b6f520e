"""`chaos discover nfrcheck` lists every action and probe, with its arguments, from the wheel."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

import nfrcheck
from nfrcheck.chaostoolkit import actions, probes
from tests.chaostoolkit.chaos import CHAOS

ROOT = Path(__file__).resolve().parents[2]
BUILD = (sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory")


@pytest.fixture(scope="module")
def discovered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What is found where the wheel is installed; of an editable one chaoslib sees no modules."""
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run([*BUILD, folder], cwd=ROOT, capture_output=True, check=True, timeout=60)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    subprocess.run(
        [CHAOS, "--no-version-check", "--no-log-file", "discover", "--no-install", "nfrcheck"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder / "site"), "HOME": str(folder)},
        capture_output=True,
        check=True,
        timeout=60,
    )
    found: dict[str, Any] = json.loads((folder / "discovery.json").read_text("utf-8"))
    return found


def test_every_action_and_probe_is_found_once(discovered: dict[str, Any]) -> None:
    found = [(one["type"], one["name"]) for one in discovered["activities"]]

    wanted = [("action", name) for name in actions.__all__]
    wanted += [("probe", name) for name in probes.__all__]
    assert sorted(found) == sorted(wanted)
    assert discovered["extension"] == {"name": "nfrcheck", "version": nfrcheck.__version__}


def test_each_says_what_it_does_and_takes(discovered: dict[str, Any]) -> None:
    found = {one["name"]: one for one in discovered["activities"]}

    assert all(one["doc"] for one in found.values())
    assert [one["name"] for one in found["inject"]["arguments"]] == [
        *("fault", "deployment", "get", "at_most")
    ]
    assert found["slow_link"]["arguments"][1] == {"name": "latency", "type": "string"}
    assert found["availability"]["return_type"] == "number"
    assert found["fault_is_proven"]["return_type"] == "boolean"


@pytest.mark.parametrize("module", ["actions", "probes"])
def test_the_process_of_chaos_loads_nothing_heavy(module: str) -> None:
    heavy = "{'numpy', 'pydantic', 'ruamel', 'rich', 'click', 'pytest', 'asyncio'}"
    loading = (
        "import sys, chaoslib.exceptions; before = set(sys.modules); "
        f"import nfrcheck.chaostoolkit.{module}; "
        f"print(({{name.partition('.')[0] for name in sys.modules}} - before) & {heavy})"
    )
    done = subprocess.run(
        [sys.executable, "-c", loading], capture_output=True, text=True, check=True, timeout=30
    )

    assert done.stdout.strip() == "set()"
