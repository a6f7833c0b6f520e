"""The wheel holds the package, all of it and nothing else."""

import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder],
        cwd=ROOT,
        capture_output=True,
        check=True,
        timeout=60,
    )
    (built,) = folder.glob("nfrcheck-*.whl")
    with zipfile.ZipFile(built) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def metadata(wheel: Mapping[str, bytes], ending: str) -> str:
    (found,) = (text for name, text in wheel.items() if name.endswith(f".dist-info/{ending}"))
    return found.decode()


def test_every_file_of_the_package_is_in_it(
    wheel: Mapping[str, bytes], repository: Mapping[str, str]
) -> None:
    ours = {path for path in repository if path.startswith("nfrcheck/")}

    assert "nfrcheck/py.typed" in ours
    assert ours <= set(wheel)


def test_nothing_else_is_in_it(wheel: Mapping[str, bytes], repository: Mapping[str, str]) -> None:
    shipped = {f"nfrcheck/shipped/{name}.nfr.yaml" for name in ("region-failover", "four-nines")}
    others = {name for name in wheel if ".dist-info/" not in name} - set(repository)

    assert others == shipped, "the scenarios of the demo, copied from scenarios/"
    assert {name.partition("/")[0].partition("-")[0] for name in wheel} == {"nfrcheck"}


def test_it_brings_the_command_and_the_licence(wheel: Mapping[str, bytes]) -> None:
    assert "nfrcheck = nfrcheck.cli:main" in metadata(wheel, "entry_points.txt")
    assert metadata(wheel, "licenses/LICENSE") == (ROOT / "LICENSE").read_text("utf-8")
