"""A service that is known by its URL gets two files that read."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from nfrcheck.errors import UsageError
from nfrcheck.scenario.init import first_files
from nfrcheck.scenario.phases import Quiet
from nfrcheck.scenario.read import read_pair


@pytest.mark.parametrize(
    ("url", "name", "origin", "path"),
    [
        ("http://127.0.0.1:8000", "local", "http://127.0.0.1:8000", "/"),
        ("http://[::1]:8000/", "local", "http://[::1]:8000", "/"),
        ("https://shop.example/v1/items?n=5&a=b", "shop-example", "https://shop.example",
         "/v1/items?n=5&a=b"),
        ("http://b\u00fccher.example", "b-cher-example", "http://b\u00fccher.example", "/"),
        # Words of YAML, and of the language.
        ("http://none", "none", "http://none", "/"),
        ("http://1e3/", "1e3", "http://1e3", "/"),
        (f"http://{'a' * 63}.example", "a" * 60, f"http://{'a' * 63}.example", "/"),
        ("localhost:8000/health", "local", "http://localhost:8000", "/health"),
    ],
)  # fmt: skip
def test_the_first_files_read(tmp_path: Path, url: str, name: str, origin: str, path: str) -> None:
    files = first_files(url, tmp_path)

    assert not list(tmp_path.iterdir()), "whoever asked writes them"
    (tmp_path / "deployments").mkdir()
    for file, text in files.items():
        file.write_text(text, "utf-8")
    scenario, deployment, found = read_pair(*files)
    assert (scenario.name, deployment.name, found) == (name, name, ())
    assert deployment.entries["app"].url == origin
    assert deployment.safety
    assert deployment.safety.hosts == (urlsplit(origin).hostname,)
    assert scenario.load["users"].journey["first"].path == path
    assert Quiet("steady", 180.0, until_decided=True) in scenario.phases
    assert [target.id for target in scenario.targets] == ["availability", "latency"]
    assert all(len(text.splitlines()) <= 15 for text in files.values())


@pytest.mark.parametrize("there", ["local.nfr.yaml", "deployments/local.deployment.yaml"])
def test_what_is_there_already_is_refused(tmp_path: Path, there: str) -> None:
    path = tmp_path / there
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine")

    with pytest.raises(UsageError, match="is there already"):
        first_files("http://127.0.0.1:8000", tmp_path)


@pytest.mark.parametrize(
    "url",
    [
        *("", "ftp://h", "http://", "http://h:x", 'http://h/"x', "http://h/a b", "http://h/\x7f"),
        # What would mean something else in the files.
        *("http://a,b", "http://{x}", "http://*", "http://[h", "http://[1.2.3.4]", "http://h%"),
        f"http://{'h' * 64}",
    ],
)
def test_what_is_no_url_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(UsageError, match="is not a URL"):
        first_files(url, tmp_path)


@pytest.mark.parametrize("url", ["http://h/{a}", "http://h/?q={a}", "http://h/}"])
def test_a_path_that_would_be_a_template_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(UsageError, match="has braces"):
        first_files(url, tmp_path)


@pytest.mark.parametrize(
    "url",
    ["http://u:pw@h/", "u:pw@h", "http://u:pw@h:x/", "http://u:p/pw@h", "ftp://u:pw@h", "//u:pw@h"],
)
def test_a_password_is_refused_and_not_said_again(tmp_path: Path, url: str) -> None:
    with pytest.raises(UsageError, match=r"names a user|is not a URL") as refused:
        first_files(url, tmp_path)

    assert "pw" not in str(refused.value)
    assert "h" in str(refused.value)
