"""What `each` and `only` divide by must be known of a request: else it is said before the run."""

import pytest

from nfrcheck.plan import Options, plan
from nfrcheck.plan.decidable import samples
from tests.scenario.conftest import Complain, Read

SCENARIO = """\
nfrcheck: 1
load: {users: {rate: 50/s, journey: {home: {get: /}}}}
targets:
  availability: {at_least: 99 %, KEYS}
  latency: {p99: < 1 s}
"""
DEPLOYMENT = """\
nfrcheck: 1
entries: {app: {url: "http://127.0.0.1:8000"}}
regions: {a: {}, b: {}}
"""
ASKED = ["each: region", "each: [route, region]", "only: {region: a}"]


@pytest.mark.parametrize("keys", ASKED)
def test_regions_need_a_sign_in_the_answer(keys: str, complain: Complain) -> None:
    (found,) = complain(SCENARIO.replace("KEYS", keys), DEPLOYMENT)

    assert (found.code, found.path, found.line) == ("NFR013", "a.nfr.yaml", 4)
    assert "served_by: {header: x-region}" in str(found.remedy)


@pytest.mark.parametrize("keys", ASKED)
@pytest.mark.parametrize("sign", ["header: x-region", "json: /region"])
def test_with_a_sign_they_are_told_apart(keys: str, sign: str, read: Read) -> None:
    written = f"{DEPLOYMENT}served_by: {{{sign}}}\n"

    assert read(SCENARIO.replace("KEYS", keys), written).diagnostics == ()


@pytest.mark.parametrize("sign", ["cert: cn", "trace: region"])
def test_a_sign_that_is_not_read_yet_is_no_promise(sign: str, read: Read) -> None:
    pair = read(SCENARIO.replace("KEYS", "each: region"), f"{DEPLOYMENT}served_by: {{{sign}}}\n")

    (found,) = pair.diagnostics
    made = plan(pair.scenario, pair.deployment, Options())
    told = made.targets[0]

    assert (found.code, found.severity, found.line) == ("NFR020", "later", 4)
    assert (told.judge, told.question.each) == (None, ("region",))
    assert "`served_by`" in told.lacks
    assert {one.target for one in samples(made)} == {"latency"}


@pytest.mark.parametrize("word", ["vantage", "topic", "direction", "run"])
@pytest.mark.parametrize("keys", ["each: WORD", "only: {WORD: x}"])
def test_words_of_a_later_version_are_said_to_be_that(keys: str, word: str, read: Read) -> None:
    pair = read(SCENARIO.replace("KEYS", keys.replace("WORD", word)), DEPLOYMENT)

    (found,) = pair.diagnostics
    made = plan(pair.scenario, pair.deployment, Options())

    assert (found.code, found.severity, found.line) == ("NFR020", "later", 4)
    assert f"{keys.partition(':')[0]}: {word}" in found.message
    assert made.targets[0].judge is None
    assert {one.target for one in samples(made)} == {"latency"}


def test_a_check_that_is_about_regions_is_not_run_without_a_sign(read: Read) -> None:
    written = SCENARIO.replace("at_least: 99 %, KEYS", "at_least: 99 %")
    pair = read(f"{written}  traffic-share: {{share: at least 30 %}}\n", DEPLOYMENT)

    share = plan(pair.scenario, pair.deployment, Options()).targets[-1]

    assert (share.judge, share.lacks) == (
        None,
        "no answer of `users` tells its region: see `served_by` of the deployment",
    )
