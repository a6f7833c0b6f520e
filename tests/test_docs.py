"""What the documents say is so: their commands run, their files load, what they name exists."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import unquote

import pytest

from nfrcheck import cli
from nfrcheck.box import deployment
from nfrcheck.box.layout import Layout
from nfrcheck.judge import exit_code
from nfrcheck.model.scorecard import EXIT_NAMES
from nfrcheck.model.verdict import Outcome
from nfrcheck.scenario.read import read_pair
from tests.test_architecture import MAY_IMPORT

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text("utf-8")

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")

# Not run here. What `make` does would run these tests again; its targets are looked up instead.
EXEMPT = {"pip": "it would install the package over the one that is being tested"}
ADDRESS = "127.0.0.1:8000"
CUT_S = 2
"""How long the README's run may take here; a limit ends it with 5."""


def blocks(language: str) -> list[str]:
    return [text for word, text in BLOCK.findall(README) if word == language]


def commands() -> list[list[str]]:
    """The words of every command that the README shows as something to type."""
    lines = "\n".join(blocks("sh")).splitlines()
    return [words for line in lines if (words := shlex.split(line, comments=True))]


def spoken(text: str) -> list[str]:
    """All that a document sets as code: blocks, indented lines, words between backticks."""
    fenced = [code for _, code in BLOCK.findall(text)]
    rest = BLOCK.sub("", text)
    return [*fenced, *re.findall(r"^ {4}(.*)$", rest, re.MULTILINE), *CODE.findall(rest)]


