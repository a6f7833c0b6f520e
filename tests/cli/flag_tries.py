"""For every flag a call of the installed command, and what a user sees that is due to the flag.

Runs that are kept in `kept/`: `{first}` passed, in `{second}` the same target fails, `{left}` has
many targets, and `{again}` is the one that is judged by other limits.
"""

from typing import NamedTuple

SHOP, STEEP, KILL = (f"scenarios/{name}.nfr.yaml" for name in ("shop", "steep", "kill"))
RUN, JUDGE = f"run {SHOP} -d local", "judge --out kept {first}"
STEEPLY = f"judge --out kept {{again}} --scenario {STEEP} -d local"
DAY = "gameday {} --gamedays days.yaml"


class Try(NamedTuple):
    """What is typed after `nfrcheck`, how it ends, what is said, and which file is there then."""

    words: str
    shows: str = ""
    """A pattern in what it says, on either stream."""
    code: int = 0
    file: str = ""
    """A pattern of pathlib, below the project."""
    holds: str = ""
    """What stands in that file."""
    hides: str = ""
    """A pattern that is said without the flag, and not with it."""
    typing: bool = False
    """Somebody is at the keyboard: standard input stays open."""


TRIES = {
    "--color": Try(f"--color always validate {STEEP} -d local", "\x1b\\["),
    "init --ci": Try("init http://127.0.0.1:9 made --ci gitlab", file=".gitlab-ci.yml"),
    "init --deployment": Try(
        f"init {SHOP} --ci jenkins -d staging", file="Jenkinsfile", holds="staging"
    ),
    "validate --deployment": Try(f"validate {SHOP} -d staging", "on staging"),
    "validate --profile": Try(f"validate {SHOP} -d local --profile soak", "30 s are needed"),
    "validate --strict": Try(f"validate {STEEP} -d local --strict", "error.NFR021", code=2),
    "validate --format": Try(f"validate {STEEP} -d local --format json", '"code": "NFR021"'),
    "plan --deployment": Try(f"plan {SHOP} -d staging", "will touch +staging"),
    "plan --output": Try(f"plan {SHOP} -d local -o kept.json", "hash", file="kept.json"),
    "plan --profile": Try(f"plan {SHOP} -d local --profile soak", "profile soak was asked for"),
    "plan --seed": Try(f"plan {SHOP} -d local --seed 4711", "--seed 4711"),
    "plan --only": Try(f"plan {SHOP} -d local --only speed", hides="availability  "),
    "plan --skip": Try(f"plan {SHOP} -d local --skip speed", hides="speed p90"),
    "plan --max-time": Try(f"plan {SHOP} -d local --max-time 90s", "longer than 1 min 30 s"),
    "run --deployment": Try(f"run {SHOP} -d staging --out d", file="d/*/run.json", holds="staging"),
    "run --out": Try(f"{RUN} --out elsewhere", file="elsewhere/*/run.json"),
    "run --profile": Try(f"{RUN} --profile soak --out p", "30 s to exclude 1-s", code=3),
    "run --seed": Try(f"{RUN} --seed 4711 --out s", file="s/*/run.json", holds='"seed": 4711'),
    "run --only": Try(f"{RUN} --only speed --out o", "1 passed", hides="availability"),
    "run --skip": Try(f"{RUN} --skip speed --out k", "1 passed", hides="speed"),
    "run --max-time": Try(f"{RUN} --max-time 1s --out m", "ABORTED", code=5),
    "run --inconclusive": Try(
        f"run {STEEP} -d local --inconclusive warn --out i", "leaning to pass"
    ),
    "run --dry-run": Try(f"{RUN} --dry-run --out never", "nothing was contacted"),
    "run --format": Try(f"{RUN} --format md --out f", file="f/*/summary.md", hides="scorecard"),
    "run --assets": Try(f"{RUN} --assets split --out a", file="a/*/*.css"),
    "run --junit": Try(f"{RUN} --junit here/unit.xml --out j", file="here/unit.xml"),
    "run --all": Try("run scenarios/many.nfr.yaml -d local --all --out all", "a-20 .*a-21 "),
    "run --json": Try(f"{RUN} --json --out n", '"event": "end"'),
    "run --end-with-stdin": Try(f"{RUN} --end-with-stdin --out e", "INTERRUPTED", code=130),
    "run --no-faults": Try(f"run {KILL} -d local --no-faults", "allows none", code=8),
    "run --beside": Try(f"{RUN} --out b --beside {{left}}", "begun beside it", code=8),
    "run --quiet": Try(f"{RUN} --quiet --out q", "PASSED", hides="warm-up"),
    "judge --out": Try("judge --out kept {first}", "PASSED"),
    "judge --scenario": Try(STEEPLY.replace("steep", "shop"), "PASSED"),
    "judge --deployment": Try(STEEPLY.replace("local", "nowhere"), "nowhere", code=2),
    "judge --profile": Try(f"{STEEPLY} --profile soak", "8.3 h", code=3),
    "judge --inconclusive": Try(f"{STEEPLY} --inconclusive warn", "leaning to pass"),
    "judge --format": Try(f"{JUDGE} --format md", hides="scorecard"),
    "judge --assets": Try(f"{JUDGE} --assets split", file="kept/*/*.css"),
    "judge --all": Try("judge --out kept {left} --all", "a-20 .*a-21 "),
    "report --out": Try("report --out kept {first}", "in +kept/"),
    "report --format": Try("report --out kept {first} --format md", "wrote  summary.md [^·]*$"),
    "report --assets": Try("report --out kept {left} --assets split", file="kept/*many*/*.css"),
    "report --open": Try("report --out kept {first} --open", file="opened", holds="scorecard.html"),
    "compare --out": Try("compare --out kept {first}", "noise unknown"),
    "compare --fail-on": Try(
        "compare --out kept {second} {first} --fail-on regression", "pass → fail", code=1
    ),
    "compare --format": Try("compare --out kept {first} --format json", '"regressed": false'),
    "history --out": Try("history --out kept", "availability +local"),
    "history --freshness": Try("history --out kept --freshness 1ms", "stale or never proven"),
    "history --fail-on-stale": Try(
        "history --out kept --freshness 1ms --fail-on-stale", "stale", code=3
    ),
    "history --format": Try("history --out kept --format json", '"target": "availability"'),
    "hold --deployment": Try("hold component-kill component=app-b -d nowhere", "nowhere", code=2),
    "hold --get": Try(
        "hold component-kill component=app-b -d local --get /broken", "500", code=4, typing=True
    ),
    "hold --at-most": Try(
        "hold component-kill component=app-b -d local --at-most 1s",
        "hold/1: 1.0 s",
        code=4,
        typing=True,
    ),
    "hold --quiet": Try(
        "hold component-kill component=app-b -d local --quiet", '"event"', code=4, hides="preflight"
    ),
    "describe --deployment": Try("describe -d staging", '"name": "staging"'),
    "export --chaostoolkit": Try(f"export --chaostoolkit {KILL} -d local", "component-kill"),
    "export --deployment": Try(f"export --chaostoolkit {KILL} -d staging", '"default": ".*staging'),
    "export --drill": Try(
        f"export --chaostoolkit {KILL} -d local --drill nonsense", "there is no drill", code=2
    ),
    "export --output": Try(
        f"export --chaostoolkit {KILL} -d local -o chaos",
        file="chaos/kill.json",
        holds="component-kill",
    ),
    "demo --bug": Try("demo --bug nonsense", "unknown --bug", code=2),
    "demo --list": Try("demo --list", "slow-eject"),
    "demo --scenario": Try("demo --scenario nonsense", "no shipped scenario", code=2),
    "gameday check --gamedays": Try(f"{DAY.format('check')} sunday", "sunday +due", code=8),
    "gameday check --at": Try(f"{DAY.format('check')} sunday --at 2026-11-22T02:20", "would start"),
    "gameday ci --gamedays": Try(DAY.format("ci cron sunday"), "nfrcheck gameday run"),
    "gameday history --gamedays": Try(
        f"{DAY.format('history')} --out kept sunday", "not proven within"
    ),
    "gameday history --out": Try(f"{DAY.format('history')} --out kept sunday", "availability"),
    "gameday history --format": Try(
        f"{DAY.format('history')} --out kept sunday --format csv", "target,"
    ),
    "gameday history --at": Try(
        f"{DAY.format('history')} --out kept sunday --at 2199-01-01T00:00", "2 of 2 stale"
    ),
    "gameday history --fail-stale": Try(
        f"{DAY.format('history')} --out kept sunday --at 2199-01-01T00:00 --fail-stale",
        "stale",
        code=3,
    ),
    "gameday next --gamedays": Try(f"{DAY.format('next')} sunday", "02:17 Europe/Berlin"),
    "gameday next --count": Try(f"{DAY.format('next')} sunday --count 1", hides=r"\n.*\n.*\n"),
    "gameday next --at": Try(f"{DAY.format('next')} sunday --at 2031-01-01T00:00", "2031-01-05"),
    "gameday notify --gamedays": Try(f"{DAY.format('notify')} sunday", "sunday is due"),
    "gameday notify --at": Try(f"{DAY.format('notify')} sunday --at 2031-01-01T00:00", "2031-01-0"),
    "gameday run --gamedays": Try(f"{DAY.format('run')} frozen --out z", "freeze.ics", code=8),
    "gameday run --out": Try(f"{DAY.format('run')} always --out g", file="g/*/runbook.html"),
    "gameday run --override-blackout": Try(
        f"{DAY.format('run')} frozen --override-blackout full-moon --out h",
        file="h/*/runbook.html",
        holds="full-moon",
    ),
    "gameday runbook --gamedays": Try(f"{DAY.format('runbook')} sunday", file="runbook-sunday*"),
    "gameday runbook --output": Try(f"{DAY.format('runbook')} sunday -o x.html", file="x.html"),
    "gameday runbook --run": Try(
        f"{DAY.format('runbook')} sunday --run kept/{{first}}", file="kept/*/runbook.html"
    ),
    "gameday runbook --at": Try(
        f"{DAY.format('runbook')} sunday --at 2031-01-01T00:00 -o y.html",
        file="y.html",
        holds="2031",
    ),
    "restore --yes": Try("restore --yes", "nothing is left"),
    "restore --list": Try("restore --list", "nothing is left"),
    "restore --scan": Try("restore --scan --yes -d local", "component app-b"),
    "restore --deployment": Try("restore --scan --yes -d staging", "of staging are well"),
    "list --later": Try("list checks --later", "call-graph"),
}
# What takes longer, or is stopped in the middle.
ELSEWHERE = {
    f"demo --{name}": "tests/run/test_whole_run_demo.py::"
    "test_it_runs_what_was_asked_for_and_keeps_the_regions_until_ctrl_c"
    for name in ("keep", "seed", "out")
}
