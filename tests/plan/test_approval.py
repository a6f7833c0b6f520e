"""Nobody approves for themselves: an approval is another's, for this plan, and for a day."""

import datetime as dt
import json
import os
import re
from pathlib import Path

import pytest

from nfrcheck.errors import Refused
from nfrcheck.plan.approval import VARIABLE, checkout_of, checkouts_of, find_approval

DIGEST = "ab" * 32
NOW = dt.datetime(2026, 11, 28, 12, 0, tzinfo=dt.UTC)
GOOD = {"hash": DIGEST, "who": "Operations on call", "until": "2026-11-28T20:00:00+01:00"}
SOMEBODY = 65534
NOT_ROOT = os.getuid() != 0
only_root = pytest.mark.skipif(NOT_ROOT, reason="only root can give a file to another user")


def text(**other: object) -> str:
    return json.dumps({**GOOD, **other})


def refusal(checkout: Path) -> str:
    with pytest.raises(Refused) as refused:
        find_approval(DIGEST, NOW, checkout)
    assert DIGEST in (refused.value.remedy or ""), "the remedy names what is to be approved"
    return refused.value.message


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "checkout" / ".git").mkdir(parents=True)
    return tmp_path / "checkout"


@pytest.fixture
def another(tmp_path: Path) -> Path:
    """A file of another user, outside of the checkout."""
    path = tmp_path / "approval.json"
    path.write_text(text())
    os.chown(path, SOMEBODY, SOMEBODY)
    os.utime(path, (NOW.timestamp(), NOW.timestamp()))
    return path


def test_a_protected_environment_says_it_in_the_variable(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, text(at="2026-11-28T11:59:00Z"))

    found = find_approval(DIGEST, NOW, checkout)

    assert (found.hash, found.who) == (DIGEST, "Operations on call")
    assert found.until == dt.datetime(2026, 11, 28, 19, 0, tzinfo=dt.UTC)
    assert str(found) == (
        "approved by Operations on call until 2026-11-28 19:00 UTC (the variable NFRCHECK_APPROVAL)"
    )


def test_without_the_variable_there_is_none(checkout: Path) -> None:
    assert refusal(checkout) == "the plan is not approved: NFRCHECK_APPROVAL is not set"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        pytest.param("{", "holds no approval", id="no-json"),
        pytest.param('{"hash": "x", "hash": "y"}', "`hash` is there twice", id="twice"),
        pytest.param("{" + '"a":{' * 100_000, "holds no approval", id="deep"),
        pytest.param(text(hash=None), "does not say `hash`", id="no-hash"),
        pytest.param(text(who=" "), "does not say `who`", id="nobody"),
        pytest.param(text(who="a\u0000b"), "`who` that is no name", id="who-is-binary"),
        pytest.param(text(who="x" * 201), "`who` that is no name", id="who-is-long"),
        pytest.param(text(until=17), "does not say `until`", id="until-a-number"),
        pytest.param(text(until="tomorrow"), "no ISO time at `until`", id="until-a-word"),
        pytest.param(text(until="2026-11-28T20:00:00"), "no time zone at `until`", id="no-zone"),
        pytest.param(text(hash="cd" * 32), "approves another plan, 'cdcd", id="another-plan"),
        pytest.param(text(hash=DIGEST[:12]), "approves another plan", id="a-part-of-the-hash"),
        pytest.param(text(until="2026-11-28T12:00:00Z"), "has ended", id="ended"),
        pytest.param(
            text(until="2026-11-29T12:03:00Z"), "good for longer than 24 h", id="longer-than-a-day"
        ),
        pytest.param(text(at="2026-11-28T12:03:00Z"), "given in the future", id="from-the-future"),
        pytest.param(
            text(at="2026-11-27T18:00:00Z"), "given for longer than 24 h", id="given-long-ago"
        ),
        pytest.param(text(at=None), "no ISO time at `at`", id="given-never"),
    ],
)
def test_what_is_no_approval_is_refused_with_its_reason(
    given: str, reason: str, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, given)

    assert reason in refusal(checkout)


@pytest.mark.parametrize("until", ["2026-11-29T12:01:00Z", "2026-11-28T12:00:01Z"])
def test_clocks_may_differ_a_little_but_what_has_ended_has_ended(
    until: str, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, text(until=until, at="2026-11-28T12:01:00Z"))

    assert find_approval(DIGEST, NOW, checkout).hash == DIGEST


