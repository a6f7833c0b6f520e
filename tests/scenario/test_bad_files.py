"""A bad file gets one sentence at its place, with what to write instead, and never a traceback."""

from pathlib import Path

import pytest

from nfrcheck.errors import InvalidFiles
from nfrcheck.scenario.read import read_scenario

from .conftest import DEPLOYMENT, SCENARIO, Complain, Write

TOP = "nfrcheck: 1\nload: {users: {rate: 50/s, journey: {home: {get: /}}}}\n"


@pytest.mark.parametrize(
    ("text", "place", "message", "remedy"),
    [
        ("share: >= 40 %", (1, 8), "folded text", "write `at least 40 %`"),
        ("a: {b: >= 40 %, c: 1}", (1, 8), "folded text", "write `at least 40 %`"),
        ("a: {get: /p/{sku}}", (1, 10), "needs quotes", 'quote it: `"/p/{sku}"`'),
        ("sku: {sku}", (1, 6), "without quotes is a mapping", 'quote it: `"{sku}"`'),
        ("a: {because: slow, but fine}", (1, 20), "the comma starts a key", "quote the text"),
        ("hosts: [*.example]", (1, 9), "keeps `*`", "write `.example`"),
        ("a: @x", (1, 4), "keeps `@`", 'quote it: `"@x"`'),
        ("a: %x", (1, 4), "keeps `%`", 'quote it: `"%x"`'),
        ("a: `x`", (1, 4), "keeps ```", "quote it"),
        ("a: !foo x", (1, 4), "a tag", "write the value alone"),
        ("a: &k x\nb: *k", (1, 4), "an anchor", "use `include`"),
        ("a:\n\tb: 1", (2, 1), "a tab", "use two spaces"),
        ("a: 1\na: 2", (2, 1), "`a` is there twice, first on line 1", "rename or remove"),
        ("a:", (1, 1), "`a` has no value", "say `none` to remove it"),
        ("a: ~", (1, 1), "`a` has no value", "say `none` to remove it"),
        ("b: {a:1}", (1, 5), "`a:1` is one word", "`a: 1`"),
        ("a: b: c", (1, 5), "a second `: ` in one line", 'quote the text: `"b: c"`'),
        ("a: [1", (1, 4), "opened here and never closed", ""),
        ("a: 'x", (1, 4), "opened here and never closed", ""),
        ("---\na: 1\n---\nb: 2", (3, 1), "a second document", "remove `---`"),
        ("? [a]\n: b", (1, 3), "a key is a word", ""),
        ("a: \x01", (1, 4), "a control character", ""),
        ("a:\n   b: 1\n  c: 2", (3, 3), "indented unlike", "two spaces"),
        ("a: 1\nb", (2, 1), "a key without", "`key: value`"),
        ("[" * 1000, (1, 1), "nested too deeply", ""),
        ("- a", (1, 1), "a file is a mapping", ""),
        ("a: [1, ~]", (1, 4), "this entry is empty", ""),
        ("  a: 1\n b: 2", (2, 2), "indented unlike", ""),
        ("a: >x\n", (1, 4), "folded text", ""),
        ("<<: {a: 1}", (1, 1), "a merge key", "use `include`"),
    ],
    ids=lambda value: str(value)[:30] if isinstance(value, str) else None,
)
def test_every_trap_of_yaml_becomes_one_sentence_at_its_column(
    write: Write, text: str, place: tuple[int, int], message: str, remedy: str
) -> None:
    path, _ = write(text)

    with pytest.raises(InvalidFiles) as refused:
        read_scenario(path)

    found = [
        each
        for each in refused.value.diagnostics
        if each.code in {"NFR001", "NFR003", "NFR004", "NFR005"}
    ]
    assert [(each.line, each.column) for each in found] == [place]
    assert message in found[0].message
    assert remedy in (found[0].remedy or "")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", "the file is empty", id="empty"),
        pytest.param(b"# nothing\n", "the file is empty", id="only-a-comment"),
        pytest.param(b"a: 1\nb: \xff\n", "byte 0xff is not UTF-8", id="not-utf-8"),
        pytest.param(b"a: 1\n" * 2_000_000, "the file has 10.0 MB", id="ten-megabytes"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "a.nfr.yaml"
    path.write_bytes(content)

    with pytest.raises(InvalidFiles, match=message):
        read_scenario(path)


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(InvalidFiles, match="No such file"):
        read_scenario(tmp_path / "a.nfr.yaml")


@pytest.mark.parametrize(
    ("target", "column", "message", "remedy"),
    [
        ("latency: {p99: 200 ms}", 18, "`p99` is an upper limit", "`< 200 ms`"),
        ("latency: {p99: at least 200 ms}", 18, "`p99` is an upper limit", "`< 200 ms`"),
        ("availability: {at_least: 0.9999}", 28, "no unit", "did you mean `99.99 %`?"),
        ("availability: {at_least: 99 ms}", 28, "is a duration, `at_least` takes a share", "such"),
        ("availability: {at_lest: 99 %}", 18, "unknown key `at_lest`", "did you mean `at_least`?"),
        ("availabilty: {at_least: 99 %}", 3, "not the name of a check", "`availability`?"),
        ("x: {check: latncy, p99: < 1 s}", 14, "no check `latncy`", "did you mean `latency`?"),
        ("availability: {}", 3, "`at_least` is missing", ""),
        ("latency: {}", 3, "percentile", ""),
        ("latency: {p98.5.1: < 1 s}", 13, "unknown key", "there is `p99`"),
        ("latency: {p99: < 1 s, load: usres}", 31, "no load `usres`", "did you mean `users`?"),
        ("latency: {p99: < 1 s, during: stedy}", 33, "`stedy`", "did you mean `steady`?"),
        ("latency: {p99: < 1 s, during: steady/x}", 33, "not a stretch", "such as"),
        ("latency: {p99: < 1 s, each: regon}", 31, "none of the words of `each`", "`region`?"),
        ("latency: {p99: < 1 s, class: urgent}", 32, "none of the words of `class`", "`critical`"),
        ("latency: {p99: < 1 s, exclude: [20]}", 35, "not a status", "such as"),
        ("latency: {p99: < 1 s, waived: {owner: me, until: soon, because: x}}", 52, "a day", ""),
        ("latency: {p99: < 1 s, waived: {owner: me}}", 25, "is missing", ""),
        ("failover: {error_window: < 1 s}", 3, "needs `drill`", "declare one"),
        ("latency: {p99: < 1 s, only: {route: hme}}", 39, "no route `hme`", "`home`?"),
        ("latency: {p99: < 1 s, only: {region: eu}}", 40, "no region `eu`", "none is declared"),
        ("latency: {p99: < 1 s, exclude: {route: x}}", 42, "no route `x`", "there is `home`"),
        ("latency: {p99: < 1 s, evidence: {margin: 2}}", 44, "no unit", "did you mean `2x`?"),
        ("failover: {drill: x}", 3, "no limit", ""),
        ("traffic-share: {share: {eu: at least 40 %}}", 27, "no region `eu`", "none is declared"),
        ("traffic-share: {share: 40 %}", 26, "a lower limit", "`at least 40 %`"),
        ("latency: {p99: < 1 s, during: steady/2}", 33, "no `steady/2`", "to `steady/1`"),
        ("latency: {p99: < 1 s, during: steady/hold}", 33, "is no drill", "write `steady`"),
        ("event-delivery: {promise: always}", 29, "none of the words of `promise`", "at-most"),
        ("failback: {drill: x, share_back_within: 5m}", 43, "not a duration", "`5 min`?"),
        ("event-delivery: {promise: exactly-once, lost: 0}", 49, "upper limit", "`<= 0`"),
        ("event-delivery: {promise: exactly-once, ordr: none}", 43, "unknown key", "`order`?"),
        ("event-delivery: {lost: <= 0}", 3, "needs `promise`", ""),
        ("recovery-point: {drill: x, at_most: 5}", 3, "a probe of kind `writes`", ""),
    ],
)
def test_a_wrong_target_is_refused_at_its_word(
    complain: Complain, target: str, column: int, message: str, remedy: str
) -> None:
    found = complain(f"{TOP}targets:\n  {target}\n")

    first = next(each for each in found if message in each.message)
    assert (first.line, first.column) == (4, column)
    assert remedy in (first.remedy or "")


@pytest.mark.parametrize(
    ("load", "message", "remedy"),
    [
        ("{rate: 150, journey: {a: {get: /}}}", "`150` has no unit", "did you mean `150/s`?"),
        ("{rate: 5/s, journy: {a: {get: /}}}", "unknown key `journy`", "`journey`?"),
        ("{rate: 5/s}", "a load is one of", "such as"),
        ("{journey: {a: {get: /}}}", "`rate` is missing", "such as `rate: 50/s`"),
        ("{rate: 5/s, journey: {a: {get: b}}}", "not a path", "did you mean `/b`?"),
        ('{rate: 5/s, journey: {a: {get: "http://h/"}}}', "an address", "no address"),
        ("{rate: 5/s, journey: {a: {get: /, post: /}}}", "exactly one thing", "remove one"),
        ("{rate: 5/s, journey: {a: {wieght: 2, get: /}}}", "unknown key `wieght`", "`weight`?"),
        ('{rate: 5/s, journey: {a: {get: "/{sku}"}}}', "`{sku}` is neither in `data`", ""),
        ("{rate: 5/s, journey: {a: {get: /, as: bob}}}", "no principal `bob`", "none is declared"),
        ("{rate: 5/s, entry: ap, journey: {a: {get: /}}}", "no entry `ap`", "did you mean `app`?"),
        ("{rate: 5/s, entry: {app: 60 %}, journey: {a: {get: /}}}", "add up to", "100 %"),
        ("{rate: 5/s, data: {s: 'a-{9..1}'}, journey: {a: {get: /}}}", "not a range", ""),
        ("{rate: 5/s, data: {s: [a]}, journey: {a: {get: /}}}", "values are", "{list: [...]}"),
        ("{rate: 5/s, journey: {a: {post: /, json: {}, form: {}}}}", "one body", "one of"),
        ('{rate: 5/s, journey: {a: {post: /, json: {a: ["{x}"]}}}}', "`{x}` is neither", ""),
        ("{rate: 5/s, data: {s: x}, journey: {a: {get: /}}}", "no range", "{list: [x]}"),
        ("{rate: 5/s, data: {s: {csv: no.csv, column: a}}, journey: {a: {get: /}}}", "no.csv", ""),
        ("{rate: 5/s, timeout: 5m, journey: {a: {get: /}}}", "not a duration", "`5 min`?"),
        (
            "{rate: 5/s, journey: {a: {get: /, expect: {json: {state: x}}}}}",
            "not a JSON pointer",
            "did you mean `/state`?",
        ),
    ],
)
def test_a_wrong_load_is_refused(complain: Complain, load: str, message: str, remedy: str) -> None:
    found = complain(f"nfrcheck: 1\nload: {{u: {load}}}\ntargets: {{latency: {{p99: < 1 s}}}}\n")

    first = next(each for each in found if message in each.message)
    assert first.line == 2
    assert remedy in (first.remedy or "")


@pytest.mark.parametrize(
    ("line", "message", "remedy"),
    [
        ("entries: {a: {url: localhost:80}}", "is not a URL", '`"http://localhost:80"`'),
        ("entries: {a: {}}", "an entry is one of", "such as"),
        ("entries: {a: {url: 'http://h', region: eu}}", "there is no region `eu`", "none"),
        ("components: {n: {kind: shel, kill: x}}", "no control `shel`", "did you mean `shell`?"),
        ("components: {n: x}", "`n` is a mapping", ""),
        ("build: {}", "`build` is one of", "such as"),
        ("components: {n: {kill: x}}", "`n` needs `kind`", "such as `kind: shell`"),
        ("components: {n: {kind: shell, kil: x}}", "unknown key `kil`", "did you mean `kill`?"),
        ("safety: {allow: [regoin-kill]}", "no fault `regoin-kill`", "`region-kill`?"),
        ("safety: {hosts: ['*.shop']}", "is no host", "`.shop`"),
        ("safety: {hosts: ['http://shop']}", "is a URL", "`shop`"),
        ("targets: {}", "`targets` belongs into the scenario", "move it"),
        ("regoins: {}", "unknown key `regoins`", "did you mean `regions`?"),
        ("buses: {eu: {kind: kafka, bootstap: [a]}}", "unknown key `bootstap`", "`bootstrap`?"),
    ],
)
def test_a_wrong_deployment_is_refused(
    complain: Complain, line: str, message: str, remedy: str
) -> None:
    found = complain(deployment=f"nfrcheck: 1\n{line}\n")

    first = next(each for each in found if message in each.message)
    assert (first.path, first.line) == ("b.deployment.yaml", 2)
    assert remedy in (first.remedy or "")


def test_a_file_without_a_target_is_refused(complain: Complain) -> None:
    assert [each.message for each in complain(TOP)] == ["there is no target"]
    assert [each.message for each in complain(f"{TOP}targets: {{}}\n")] == ["there is no target"]


def test_a_target_of_a_drill_that_never_runs_is_refused(complain: Complain) -> None:
    found = complain(
        TOP + "drills: {kill: {fault: {kind: component-kill, component: one}}}\n"
        "phases: [steady: 60 s]\ntargets: {failover: {drill: kill, error_window: < 1 s}}\n",
        DEPLOYMENT + "components: {one: {}}\n",
    )

    assert [each.message for each in found] == [
        "the drill `kill` is not in `phases`, so it never runs"
    ]


@pytest.mark.parametrize(
    ("section", "message", "remedy"),
    [
        ("drills: {d: {fault: {kind: link-latency, link: l, latency: 5m}}}", "`5m`", "`5 min`?"),
        ("drills: {d: {fault: {kind: region-grey, region: r, mode: slo}}}", "`slo`", "`slow`"),
        ("drills: {d: {fault: {kind: link-cut, lnik: l}}}", "unknown key `lnik`", "`link`?"),
        ("drills: {d: {fault: {kind: link-errors}}}", "needs `link`", ""),
        ("drills: {d: {fault: {kind: component-kil}}}", "`component-kil`", "`component-kill`?"),
        ("drills: {d: {fault: {kind: component-kill, componet: a}}}", "`componet`", "`component`?"),
        ("drills: {d: {fault: {kind: component-kill, component: a}, hold: 6}}", "`6`", "`6 s`?"),
        ("drills: {steady: {fault: {kind: component-kill, component: a}}}", "name of a phase", ""),
        ("drills: {d: {fault: {kind: link-cut, link: a}, vary: {lnk: [a]}}}", "varied", "`link`?"),
        ("drills: {d: {fault: x}}", "a mapping with `kind`", "such as"),
        ("drills: {d: {fault: {link: x}}}", "a fault needs `kind`", ""),
        ("drills: {d: {hold: 5 s}}", "`fault` is missing", ""),
        ("drills: {d: {fault: {kind: link-cut, link: a}, abort_if: {for: 5 s}}}", "one thing", ""),
        ("drills: [a]", "`drills` is a mapping of names", ""),
        ("phases: [[a]]", "a phase is", ""),
        ("phases: [run: 5 s]", "cannot name a phase", ""),
        ("name: My Scenario", "a name is small letters", ""),
        ("probes: {p: 5}", "`p` is a mapping", ""),
        ("phases: [steady: 5]", "`5` has no unit", "`5 s`?"),
        ("phases: [steady: {until: decidet}]", "`until: decided`", ""),
        ("phases: [steady: 0 s]", "takes time", "such as"),
        ("phases: [steady: 5 s, warm-up: 5 s]", "first phase", ""),
        ("phases: [calm]", "no drill `calm`", "`calm: 60 s`"),
        ("probes: {p: {kind: events, topic: t, from: a, to: b, rate: 5}}", "`5`", "`5/s`?"),
        ("probes: {p: {kind: evens, topic: t}}", "kind `evens`", "`events`?"),
        ("probes: {p: {get: /, every: 10}}", "`10` has no unit", "`10 s`?"),
        ("probes: {p: {get: /, every: 0 ms}}", "`every` must be greater than 0", ""),
        ("probes: {p: {get: /, evry: 1 s}}", "unknown key `evry`", "`every`?"),
        ("probes: {p: {get: /, id: /id, read: /a, rate: 5/s}}", "reading changes nothing", ""),
        ("profile: cl", "no profile `cl`", "there is `ci`"),
        ("evidence: {confidence: 0.95}", "`0.95` has no unit", "`95 %`?"),
        ("include: [nowhere.yaml]", "no file `nowhere.yaml`", ""),
    ],
)  # fmt: skip
def test_a_wrong_section_is_refused(
    complain: Complain, section: str, message: str, remedy: str
) -> None:
    found = complain(f"{TOP}{section}\ntargets: {{availability: {{at_least: 99 %}}}}\n")

    first = next(each for each in found if message in each.message)
    assert first.line == 3
    assert remedy in (first.remedy or "")


def test_two_targets_with_one_id_are_refused(complain: Complain) -> None:
    found = complain(SCENARIO + "  availability: {at_least: 99 %}\n")

    assert [(each.line, each.column) for each in found] == [(5, 3)]
    assert "twice, first on line 4" in found[0].message


def test_the_version_of_the_language_is_required_in_both_files(complain: Complain) -> None:
    found = complain(
        SCENARIO.replace("nfrcheck: 1\n", ""), 'nfrcheck: 2\nentries: {app: {url: "http://h"}}\n'
    )

    assert [each.path for each in found] == ["a.nfr.yaml", "b.deployment.yaml"]
    assert {each.code for each in found} == {"NFR011"}
