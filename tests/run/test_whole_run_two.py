"""Of two runs that are begun together on one deployment, one alone touches it."""

from pathlib import Path

from tests.run.whole import Shop, Start, drill


def test_one_of_two_is_refused_and_told_who_has_it(
    start: Start, shop: Shop, tmp_path: Path
) -> None:
    killed = tmp_path / "killed"
    script = tmp_path / "kill.sh"
    script.write_text(f"echo x >> {killed}; touch {shop.down}\n", "utf-8")
    kill = f"sh {script}"
    deployment = shop.deployment(kill=kill)
    first = start(drill(hold_s=1), deployment)
    first.wait_for("run", state="started")

    second = first.again()

    assert second.returncode == 8
    assert f"small is held by run {first.folder.name}" in second.stderr
    first.end()
    assert killed.read_text("utf-8") == "x\n"
    assert len([path for path in first.out.iterdir() if path.is_dir()]) == 1
