"""Where skips are refused a skipped test fails; folders mark their tests; slow ones run last."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).with_name("conftest.py")
SKIPS = {
    "mark": "@pytest.mark.skip(reason='no HAProxy')\ndef test_it() -> None: ...",
    "call": "def test_it() -> None: pytest.skip('no HAProxy')",
    "fixture": "@pytest.fixture\ndef proxy(): pytest.skip('no HAProxy')\ndef test_it(proxy): ...",
    "module": "pytest.skip('no HAProxy', allow_module_level=True)",
    "import": "pytest.importorskip('no_such_haproxy', reason='no HAProxy')",
}


def run(root: Path, *arguments: str, no_skips: str = "") -> subprocess.CompletedProcess[str]:
    (root / "tests" / "conftest.py").write_text(CONFTEST.read_text("utf-8"), "utf-8")
    markers = "markers =\n  real\n  truth\n  slow\n"
    (root / "pytest.ini").write_text(f"[pytest]\naddopts = -p no:locust\n{markers}", "utf-8")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-ra", *arguments],
        cwd=root,
        env={**os.environ, "NFRCHECK_NO_SKIPS": no_skips},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    for folder in ("real", "truth"):
        (tmp_path / "tests" / folder).mkdir(parents=True)
    return tmp_path


@pytest.mark.slow
def test_a_skip_of_any_kind_fails_where_skips_are_refused(suite: Path) -> None:
    for how, text in SKIPS.items():
        (suite / "tests" / f"test_{how}.py").write_text(f"import pytest\n{text}\n", "utf-8")

    lenient = run(suite)
    strict = run(suite, "--continue-on-collection-errors", no_skips="1")

    assert f"{len(SKIPS)} skipped" in lenient.stdout
    assert strict.returncode == pytest.ExitCode.TESTS_FAILED
    assert "skipped" not in strict.stdout.splitlines()[-1]
    for how in SKIPS:
        assert re.search(rf"(FAILED|ERROR) tests/test_{how}.py", strict.stdout)
    assert "no HAProxy (NFRCHECK_NO_SKIPS=1: a skip is a failure)" in strict.stdout


def test_the_folder_marks_what_is_real_or_truth(suite: Path) -> None:
    for folder in ("", "real", "truth"):
        name = f"test_{folder or 'plain'}"
        (suite / "tests" / folder / f"{name}.py").write_text(f"def {name}(): ...\n", "utf-8")

    ended = run(suite, "-v", "-m", "not real and not truth")

    assert "1 passed, 2 deselected" in ended.stdout
    assert "test_plain" in ended.stdout


def test_slow_tests_run_last(suite: Path) -> None:
    (suite / "tests" / "test_x.py").write_text(
        "import pytest\n@pytest.mark.slow\ndef test_slow(): ...\ndef test_quick(): ...\n", "utf-8"
    )

    ended = run(suite, "-v").stdout

    assert ended.index("::test_quick") < ended.index("::test_slow")


@pytest.mark.slow
def test_no_test_loads_gevent_by_a_plugin() -> None:
    # Its monkey patches belong to the load child alone; locust brings a pytest plugin.
    program = (
        "import pytest, sys; pytest.main(['--collect-only', '-q', 'tests/cli']);print(*sys.modules)"
    )

    ended = subprocess.run(
        [sys.executable, "-c", program],
        cwd=CONFTEST.parents[1],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )

    modules = ended.stdout.splitlines()[-1].split()
    assert "pytest_timeout" in modules, "plugins were not loaded at all"
    assert not {"gevent", "locust", "pytest_locust.plugin"} & set(modules)
