"""What is protected is run by the approved plan only, and a spent error budget ends it in time."""

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.run.whole import END_WITHIN_S, Shop, Start, drill, quiet

TARGETS = "{availability: {at_least: 90 %, during: run, longest_outage: off}}"
GUARD = ", abort_if: {error_budget: above 10 %}"
# 100 ms warm-up, 500 ms baseline, 60 s hold, 1 s settle, 50 requests a second, of which a tenth may
# fail; a tenth of that may be spent.
ALLOWED = 0.1 * 50 * 61.6
SEED = "7"


def protected(shop: Shop) -> Path:
    path = shop.deployment()
    path.write_text(path.read_text().replace("safety: {", "safety: {protected: true, "))
    return path


def nfrcheck(place: Path, *words: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "nfrcheck", *map(str, words)],
        cwd=place,
        env={**os.environ, "NFRCHECK_STATE": str(place / "state"), **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=END_WITHIN_S,
    )


def kept_plan(place: Path, text: str, deployment: Path) -> dict[str, Any]:
    """The plan of this scenario, kept in `place`."""
    (place / "small.nfr.yaml").write_text(text, "utf-8")
    words = ("plan", "small.nfr.yaml", "-d", deployment, "--seed", SEED, "-o", "plan.json")
    ended = nfrcheck(place, *words)
    assert ended.returncode == 0, ended.stderr
    plan: dict[str, Any] = json.loads((place / "plan.json").read_text("utf-8"))
    return plan


def approval(digest: str) -> str:
    until = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
    return json.dumps({"hash": digest, "who": "Operations", "until": until.isoformat()})


def test_an_approved_drill_is_ended_and_put_back_when_its_error_budget_is_spent(
    start: Start, shop: Shop, tmp_path: Path
) -> None:
    text = drill(more=GUARD, hold_s=60, targets=TARGETS)
    plan = kept_plan(tmp_path, text, protected(shop))
    approved = approval(plan["hash"])

    run = start(text, protected(shop), "--seed", SEED, NFRCHECK_APPROVAL=approved)

    assert run.end() == 5, run.words()
    found = run.run_json()
    assert (found["ended"], found["restored"]) == ("aborted", True)
    assert "error_budget of shop: " in found["sentence"]
    assert any("approved by Operations until" in note for note in found["notes"])
    (aborted,) = run.events("run", state="ended")
    (commanded,) = run.events("fault", state="commanded")
    seconds = [line for line in run.events("health") if line["instrument"] == "load-shop.0"]
    spent = sum(line["bad"] for line in seconds if line["t"] <= aborted["t"])
    assert spent > 0.1 * ALLOWED
    # It takes half a second to spend it; each second somebody looks, and then it is put back.
    (healing,) = run.events("fault", state="healing")
    assert healing["t"] - commanded["t"] < 5
    assert not shop.down.exists()
    assert run.ledger().closed


def test_a_kept_plan_is_what_is_run(shop: Shop, tmp_path: Path) -> None:
    plan = kept_plan(tmp_path, quiet(1), protected(shop))
    approved = approval(plan["hash"])

    without = nfrcheck(tmp_path, "run", "plan.json", "--out", "runs")
    assert not shop.server.asked, "nothing is contacted before it is approved"
    ended = nfrcheck(tmp_path, "run", "plan.json", "--out", "runs", NFRCHECK_APPROVAL=approved)

    assert without.returncode == 8
    assert "small is protected: " in without.stderr
    assert ended.returncode in {0, 3, 4}, ended.stderr
    (folder,) = (tmp_path / "runs").glob("*/")
    found = json.loads((folder / "run.json").read_text("utf-8"))
    assert found["seed"] == int(SEED)
    assert f"the plan is plan.json, hash {plan['hash']}" in found["notes"]
    assert shop.server.asked, "the approved run has contacted it"