@pytest.fixture(scope="module")
def documents(repository: Mapping[str, str]) -> dict[str, str]:
    return {path: text for path, text in repository.items() if path.endswith(".md")}


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    """A service that answers everything well."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_every_command_is_of_a_kind_that_is_tried_here() -> None:
    kinds = {words[0] for words in commands()}

    assert kinds == {"make", "nfrcheck", *EXEMPT}
    assert not blocks(""), "a block without a language is neither run nor read"


@pytest.mark.slow
def test_the_commands_of_the_readme_run_one_after_another(address: str, tmp_path: Path) -> None:
    environment = {**os.environ, "NFRCHECK_MAX_TIME": f"{CUT_S} s"}
    [days] = [text for text in blocks("yaml") if text.startswith("# gamedays.yaml: ")]
    (tmp_path / "gamedays.yaml").write_text(days, encoding="utf-8")
    ran = [words[1:] for words in commands() if words[0] == "nfrcheck"]

    for words in ran:
        ended = subprocess.run(
            [sys.executable, "-m", "nfrcheck", *(w.replace(ADDRESS, address) for w in words)],
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
        # Only the time is cut: whatever else went wrong would be another code.
        assert ended.returncode == (5 if words[0] == "run" else 0), (words, ended)

    assert {"init", "validate", "plan", "run", "doctor", "restore"} <= {words[0] for words in ran}
    [kept] = (path for path in (tmp_path / "reports" / "runs").iterdir() if path.is_dir())
    assert (kept / "scorecard.html").stat().st_size > 10_000
    assert (kept / "load-users.0.0.rec").is_file(), "the run has sent nothing"


@pytest.mark.parametrize("target", re.findall(r"\bmake ([a-z-]+)", "\n".join(spoken(README))))
def test_make_knows_the_targets_that_are_named(target: str) -> None:
    shown = subprocess.run(
        ["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=False, timeout=20
    )

    assert shown.returncode == 0, shown.stderr
    assert f"\n{target}:" in (ROOT / "Makefile").read_text("utf-8")
    assert shown.stdout


def test_the_files_of_the_readme_are_right_and_can_decide(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for text in blocks("yaml"):
        named = re.match(r"# ([a-z-]+(?:\.nfr|\.deployment)?\.yaml): ", text)
        assert named, f"which file is this? {text[:60]}"
        (tmp_path / named[1]).write_text(text, encoding="utf-8")
    [scenario], [place] = tmp_path.glob("*.nfr.yaml"), tmp_path.glob("*.deployment.yaml")

    assert not read_pair(scenario, place).diagnostics, "some of it would be NOT RUN"
    assert cli.exit_code(["validate", "--strict", str(scenario)]) == 0
    assert "can decide 3 of 3 targets" in capsys.readouterr().out


def test_the_drill_of_the_readme_is_that_of_the_example() -> None:
    [drill] = blocks("python")

    assert drill in (ROOT / "examples/service/tests/test_drill.py").read_text("utf-8")


def shipped() -> Iterator[tuple[Path, Path | None]]:
    """Each scenario with each deployment that is its own; None: it is made for the box."""
    for scenario in sorted((ROOT / "scenarios").glob("*.nfr.yaml")):
        name = scenario.name.removesuffix(".nfr.yaml")
        own = sorted((ROOT / "scenarios" / "deployments").glob(f"{name}-*.deployment.yaml"))
        places: list[Path | None] = [*own] or [None]
        yield from ((scenario, place) for place in places)


@pytest.mark.parametrize(
    ("scenario", "place"),
    [pytest.param(*pair, id=(pair[1] or pair[0]).name.partition(".")[0]) for pair in shipped()],
)
def test_every_shipped_scenario_can_decide_all_its_targets(
    scenario: Path, place: Path | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    box = Layout(folder=tmp_path, port=18443)
    box.ca.touch()
    deployment.write(box, "a-token")

    code = cli.exit_code(
        ["validate", "--strict", str(scenario), "-d", str(place or box.deployment)]
    )

    said = capsys.readouterr().out
    assert code == 0, said
    able, declared = re.findall(r"can decide (\d+) of (\d+) targets", said)[0]
    assert able == declared, said
    assert "NOT RUN" not in said


def test_every_shipped_deployment_belongs_to_a_scenario() -> None:
    there = {*(ROOT / "scenarios" / "deployments").iterdir()}

    assert there == {place for _, place in shipped() if place}


def test_exit_codes_mean_what_the_readme_says() -> None:
    rows = re.findall(r"^\| ([A-Z ]+) \|.*\| (\d+) \|$", README, re.MULTILINE)
    further = README.partition("Further exit codes: ")[2].partition("\n\n")[0]
    named = re.findall(r"(\d+) ([a-z ]*[a-z])", re.sub(r"\([^)]*\)", "", further))

    assert {word.lower().replace(" ", "-") for word, _ in rows} == {o.value for o in Outcome}
    for word, code in rows:
        outcome = Outcome(word.lower().replace(" ", "-"))
        assert exit_code([outcome], ended="complete", restored=True) == int(code), word
    others = EXIT_NAMES.keys() - {int(code) for _, code in rows}
    assert {int(code): name for code, name in named} == {c: EXIT_NAMES[c] for c in others}


def test_every_link_leads_somewhere(documents: Mapping[str, str]) -> None:
    links = [(path, link) for path, text in documents.items() for link in LINK.findall(text)]
    inside = [(path, link) for path, link in links if not re.match(r"https?://|#|mailto:", link)]
    lost = [
        f"{path}: {link}"
        for path, link in inside
        if not (ROOT / path).parent.joinpath(unquote(link.partition("#")[0])).exists()
    ]

    assert not lost
    assert len(inside) > 5


def test_every_command_that_is_named_exists(documents: Mapping[str, str]) -> None:
    named = {
        word
        for text in documents.values()
        for code in spoken(text)
        for word in re.findall(r"(?:^|\s)nfrcheck ([a-z]+)", code)
    }

    assert named <= set(cli.COMMANDS)
    assert len(named) > 5


def table() -> dict[tuple[str, ...], str]:
    """The parts of each row of the architecture's table, and who they may import."""
    rows = re.findall(r"^\| (`.*?) \|.*\| (.*?) \|$", ARCHITECTURE, re.MULTILINE)
    return {units(parts): imports for parts, imports in rows}


def units(text: str) -> tuple[str, ...]:
    return tuple(name.removesuffix(".py").rstrip("/") for name in CODE.findall(text))


def test_the_architecture_names_all_that_there_is_and_nothing_else() -> None:
    there = {path.stem for path in (ROOT / "nfrcheck").iterdir() if path.name != "__pycache__"}
    named = set(re.findall(r"[a-z_]+(?:/[a-z_]+)*(?:/|\.py\b)", "\n".join(spoken(ARCHITECTURE))))

    for name in named:
        assert any((folder / name).exists() for folder in (ROOT, ROOT / "nfrcheck")), name
    assert {part for row in table() for part in row} == there - {"__init__", "__main__", "py"}


def allowed(words: str, above: Iterable[str]) -> set[str]:
    """`nothing`, a list of names, or `all above` with exceptions."""
    if words.startswith("all above"):
        return set(above) - set(units(words))
    return set(units(words))


def test_the_architecture_says_who_may_import_whom_as_it_is_held() -> None:
    above: list[str] = []

    for parts, words in table().items():
        for part in parts:
            held = MAY_IMPORT[part] & {name for row in table() for name in row}
            assert held - set(parts) == allowed(words, above), part
        above += parts
