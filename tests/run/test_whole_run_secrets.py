"""No secret is written anywhere, whatever a server or a command says back, in whatever form."""

import base64
import json
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from tests.experiments.children import Answer, Asked
from tests.run.whole import Shop, Start, WholeRun, drill

pytestmark = pytest.mark.slow

# Characters that every encoding writes in another way. No name gives away what it holds, but one
# that no file names.
ODD = '+A/"q\\&='
NAMES = ("ALICE", "TENANT", "OPERATOR", "DB_PASSWORD")
PLANTED = {name: f"{name.lower()}-{ODD}7c{number}" for number, name in enumerate(NAMES)}
FILED = f"in-a-file-{ODD}d0d0"
EVERY = [*PLANTED.values(), FILED]


def forms(secret: str) -> set[str]:
    """As it is, in a URL, in JSON, and in base64, also as the password of Basic."""
    plain = secret.encode()
    coded = {base64.b64encode(plain), base64.urlsafe_b64encode(plain)}
    coded.add(base64.b64encode(b"bob:" + plain))
    return {
        secret,
        quote(secret, safe=""),
        quote(secret),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        *(one.decode().rstrip("=") for one in coded),
    }


def echoed(asked: Asked, *, fails: bool) -> Answer:
    """All that was sent comes back in body and headers, in every form."""
    sent = {name: text for name, text in asked.headers.items() if name.startswith(("x-", "auth"))}
    words = [word for text in sent.values() for word in (text, *text.split())]
    said = [form for word in words for form in forms(word)]
    body = json.dumps({"sent": sent}) + "\n".join(said)
    more = {f"x-echo-{number}": form for number, form in enumerate(said)}
    return (500 if fails else 200, more, body.encode())


@pytest.fixture
def planted(shop: Shop) -> Shop:
    """As any shop, down while a file is there; else it says what it was sent, and often fails."""
    calls = iter(range(10**9))

    def answer(asked: Asked) -> Answer:
        if shop.down.exists():
            return (503, {}, b"down")
        return echoed(asked, fails=next(calls) % 5 == 4 and "x-tenant" in asked.headers)

    shop.server.answer = answer
    return shop


def deployment(shop: Shop, **scripts: str) -> Path:
    """Whose commands print all that they can find before they end."""
    (shop.place / "bob.txt").write_text(f"{FILED}\n", "utf-8")
    for verb, text in scripts.items():
        tell = f"for name in {' '.join(NAMES)}; do printenv $name >&2; done; cat bob.txt >&2"
        (shop.place / f"{verb}.sh").write_text(f"{tell}\n{text}\n", "utf-8")
    path = shop.place / "small.deployment.yaml"
    path.write_text(
        "nfrcheck: 1\nname: small\n"
        f'entries: {{global: {{url: "{shop.server.url}"}}}}\n'
        "components:\n"
        "  app: {kind: shell, within: 1 s, entry: global, "
        "kill: sh kill.sh, restore: sh restore.sh}\n"
        "  store: {kind: http, within: 1 s, entry: global, "
        "headers: {authorization: {env: OPERATOR}}, "
        f'kill: "POST {shop.server.url}/kill", restore: "POST {shop.server.url}/restore"}}\n'
        "principals:\n"
        "  alice: {token: {env: ALICE}}\n"
        "  bob: {basic: {username: bob, password: {file: bob.txt}}}\n"
        "safety: {allow: [component-kill], hosts: [127.0.0.1], max_rate: 500/s}\n",
        "utf-8",
    )
    return path


def scenario(component: str) -> str:
    text = drill(f"{{kind: component-kill, component: {component}}}", hold_s=1)
    sent = (
        "headers: {x-tenant: {env: TENANT}}, "
        "journey: {one: {as: alice, get: /}, two: {as: bob, get: /}}"
    )
    return text.replace("journey: {browse: {get: /}}", sent)


def leaks(run: WholeRun, *said: str) -> list[str]:
    """Where which secret is found: in every file that was written, and in what was said."""
    ours = {run.scenario, run.deployment, *run.place.glob("*.sh"), run.place / "bob.txt"}
    texts = {
        str(path.relative_to(run.place)): path.read_bytes()
        for path in run.place.rglob("*")
        if path.is_file() and path not in ours
    }
    texts |= {f"said {number}": text.encode() for number, text in enumerate(said)}
    return [
        f"{name}: {form}"
        for name, text in texts.items()
        for secret in EVERY
        for form in forms(secret)
        if form.encode() in text
    ]


def others(run: WholeRun) -> list[str]:
    """What the other commands say about the same files and the same run."""
    odd = run.place / "odd.deployment.yaml"
    text = run.deployment.read_text("utf-8").replace("alice: {token:", "alice: {tokne:")
    odd.write_text(text, "utf-8")
    (run.place / "gamedays.yaml").write_text(
        f"gamedays: {{weekly: {{scenario: {run.scenario.name}, deployment: {run.deployment.name}, "
        'schedule: "17 2 * * SUN", timezone: Europe/Berlin, approval: {needed: none}, '
        'window: {open: "02:00", close: "05:00", latest_start: 45 min}}}\n',
        "utf-8",
    )
    days = run.place / "gamedays.yaml"
    ended = [
        run.nfrcheck("validate", run.scenario, "-d", odd),
        run.nfrcheck("plan", run.scenario, "-d", run.deployment, "-o", run.place / "plan.json"),
        run.nfrcheck("report", run.folder),
        run.nfrcheck("doctor"),
        run.nfrcheck("restore", "--list"),
        run.nfrcheck("restore", "--yes"),
        run.nfrcheck(
            *("gameday", "runbook", "weekly", "--gamedays", days, "--run", run.folder),
            *("-o", run.place / "runbook.html"),
        ),
    ]
    codes = [one.returncode for one in ended]
    assert codes[0] == 2, ended[0]
    assert codes[1:3] == [0, 0], ended
    assert codes[6] == 0, ended[6]
    return [one.stdout + one.stderr for one in ended]


@pytest.mark.timeout(150)  # one run and six commands after it
@pytest.mark.parametrize(
    ("component", "kill", "restore", "code"),
    [
        pytest.param("app", "exit 7", "", 4, id="drill-fails", marks=pytest.mark.slow),
        pytest.param("app", "touch down", "exit 7", 6, id="ledger-is-left"),
        pytest.param("store", "", "", 4, id="over-http", marks=pytest.mark.slow),
    ],
)
def test_no_secret_is_written_or_said(  # noqa: PLR0917 - a case has as many
    component: str, kill: str, restore: str, code: int, start: Start, planted: Shop
) -> None:
    run = start(
        scenario(component),
        deployment(planted, kill=kill, restore=restore),
        *("--junit", planted.place / "junit.xml"),
        **PLANTED,
    )

    assert run.end() == code, run.words()
    failures = "".join(path.read_text() for path in run.folder.glob("failures-*"))
    assert "[redacted]" in failures, "the server said it"
    sent = [asked.headers for asked in planted.server.asked]
    assert any(one.get("x-tenant") == PLANTED["TENANT"] for one in sent)
    assert not leaks(run, *others(run))
