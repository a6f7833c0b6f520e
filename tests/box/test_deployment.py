"""The deployment file says what a real platform would say, in the language of such files."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from nfrcheck.box import deployment
from nfrcheck.box.layout import PARTS, Layout


@pytest.fixture
def told(tmp_path: Path) -> Any:
    return YAML(typ="safe").load(deployment.text(Layout(folder=tmp_path, port=18443)))


def test_entries_name_address_region_and_authority(told: Any) -> None:
    assert told["entries"] == {
        "global": {"url": "https://127.0.0.1:18443", "ca": "ca.pem"},
        "region-a": {"url": "https://127.0.1.1:18443", "region": "a", "ca": "ca.pem"},
        "region-b": {"url": "https://127.0.2.1:18443", "region": "b", "ca": "ca.pem"},
    }
    assert told["served_by"] == {"header": "x-served-region"}


def test_every_part_and_region_can_be_undone_and_verified(told: Any) -> None:
    parts = {part.name for part in PARTS}
    assert set(told["components"]) == parts | {"app-a", "app-b"}
    processes = [told["components"][name] for name in parts]
    controls = [*processes, *told["regions"].values()]
    for control in controls:
        assert control["kind"] == "http"
        assert control["verify"].startswith("GET http://127.0.0.2:18443/")
        for act, undo in (("kill", "restore"), ("pause", "resume"), ("drain", "undrain")):
            assert (act in control) == (undo in control)
        assert control["kill"].endswith("/kill")


def test_an_application_is_scaled_and_deployed_back_to_what_its_platform_tells(told: Any) -> None:
    application = told["components"]["app-b"]

    assert application["scale"].endswith("/apps/b/scale/{replicas}")
    assert application["deploy"].endswith("/apps/b/deploy/{version}")
    assert application["rollback"].endswith("/apps/b/rollback/{version}")
    look = "http://127.0.0.2:18443/apps/b"
    assert application["version"] == {"get": look, "json": "/version"}
    assert application["replicas"] == {"get": look, "json": "/replicas"}
    assert application["shows"]["version"] == {"header": "x-served-build"}


def test_what_makes_a_region_grey_is_an_act_with_its_undo_of_one_part_each(told: Any) -> None:
    base = "http://127.0.0.2:18443/components"
    acts = {name: part.get("acts", {}) for name, part in told["components"].items()}

    assert acts["store-b"] == {
        "read-only": {
            "do": f"POST {base}/store-b/read-only",
            "undo": f"POST {base}/store-b/writable",
        }
    }
    shown = {"header": "x-store", "get": "/system/v1/inventory/sku-1"}
    assert told["components"]["store-b"]["shows"] == {"read-only": shown}
    assert acts["gw-b"] == {
        "expired-cert": {
            "do": f"POST {base}/gw-b/expired-cert",
            "undo": f"POST {base}/gw-b/valid-cert",
        }
    }
    grey = {"read-only", "expired-cert"}
    assert {name for name in acts if grey & {*acts[name]}} == {"store-a", "store-b", "gw-a", "gw-b"}


def test_faults_stay_on_the_hosts_of_the_box(told: Any) -> None:
    assert "region-kill" in told["safety"]["allow"]
    assert all(host.startswith("127.") for host in told["safety"]["hosts"])


def test_the_token_is_a_reference_and_stands_in_a_private_file(tmp_path: Path) -> None:
    box = Layout(folder=tmp_path, port=18443)

    deployment.write(box, "s3cret")

    told = YAML(typ="safe").load(box.deployment)
    assert told["principals"]["alice"] == {"token": {"env": "BOX_ALICE_TOKEN"}}
    assert "s3cret" not in box.deployment.read_text()
    assert (tmp_path / "box.env").read_text() == "BOX_ALICE_TOKEN=s3cret\n"
    assert (tmp_path / "box.env").stat().st_mode & 0o077 == 0
