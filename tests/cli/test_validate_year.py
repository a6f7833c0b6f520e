"""A yearly budget: what its plan can tell, and that the outages of its drills are not known yet."""

import pytest

from tests.cli.project import Project

YEAR = """\
nfrcheck: 1
load: {{shop: {{entry: global, rate: 100/s, journey: {{browse: {{get: /products/1}}}}}}}}
drills:
  lose-b: {{fault: {{kind: component-kill, component: app-b}}, hold: 8 s, repeat: 4}}
phases: [steady: {steady}, lose-b]
targets:
  year:
    check: yearly-availability
    at_least: {at_least}
    incidents: {{lose-b: 2/year}}
"""


def year(project: Project, steady: str = "10 min", at_least: str = "99.99 %") -> tuple[str, str]:
    """What `validate` and `plan` say."""
    written = YEAR.format(steady=steady, at_least=at_least)
    project.write("scenarios/shop.nfr.yaml", written)
    validated, planned = project.run("validate"), project.run("plan", "scenarios/shop.nfr.yaml")
    assert validated.returncode == planned.returncode == 0, validated.stderr + planned.stderr
    return validated.stdout, planned.stdout


def test_a_budget_that_can_pass_says_what_is_left_for_outages(project: Project) -> None:
    validated, planned = year(project)

    told = "can decide 1 of 1 targets, 1 of them only with what its drills measure"
    assert validated.splitlines()[0] == f"scenarios/shop.nfr.yaml on local: {told}"
    plain = " ".join(planned.split())
    assert (
        "✓ year shop: 60,000 requests of 36,887 needed, 55,715 with one failure "
        "? year 1,216 s a year are left for outages, which 4 runs of lose-b will measure"
    ) in plain
    assert "each of 4 runs" not in plain


def test_a_steady_state_that_is_too_short_is_told_with_its_remedy(project: Project) -> None:
    validated, planned = year(project, steady="5 min")

    assert (
        "warning[NFR021] `year` cannot be decided by this plan: shop: 100/s for 300 s = 30,000 "
        "requests; 36,887 are needed\n"
        " --> scenarios/shop.nfr.yaml:9:15\n"
    ) in validated
    assert "run it for 6 min 10 s at this rate" in validated
    assert "or send 36,887 requests in 300 s (123/s), or promise 99.987 %" in validated
    assert "can decide 0 of 1 targets\n" in validated
    assert "decides 0 of 1 targets" in " ".join(planned.split())
    assert "are left for outages" not in planned


@pytest.mark.parametrize(("steady", "decided"), [("368 s", 0), ("369 s", 1)])
def test_it_decides_from_just_so_much_traffic_on(
    project: Project, steady: str, decided: int
) -> None:
    assert f"can decide {decided} of 1 targets" in year(project, steady)[0]


def test_a_whole_year_without_a_failure_is_more_than_anybody_can_confirm(project: Project) -> None:
    validated, planned = year(project, at_least="100 %")

    assert "`year` allows no failure at all: no load can confirm that" in validated
    assert "can decide 0 of 1 targets\n" in validated
    assert "year  100 % cannot be confirmed by any number of requests" in planned
    assert "each of 4 runs" not in planned
