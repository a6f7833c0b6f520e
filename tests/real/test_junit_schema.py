"""`junit.xml` of every run is valid by a published schema: that of Jenkins' xUnit plugin.

The schema is not ours: it comes out of the source distribution of pytest, which is held to it too.
"""

import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import xmlschema

from nfrcheck.reports.junit import write
from tests.reports.sample_runs import RUNS, sample

pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]

NAME = "testing/example_scripts/junit-10.xsd"


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> xmlschema.XMLSchema:
    folder = tmp_path_factory.mktemp("pytest-source")
    version = f"pytest=={pytest.__version__}"
    wanted = ["--no-deps", "--no-binary", "pytest", "--dest", str(folder), version]
    argv = [sys.executable, "-m", "pip", "download", "--quiet", *wanted]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=150)
    assert done.returncode == 0, done.stderr
    [archive] = folder.glob("*.tar.gz")
    with tarfile.open(archive) as files:
        [member] = [one for one in files.getmembers() if one.name.endswith(NAME)]
        held = files.extractfile(member)
        assert held is not None
        return xmlschema.XMLSchema(held.read().decode())


@pytest.mark.parametrize("name", RUNS)
def test_every_run_is_valid(name: str, schema: xmlschema.XMLSchema, tmp_path: Path) -> None:
    errors = [error.reason for error in schema.iter_errors(str(write(sample(name), tmp_path)))]

    assert errors == []


def test_the_schema_refuses_what_it_does_not_know(
    schema: xmlschema.XMLSchema, tmp_path: Path
) -> None:
    path = write(sample("fail"), tmp_path)
    path.write_text(path.read_text("utf-8").replace("<testcase ", '<testcase line="7" '), "utf-8")

    assert not schema.is_valid(str(path))
