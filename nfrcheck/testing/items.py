"""`*.nfr.yaml` as pytest collects it: a file is a scenario, each of its targets an item."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import pytest

from nfrcheck.testing.files import Unreadable
from nfrcheck.testing.judged import FAIL, SKIP, WARN, judge, properties
from nfrcheck.testing.session import Session, session_of
from nfrcheck.testing.settings import NOT_RUN


class InconclusiveWarning(pytest.PytestWarning):
    """A target that was not decided; what was measured meets the limit."""


class ScenarioFile(pytest.File):
    """One run, made when its first item is."""

    def collect(self) -> Iterator["TargetItem"]:
        session = session_of(self.config)
        try:
            said = session.files.scenario(self.path)
        except Unreadable as error:
            raise self.CollectError(str(error)) from None
        for target in said["targets"]:
            yield TargetItem.of(self, target, session)


class TargetItem(pytest.Item):
    """One target of a scenario: passes if it is proven."""

    about: dict[str, Any]

    @classmethod
    def of(cls, file: ScenarioFile, about: dict[str, Any], session: Session) -> Self:
        item: Self = cls.from_parent(file, name=about["id"])
        item.about = about
        item.add_marker("nfr")
        if about["drills"]:
            item.add_marker("nfr_fault")
        if refusal := session.settings.refusal(about["drills"]):
            item.add_marker(pytest.mark.skip(reason=NOT_RUN + refusal))
        return item

    def runtest(self) -> None:
        session = session_of(self.config)
        run = session.run(self.path)
        target = run.targets.get(self.name)
        if target is not None:
            self.user_properties.extend(properties(run, target))
        judged = judge(run, target, self.name, session.settings.inconclusive)
        if judged.outcome == FAIL:
            pytest.fail(judged.text, pytrace=False)
        if judged.outcome == SKIP:
            pytest.skip(judged.text)
        if judged.outcome == WARN:
            self.warn(InconclusiveWarning(judged.text))

    def reportinfo(self) -> tuple[Path, int, str]:
        return Path(self.about["path"]), self.about["line"] - 1, f"{self.path.name}: {self.name}"
