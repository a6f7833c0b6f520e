"""The hash of a plan covers all that decides what is done, and tells nothing of a secret."""

import shutil
from pathlib import Path

import pytest

from nfrcheck.errors import DeploymentError
from nfrcheck.plan import Options, fingerprint
from nfrcheck.plan.fingerprint import covered, what_changed
from nfrcheck.plan.fingerprint import fingerprint as hash_of
from tests.plan.projects import DEPLOYMENT, FILES, plan_of, write_project

STATE = {
    "scenarios/secrets/header": "a secret",
    "place/secrets/client.key": "a secret",
    "place/secrets/alice": "a secret",
    "place/run/node.pid": "state",
    "place/run/node.log": "state",
    "place/STOP": "state",
    "place/nobody-names-me.sh": "named by nobody",
}
COVERED = [name for name in FILES if name not in STATE]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write_project(tmp_path / "project")


def kept(project: Path, options: Options | None = None) -> dict[str, object]:
    over = covered(plan_of(project, options))
    return {
        "nfrcheck": over.version,
        "hash": over.digest(),
        "files": over.files,
        "secrets": list(over.secrets),
        "options": over.options,
    }


def test_it_is_the_same_again_and_from_everywhere(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = hash_of(plan_of(project))

    monkeypatch.chdir(project)
    here = hash_of(plan_of("."))
    monkeypatch.chdir(project / "scenarios")
    above = hash_of(plan_of(".."))

    assert len(first) == 64
    assert first == here == above == hash_of(plan_of(project))


def test_another_checkout_of_the_same_files_has_the_same_hash(project: Path) -> None:
    other = project.parent / "elsewhere" / "checkout"
    shutil.copytree(project, other)

    assert hash_of(plan_of(other)) == hash_of(plan_of(project))


def test_a_program_that_is_named_absolutely_is_the_same_for_every_checkout(project: Path) -> None:
    program = project.parent / "program"
    program.write_text("one")
    place = project / "place/place.deployment.yaml"
    place.write_text(DEPLOYMENT.replace("sh app.sh", str(program)))
    other = project.parent / "some" / "where" / "else"
    shutil.copytree(project, other)
    before = hash_of(plan_of(project))

    assert str(program) in covered(plan_of(project)).files
    assert hash_of(plan_of(other)) == before
    program.write_text("another")
    assert hash_of(plan_of(project)) != before


@pytest.mark.parametrize("name", COVERED)
def test_a_byte_of_a_named_file_changes_it_and_the_file_is_told(project: Path, name: str) -> None:
    before, made = kept(project), plan_of(project)

    with (project / name).open("a") as file:
        file.write("\n")

    (told,) = what_changed(before, made)
    named, space, rest = told.partition(" ")
    assert (project / "scenarios" / named).resolve() == project / name
    assert space + rest == " has changed"
    assert hash_of(made) != before["hash"]


@pytest.mark.parametrize("name", STATE, ids=lambda name: f"{name}, {STATE[name]}")
def test_a_secret_or_mere_state_does_not_change_it(project: Path, name: str) -> None:
    before, made = kept(project), plan_of(project)
    after = "17" if name.endswith(".pid") else "something else"

    (project / name).write_text(after)

    assert hash_of(made) == before["hash"]
    assert what_changed(before, made) == []


def test_a_secret_is_named_and_not_hashed(project: Path) -> None:
    found = covered(plan_of(project))

    assert set(found.secrets) == {
        "secrets/header",
        "../place/secrets/client.key",
        "../place/secrets/alice",
    }
    assert not set(found.secrets) & set(found.files)


def test_a_script_that_is_declared_to_be_a_pid_file_is_still_covered(project: Path) -> None:
    made = plan_of(project)
    before = hash_of(made)

    (project / "place/run/node.pid").write_text("exec something else")

    assert hash_of(made) != before


@pytest.mark.parametrize(
    "shield",
    [
        pytest.param("token: {file: app.sh}", id="as-a-token"),
        pytest.param("basic: {username: a, password: {file: app.sh}}", id="as-a-password"),
    ],
)
def test_no_script_hides_behind_being_called_a_secret(project: Path, shield: str) -> None:
    path = project / "place/place.deployment.yaml"
    path.write_text(DEPLOYMENT.replace("token: {file: secrets/alice}", shield))

    with pytest.raises(DeploymentError, match=r"app\.sh is a secret, and something that is read"):
        hash_of(plan_of(project))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        pytest.param(Options(seed=8), "seed was 7 and is 8", id="seed"),
        pytest.param(
            Options(seed=7, only=("failover",)), "only was not given and is failover", id="only"
        ),
        pytest.param(
            Options(seed=7, skip=("failover",)), "skip was not given and is failover", id="skip"
        ),
        pytest.param(
            Options(seed=7, max_time_s=60.0), "max_time_s was not given and is 60.0", id="max-time"
        ),
    ],
)
def test_an_option_changes_it_and_is_told(project: Path, options: Options, told: str) -> None:
    before = kept(project, Options(seed=7))

    made = plan_of(project, options)

    assert hash_of(made) != before["hash"]
    assert what_changed(before, made) == [told]


def test_the_profile_and_the_version_change_it(project: Path) -> None:
    before = kept(project)
    scenario = project / "scenarios/base.nfr.yaml"
    scenario.write_text(FILES["scenarios/base.nfr.yaml"] + "profile: soak\n")

    assert "profile was ci and is soak" in what_changed(before, plan_of(project))

    scenario.write_text(FILES["scenarios/base.nfr.yaml"])
    before["nfrcheck"], before["hash"] = "0.0.1", "0" * 64
    (told,) = what_changed(before, plan_of(project))
    assert told.startswith("nfrcheck was 0.0.1 and is ")


def test_what_goes_and_what_comes_is_told(project: Path) -> None:
    before, made = kept(project), plan_of(project)
    (project / "place/conf/more").unlink()
    (project / "place/app_restore").write_text("a word of a command is a file now")
    path = project / "place/place.deployment.yaml"
    path.write_text(DEPLOYMENT.replace("-m app_restore", "app_restore"))

    assert what_changed(before, made) == [
        "../place/app_restore is new",
        "../place/conf/more is gone, or no longer named",
        "../place/place.deployment.yaml has changed",
    ]


def test_a_list_that_was_edited_to_fit_does_not_fit_the_hash(project: Path) -> None:
    before, made = kept(project), plan_of(project)
    (project / "place/app.sh").write_text("something else")
    before["files"] = covered(made).files

    (told,) = what_changed(before, made)

    assert told.startswith("the plan file itself")


def test_a_file_that_is_too_large_is_refused_and_not_left_out(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fingerprint, "LARGEST", 4)

    with pytest.raises(DeploymentError, match="is larger than"):
        hash_of(plan_of(project))
