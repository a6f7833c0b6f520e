"""`validate` says all that is wrong at its place, and what can be decided; it contacts nothing."""

import json

import pytest

from tests.cli.project import SCENARIO, Project
from tests.cpu import alone, least

THIN = """\
nfrcheck: 1
load:
  shop:
    entry: global
    rate: 100/s
    journey:
      browse: {weight: 98, get: /products/1}
      order: {weight: 2, get: /orders/1}
phases: [steady: 90 s]
targets:
  availability:
    title: The promise
    at_least: 99.99 %
  latency: {p99: < 200 ms, each: route}
"""
WRONG = SCENARIO.replace("error_window: <= 2 s", "eror_window: <= 2 s")


def test_a_good_pair_is_code_0_and_nothing_was_contacted(project: Project) -> None:
    ended = project.run("validate")

    assert ended.returncode == 0
    assert ended.stdout == (
        "scenarios/shop.nfr.yaml on local: can decide 3 of 3 targets\n"
        "no errors · nothing was contacted\n"
    )
    assert not ended.stderr
    assert not project.contacted


def test_an_error_stands_at_its_word_with_the_remedy(project: Project) -> None:
    project.write("scenarios/shop.nfr.yaml", WRONG)

    ended = project.run("validate", "scenarios/shop.nfr.yaml")

    assert ended.returncode == 2
    assert ended.stdout == (
        "error[NFR012] unknown key `eror_window` of `failover`\n"
        "  --> scenarios/shop.nfr.yaml:20:29\n"
        "   |\n"
        "20 |   failover: {drill: lose-b, eror_window: <= 2 s}\n"
        "   |                             ^^^^^^^^^^^ did you mean `error_window`?\n"
        "1 error · nothing was contacted · nfrcheck explain NFR012\n"
    )


def test_a_time_limit_that_ends_the_run_too_early_is_a_warning(project: Project) -> None:
    path = project.deployment("local")
    path.write_text(path.read_text().replace("max_time: 60 min", "max_time: 20 s"))

    ended = project.run("validate")
    strict = project.run("validate", "--strict")

    assert (ended.returncode, strict.returncode) == (0, 2)
    assert "warning[NFR026] the run takes at least 52 s: the time limit of 20 s" in ended.stdout
    assert "scenarios/deployments/local.deployment.yaml" in ended.stdout
    assert "let the deployment's owner raise `max_time`" in " ".join(ended.stdout.split())


def test_a_target_that_the_load_cannot_decide_is_a_warning_with_its_remedies(
    project: Project,
) -> None:
    project.write("scenarios/shop.nfr.yaml", THIN)

    ended = project.run("validate")

    assert ended.returncode == 0
    assert ended.stdout == (
        "warning[NFR021] `availability` cannot be decided by this plan: shop: 100/s for 90 s = "
        "9,000 requests; 35,100 are needed\n"
        "  --> scenarios/shop.nfr.yaml:13:15\n"
        "   |\n"
        "13 |     at_least: 99.99 %\n"
        "   |               ^^^^^^^\n"
        "   = help: run it for 6 min at this rate, or promise 99.96 %\n"
        "warning[NFR021] `latency` p99 cannot be decided by this plan: shop, route order: 2/s for "
        "90 s = 180 requests; 351 are needed\n"
        "  --> scenarios/shop.nfr.yaml:14:18\n"
        "   |\n"
        "14 |   latency: {p99: < 200 ms, each: route}\n"
        "   |                  ^^^^^^^^\n"
        "   = help: run it for 3 min at this rate, or send 351 requests in 90 s (4/s), or promise "
        "p98.03\n"
        "scenarios/shop.nfr.yaml on local: can decide 0 of 2 targets\n"
        "2 warnings · nothing was contacted · nfrcheck explain NFR021\n"
    )


def test_strict_makes_it_an_error(project: Project) -> None:
    project.write("scenarios/shop.nfr.yaml", THIN)

    ended = project.run("validate", "--strict")

    assert ended.returncode == 2
    assert "error[NFR021]" in ended.stdout
    assert "2 errors" in ended.stdout


def test_machines_read_json_alone_on_standard_output(project: Project) -> None:
    project.write("scenarios/shop.nfr.yaml", WRONG)

    ended = project.run("validate", "--format", "json")

    assert ended.returncode == 2
    [found] = json.loads(ended.stdout)
    assert (found["code"], found["line"], found["column"]) == ("NFR012", 20, 29)


def test_github_gets_at_most_ten_annotations_and_the_count_of_the_rest(project: Project) -> None:
    wrong = "".join(f"  t{n}: {{check: availability, at_most: 1}}\n" for n in range(14))
    project.write("scenarios/shop.nfr.yaml", SCENARIO + wrong)

    lines = project.run("validate", "--format", "github").stdout.splitlines()

    assert len(lines) == 10
    assert lines[0].startswith(
        "::error file=scenarios/shop.nfr.yaml,line=21,col=29,endColumn=36,title=NFR012::unknown"
    )
    assert lines[-1].startswith("::error::and ")


def test_what_a_run_would_refuse_is_an_error_now(project: Project) -> None:
    deployment = project.deployment("local")
    deployment.write_text(deployment.read_text().replace("[component-kill]", "[region-kill]"))

    ended = project.run("validate")

    assert ended.returncode == 2
    assert "error[NFR024] drill lose-b: `safety` does not allow the fault" in ended.stdout
    assert not project.contacted


def test_a_scenario_without_its_deployment_is_checked_alone_and_says_so(project: Project) -> None:
    project.deployment("staging")

    ended = project.run("validate")

    assert ended.returncode == 0
    assert "warning[NFR023] checked alone" in ended.stdout


def test_a_deployment_can_be_checked_alone(project: Project) -> None:
    path = project.deployment("local")
    path.write_text(path.read_text().replace("within", "").replace("max_rate", "max_rates"))

    ended = project.run("validate", "scenarios/deployments/local.deployment.yaml")

    assert ended.returncode == 2
    assert "unknown key `max_rates`" in ended.stdout


@alone
def test_an_invalid_file_is_told_within_a_second(project: Project) -> None:
    project.write("scenarios/shop.nfr.yaml", WRONG)

    assert least(lambda: project.cpu_s("validate", code=2)) <= 1.0


def test_an_error_is_red_where_colour_is_asked_for(project: Project) -> None:
    project.write("scenarios/shop.nfr.yaml", WRONG)

    assert "\x1b[1;31merror" in project.run("--color", "always", "validate").stdout


@pytest.mark.parametrize("command", ["validate", "run"])
def test_a_file_that_is_not_there_has_the_nearest_name(command: str, project: Project) -> None:
    ended = project.run(command, "scenarios/shopp.nfr.yaml")

    assert ended.returncode == 2
    assert ended.stderr == (
        "error: scenarios/shopp.nfr.yaml is not there\n"
        "help: did you mean scenarios/shop.nfr.yaml?\n"
    )