@only_root
def test_a_file_of_another_user_says_it(
    another: Path, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(another))

    assert find_approval(DIGEST, NOW, checkout).where == f"the file {another}"


@only_root
@pytest.mark.parametrize(
    ("access", "reason"),
    [
        pytest.param((0o646, SOMEBODY), "can be written by everybody", id="everybody"),
        pytest.param(
            (0o664, os.getegid()), "can be written by a group of the user", id="our-group"
        ),
    ],
)
def test_a_file_that_we_could_have_written_is_refused(
    access: tuple[int, int],
    reason: str,
    another: Path,
    checkout: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mode, group = access
    os.chown(another, SOMEBODY, group)
    another.chmod(mode)
    monkeypatch.setenv(VARIABLE, str(another))

    assert reason in refusal(checkout)


@only_root
def test_a_file_in_the_checkout_is_refused_whoever_owns_it_and_however_it_is_reached(
    another: Path, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = checkout / "approval.json"
    another.rename(inside)
    outside = checkout.parent / "link.json"
    outside.symlink_to(inside)

    for path in (inside, outside, Path(os.path.relpath(inside))):
        monkeypatch.setenv(VARIABLE, str(path))
        assert re.search(
            r"lies in the checkout .*: a change would approve itself", refusal(checkout)
        )


def test_a_file_of_our_own_is_refused(
    tmp_path: Path, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mine.json"
    path.write_text(text())
    monkeypatch.setenv(VARIABLE, str(path))

    assert "belongs to the user who runs this: nobody approves for themselves" in refusal(checkout)


@only_root
def test_a_file_that_was_written_too_long_ago_or_ahead_is_refused(
    another: Path, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(another))

    for hours, reason in ((-20, "given for longer than 24 h"), (1, "given in the future")):
        moment = NOW.timestamp() + hours * 3600
        os.utime(another, (moment, moment))
        assert reason in refusal(checkout)


@only_root
def test_what_is_no_plain_file_is_refused_and_not_waited_for(
    another: Path, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    another.unlink()
    os.mkfifo(another)
    os.chown(another, SOMEBODY, SOMEBODY)
    for path, reason in (
        (another, "is not a regular file"),
        (another.parent, "cannot be read"),
        (another.parent / "none.json", "cannot be read: No such file"),
    ):
        monkeypatch.setenv(VARIABLE, str(path))
        assert reason in refusal(checkout)


@only_root
def test_a_large_file_is_refused_by_its_size(
    another: Path, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    another.write_text(" " * 70_000 + text())
    monkeypatch.setenv(VARIABLE, str(another))

    assert "is larger than 64 KiB" in refusal(checkout)


def test_the_checkout_is_the_outermost_work_tree_else_the_folder(tmp_path: Path) -> None:
    scenario = tmp_path / "work" / "scenarios" / "a.nfr.yaml"
    (scenario.parent / ".git").mkdir(parents=True)

    assert checkout_of(scenario) == scenario.parent

    # A work tree inside of one must not put the files above it outside.
    (tmp_path / "work" / ".git").write_text("gitdir: elsewhere")
    assert checkout_of(scenario) == tmp_path / "work"

    alone = tmp_path / "alone" / "a.nfr.yaml"
    assert checkout_of(alone) == alone.parent


def test_scenario_deployment_and_working_folder_each_have_a_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("scenarios", "places", "job"):
        (tmp_path / name / ".git").mkdir(parents=True)
    (tmp_path / "job" / "deep").mkdir()
    monkeypatch.chdir(tmp_path / "job" / "deep")

    found = checkouts_of(
        str(tmp_path / "scenarios/a.nfr.yaml"), str(tmp_path / "places/a.deployment.yaml")
    )

    assert found == (tmp_path / "scenarios", tmp_path / "places", tmp_path / "job")


def test_a_whole_machine_is_no_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")

    assert checkouts_of(str(tmp_path / "a.nfr.yaml")) == (tmp_path,)


@only_root
def test_a_file_in_any_of_the_checkouts_is_refused(
    another: Path, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(another))
    assert find_approval(DIGEST, NOW, checkout).who == "Operations on call"

    with pytest.raises(Refused, match="lies in the checkout"):
        find_approval(DIGEST, NOW, checkout, another.parent)
