"""Every code that somebody can meet is explained, and nothing else is."""

import re
from collections.abc import Mapping

import pytest

from nfrcheck.scenario.codes import CODES


def test_every_code_in_use_is_explained(repository: Mapping[str, str]) -> None:
    used = {
        code
        for path, text in repository.items()
        if re.match(r"nfrcheck/.*\.py$", path) and path != "nfrcheck/scenario/codes.py"
        for code in re.findall(r'"(NFR\d+)"', text)
    }

    assert used == set(CODES)


@pytest.mark.parametrize("code", CODES)
def test_an_explanation_has_a_cause_and_a_remedy(code: str) -> None:
    found = CODES[code]

    assert not found.title.endswith(".")
    assert len(found.title) <= 60
    for text in (found.cause, found.remedy):
        assert text.endswith(".")
        assert len(text.split()) >= 5
