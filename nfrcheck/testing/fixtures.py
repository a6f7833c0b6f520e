"""How the fixtures are made; the plugin only names them."""

from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from nfrcheck.testing.deployment import Deployment
from nfrcheck.testing.files import Unreadable
from nfrcheck.testing.judged import FAIL, judge, properties
from nfrcheck.testing.load import Load
from nfrcheck.testing.region import Regions
from nfrcheck.testing.results import Result, Run, Target
from nfrcheck.testing.session import Marked, Session, session_of
from nfrcheck.testing.settings import NOT_RUN
from nfrcheck.testing.toxic import Toxics


def deployment(config: pytest.Config) -> Deployment:
    try:
        return Deployment(session_of(config).files.deployment())
    except Unreadable as error:
        pytest.fail(str(error), pytrace=False)


def result(request: pytest.FixtureRequest) -> Result:
    """Fails the test if the marker or its files are wrong, or if the run gave no verdict."""
    session = session_of(request.config)
    try:
        marked = Marked(request.node.get_closest_marker("nfr"), session)
        _skip(session.settings.refusal(marked.drills))
        run = session.run(marked.scenario, marked.deployment)
    except Unreadable as error:
        pytest.fail(str(error), pytrace=False)
    targets = {name: run.targets[name] for name in marked.ids if name in run.targets}
    for target in targets.values():
        request.node.user_properties.extend(properties(run, target))
    if run.broken or len(targets) < len(marked.ids):
        missing = next(name for name in marked.ids if run.broken or name not in targets)
        pytest.fail(judge(run, targets.get(missing), missing, "fail").text, pytrace=False)
    return Result(run, targets, partial(_complaint, session, run))


def load(request: pytest.FixtureRequest, folder: Path) -> Load:
    session = session_of(request.config)
    _skip(session.settings.refusal(()))
    return Load(session.runs, _place(request), folder)


def regions(request: pytest.FixtureRequest, folder: Path) -> Regions:
    session = session_of(request.config)
    _skip(session.settings.refusal((), faults=True))
    place = _place(request)
    return Regions(session.runs, place.path if place else session.settings.deployment, folder)


def toxics(request: pytest.FixtureRequest, folder: Path) -> Toxics:
    return Toxics(regions(request, folder))


def _place(request: pytest.FixtureRequest) -> Deployment | None:
    """The fixture, which a test suite may have redefined; None if there is no deployment file."""
    with suppress(pytest.fail.Exception):
        found: Deployment = request.getfixturevalue("nfr_deployment")
        return found
    return None


def _skip(refusal: str | None) -> None:
    """For a fixture that was asked for while the test ran, so that no marker could skip it."""
    if refusal:
        pytest.skip(NOT_RUN + refusal)


def _complaint(session: Session, run: Run, target: Target) -> str:
    judged = judge(run, target, target.id, session.settings.inconclusive)
    return judged.text if judged.outcome == FAIL else ""
