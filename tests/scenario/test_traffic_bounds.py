"""What no child could send is said at its line, before anything is planned or sent."""

from pathlib import Path

import pytest

from .conftest import DEPLOYMENT, SCENARIO, Complain, Read, load_of, probe_of

PEOPLE = "principals: {alice: {}}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{rate: 0/s, journey: {a: {get: /}}}", "`rate` must be greater than 0"),
        ("{rate: 5/s, timeout: 0 s, journey: {a: {get: /}}}", "`timeout` must be greater than 0"),
        ("{rate: 5/s, journey: {a: {get: /, timeout: 0 ms}}}", "`timeout` must be greater than 0"),
        (
            "{rate: 5/s, journey: {a: {get: /, at_least_rate: 0/s}}}",
            "`at_least_rate` must be greater than 0",
        ),
        (
            "{rate: 5/s, journey: {a: {get: /, expect: {status: timeout}}}}",
            "`timeout` is no answer",
        ),
        ("{rate: 5/s, journey: {a: {get: /, expect: {status: [200, timeout]}}}}", "no answer"),
        ("{rate: 5/s, journey: {}}", "`journey` has no route"),
        ("{rate: 5/s, journey: {a: {steps: []}}}", "`steps` is empty"),
        ("{rate: 5/s, data: {s: {list: []}}, journey: {a: {get: /}}}", "the list is empty"),
        ('{rate: 5/s, journey: {a: {get: "/a\\nb"}}}', "the path holds a control character"),
        ("{rate: 5/s, journey: {a: {post: /, body: {file: gone.txt}}}}", "cannot be read: No such"),
        ("{rate: 5/s, journey: {a: {post: /, body: {file: .}}}}", "cannot be read: Is a directory"),
        ("{rate: 5/s, journey: {a: {post: /, graphql: {file: latin.txt}}}}", "is not UTF-8"),
        ("{rate: 5/s, headers: {connection: close}, journey: {a: {get: /}}}", "by nfrcheck itself"),
        ("{rate: 5/s, journey: {a: {get: /, headers: {x y: b}}}}", "`x y` cannot be the name"),
        (
            '{rate: 5/s, journey: {a: {get: /, headers: {x: "b\\nc"}}}}',
            "`x` holds a control character",
        ),
    ],
)
def test_a_load_that_cannot_be_sent_is_refused_at_its_line(
    complain: Complain, text: str, message: str, tmp_path: Path
) -> None:
    (tmp_path / "latin.txt").write_bytes("é".encode("latin-1"))

    found = complain(load_of(text))

    assert [(one.path, one.line) for one in found] == [("a.nfr.yaml", 3)]
    assert message in found[0].message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{get: /, every: 1 s, timeout: 0 s}", "`timeout` must be greater than 0"),
        ("{get: /, every: 1 s, expect: {status: timeout}}", "`timeout` is no answer"),
        ("{get: /, every: 1 s, client: []}", "`client` is empty"),
        ("{get: /, every: 1 s, headers: {Content-Length: 5}}", "by nfrcheck itself"),
        ("{post: /, id: /id, read: '/{id}', rate: 0/s}", "`rate` must be greater than 0"),
    ],
)
def test_a_probe_that_cannot_be_sent_is_refused_at_its_line(
    complain: Complain, text: str, message: str
) -> None:
    found = complain(probe_of(text))

    assert [(one.path, one.line) for one in found] == [("a.nfr.yaml", 5)]
    assert message in found[0].message


def test_a_key_goes_in_a_header_that_can_be_sent(complain: Complain) -> None:
    key = "{api_key: {header: 'X-Key: ', value: {env: KEY}}}"

    found = complain(SCENARIO, f"{DEPLOYMENT}principals: {{me: {key}}}\n")

    assert [(one.path, one.line) for one in found] == [("b.deployment.yaml", 3)]
    assert "`X-Key: ` cannot be the name of a header" in found[0].message


def test_a_deployment_cannot_take_the_load_away(complain: Complain) -> None:
    found = complain(SCENARIO, f"{DEPLOYMENT}rates: {{users: 0/s}}\n")

    assert [(one.path, one.line) for one in found] == [("b.deployment.yaml", 3)]
    assert "`users` must be greater than 0" in found[0].message


@pytest.mark.parametrize(
    "own",
    [
        "as: alice",
        "headers: {x: y}",
        "query: {q: a}",
        "json: {}",
        "body: x",
        "expect: {status: 200}",
    ],
    ids=lambda own: own.partition(":")[0],
)
def test_what_is_sent_is_said_by_the_probe_or_by_the_load(complain: Complain, own: str) -> None:
    found = complain(probe_of(f"{{routes_of: shop, every: 1 s, {own}}}"), DEPLOYMENT + PEOPLE)

    key = own.partition(":")[0]
    assert [one.line for one in found] == [5]
    assert found[0].message == (
        f"`{key}` says what is sent, and `routes_of` sends what the load does"
    )


def test_a_slip_in_the_name_of_a_rate_is_refused(complain: Complain) -> None:
    found = complain(
        load_of("{rate: 5/s, journey: {a: {get: /}}}"), f"{DEPLOYMENT}rates: {{shpo: 1/s}}\n"
    )

    assert [(one.path, one.line, one.column, one.code) for one in found] == [
        ("b.deployment.yaml", 3, 9, "NFR016")
    ]
    assert found[0].remedy == "did you mean `shop`?"


@pytest.mark.parametrize("rates", ["{api: 1/s}", "{shop: 1/s, shops: 2/s}"])
def test_a_rate_of_another_scenarios_load_is_named_and_left(read: Read, rates: str) -> None:
    """One deployment serves several scenarios."""
    pair = read(load_of("{rate: 5/s, journey: {a: {get: /}}}"), f"{DEPLOYMENT}rates: {rates}\n")

    (found,) = pair.diagnostics
    assert (found.severity, found.line) == ("warning", 3)
    assert "this rate changes nothing" in found.message


@pytest.mark.parametrize(
    ("written", "values"),
    [
        ("sku-{001..003}", ("sku-001", "sku-002", "sku-003")),
        ("{08..11}", ("08", "09", "10", "11")),
        ("sku-{0..2}", ("sku-0", "sku-1", "sku-2")),
        ("{9..11}", ("9", "10", "11")),
        ("{00..01}x", ("00x", "01x")),
    ],
)
def test_zeros_in_front_of_a_number_are_sent(
    read: Read, written: str, values: tuple[str, ...]
) -> None:
    pair = read(load_of(f"{{rate: 5/s, data: {{s: '{written}'}}, journey: {{a: {{get: /}}}}}}"))

    assert pair.scenario.load["shop"].data["s"] == values


@pytest.mark.parametrize("written", ["{001..10}", "{1..010}"])
def test_zeros_in_front_of_one_end_alone_are_refused(complain: Complain, written: str) -> None:
    found = complain(
        load_of(f"{{rate: 5/s, data: {{s: '{written}'}}, journey: {{a: {{get: /}}}}}}")
    )

    assert "how many digits" in found[0].message
    assert found[0].remedy == "such as `001..010`"
