"""The hash covers scripts that are started, however they are named: in words, folders and links."""

import shutil
from pathlib import Path

import pytest

from nfrcheck.errors import DeploymentError
from nfrcheck.plan.fingerprint import covered, digests_of
from nfrcheck.plan.fingerprint import fingerprint as hash_of
from tests.plan.projects import DEPLOYMENT, plan_of, write_project


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write_project(tmp_path / "project")


def in_place_of(project: Path, old: str, new: str) -> None:
    path = project / "place/place.deployment.yaml"
    assert DEPLOYMENT.count(old) == 1
    path.write_text(DEPLOYMENT.replace(old, new))


@pytest.mark.parametrize(
    ("kill", "script"),
    [
        pytest.param("sh -c './hidden.sh go'", "hidden.sh", id="a-command-in-a-word"),
        pytest.param("sh -c 'true;./hidden.sh'", "hidden.sh", id="after-a-semicolon"),
        pytest.param("sh -c 'sh -c \"./hidden.sh go\"'", "hidden.sh", id="a-command-in-a-command"),
        pytest.param("sh -c 'exec ./hidden.sh --x=1'", "hidden.sh", id="behind-exec"),
    ],
)
def test_a_script_inside_of_a_word_is_covered(kill: str, script: str, project: Path) -> None:
    (project / "place" / script).write_text("exit 0")
    in_place_of(project, "sh app.sh --conf=conf/app.ini @conf/more", kill)
    made = plan_of(project)
    before = hash_of(made)

    (project / "place" / script).write_text("exit 1")

    assert hash_of(made) != before


def test_a_script_in_the_folder_where_a_command_starts_is_covered(project: Path) -> None:
    (project / "place/tools").mkdir()
    (project / "place/tools/start.sh").write_text("exit 0")
    in_place_of(project, "start: ./node.sh", "start: ./start.sh\n    cwd: tools")
    made = plan_of(project)
    before = hash_of(made)

    (project / "place/tools/start.sh").write_text("exit 1")

    assert hash_of(made) != before


@pytest.mark.parametrize(
    ("kill", "module"),
    [
        pytest.param("python -m pkg.kill", "pkg/kill.py", id="a-module"),
        pytest.param("python -m pkg.kill", "pkg/__init__.py", id="its-package"),
        pytest.param("python3 -Im pkg now", "pkg/__main__.py", id="a-package-itself"),
        pytest.param("python -mpkg.kill", "pkg/kill.py", id="in-one-word"),
        pytest.param("sh -c 'exec python -m pkg.kill; true'", "pkg/kill.py", id="in-a-shell"),
    ],
)
def test_a_module_beside_the_file_that_starts_it_is_covered(
    kill: str, module: str, project: Path
) -> None:
    (project / "place/pkg").mkdir()
    (project / "place" / module).write_text("raise SystemExit(0)")
    in_place_of(project, "sh app.sh --conf=conf/app.ini @conf/more", kill)
    made = plan_of(project)
    before = hash_of(made)

    (project / "place" / module).write_text("raise SystemExit(1)")

    assert hash_of(made) != before


def test_a_module_in_the_folder_where_a_command_starts_is_covered(project: Path) -> None:
    (project / "place/tools").mkdir()
    (project / "place/tools/start.py").write_text("")
    in_place_of(project, "start: ./node.sh", "start: python -m start\n    cwd: tools")

    assert "../place/tools/start.py" in covered(plan_of(project)).files


def test_a_word_that_is_no_module_of_a_command_is_not_taken_for_one(project: Path) -> None:
    (project / "place/app.py").write_text("")
    in_place_of(project, "sh app.sh --conf=conf/app.ini @conf/more", "kill -m -- app")

    assert not [name for name in covered(plan_of(project)).files if name.endswith("app.py")]


@pytest.fixture
def linked(project: Path) -> Path:
    """`lnk` leads to a folder elsewhere, so `lnk/..` is not where `lnk` stands."""
    (project / "real/deep").mkdir(parents=True)
    (project / "place/lnk").symlink_to("../real/deep")
    (project / "real/y.sh").write_text("exit 0")
    (project / "place/y.sh").write_text("never started")
    in_place_of(project, "./verify.sh run/node.pid", "lnk/../y.sh")
    return project


def test_what_is_started_through_a_link_is_covered(linked: Path) -> None:
    made = plan_of(linked)
    before = hash_of(made)
    (linked / "place/y.sh").write_text("started by nobody")
    assert hash_of(made) != before, "and what it looks like as well"
    before = hash_of(made)

    (linked / "real/y.sh").write_text("exit 1")

    assert hash_of(made) != before


def test_a_link_to_another_file_changes_it(project: Path) -> None:
    for name in ("one", "two"):
        (project / name).write_text("exit 0")
    (project / "place/verify.sh").unlink()
    (project / "place/verify.sh").symlink_to("../one")
    made = plan_of(project)
    before = hash_of(made)

    (project / "place/verify.sh").unlink()
    (project / "place/verify.sh").symlink_to("../two")

    assert hash_of(made) != before


def test_links_do_not_bind_it_to_one_checkout(linked: Path) -> None:
    other = linked.parent / "some" / "where" / "else"
    shutil.copytree(linked, other, symlinks=True)
    (linked.parent / "short").symlink_to(other)

    assert hash_of(plan_of(other)) == hash_of(plan_of(linked))
    assert hash_of(plan_of(linked.parent / "short")) == hash_of(plan_of(linked))


def test_a_link_to_a_program_of_the_machine_is_the_same_for_every_checkout(project: Path) -> None:
    program = project.parent / "program"
    program.write_text("exit 0")
    (project / "place/verify.sh").unlink()
    (project / "place/verify.sh").symlink_to(program)
    other = project.parent / "some" / "where" / "else"
    shutil.copytree(project, other, symlinks=True)

    assert str(program) in covered(plan_of(project)).files
    assert hash_of(plan_of(other)) == hash_of(plan_of(project))


def test_no_script_hides_behind_a_link_that_is_called_a_secret(project: Path) -> None:
    (project / "place/secrets/alice").unlink()
    (project / "place/secrets/alice").symlink_to("../app.sh")

    with pytest.raises(DeploymentError, match=r"is a secret, and something that is read"):
        hash_of(plan_of(project))


@pytest.mark.parametrize(
    "include", ["nothing", "loop", ".", '"a\\0b"'], ids=["not-there", "loop", "folder", "no-name"]
)
def test_names_that_lead_nowhere_are_left_to_the_reader(include: str, tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    for name in ("a.nfr.yaml", "a.deployment.yaml"):
        (tmp_path / name).write_text(f"nfrcheck: 1\ninclude: [{include}]\n")

    assert digests_of(tmp_path / "a.nfr.yaml", tmp_path / "a.deployment.yaml") == {}
