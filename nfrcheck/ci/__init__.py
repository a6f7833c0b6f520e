"""Pipeline files for GitHub, GitLab and Jenkins, from the templates beside this module."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from nfrcheck.errors import UsageError

_TEMPLATES = Path(__file__).with_name("templates")
USUAL = {"PACKAGE": "nfrcheck[load,report]", "STAGE": "test"}
_PLAIN = re.compile(r"[A-Za-z0-9._/-]+")


class Pipeline(NamedTuple):
    """Where a pipeline file goes, and where it goes when that place is taken (None: nowhere)."""

    template: str
    path: Path
    beside: Path | None
    what: str
    use: str


PIPELINES: Mapping[str, Pipeline] = {
    "github": Pipeline(
        template="github.yml",
        path=Path(".github/workflows/nfrcheck.yml"),
        beside=None,
        what="smoke on pull requests, full on Sundays 02:17 UTC",
        use="",
    ),
    "gitlab": Pipeline(
        template="gitlab.yml",
        path=Path(".gitlab-ci.yml"),
        beside=Path("ci/nfrcheck.gitlab-ci.yml"),
        what="smoke on merge requests, full on your schedules",
        use="include: [{local: ci/nfrcheck.gitlab-ci.yml}]  in .gitlab-ci.yml",
    ),
    "jenkins": Pipeline(
        template="Jenkinsfile",
        path=Path("Jenkinsfile"),
        beside=Path("ci/nfrcheck.Jenkinsfile"),
        what="full on Sundays after 02:00, and when built",
        use="a pipeline job with the script path ci/nfrcheck.Jenkinsfile",
    ),
}


class Made(NamedTuple):
    """A pipeline file to be written; `use` says what is left to do by hand, or nothing."""

    path: Path
    text: str
    what: str
    use: str


def pipeline_file(kind: str, scenario: str, deployment: str, root: Path) -> Made:
    """What `kind` runs `scenario` on `deployment` with; both as its commands will name them.

    Writes nothing. Raises UsageError if the file is there already, if `root` lies inside of a
    repository, where no CI system would look for it, or if a name would need quotes.
    """
    pipeline = PIPELINES[kind]
    _at_the_top(root)
    for name in (scenario, deployment):
        if not _PLAIN.fullmatch(name):
            remedy = "use letters, digits, `.`, `_`, `-` and `/` only"
            raise UsageError(f"`{name}` cannot stand in a pipeline file", remedy)
    text = rendered(pipeline.template, {**USUAL, "SCENARIO": scenario, "DEPLOYMENT": deployment})
    if not (root / pipeline.path).exists():
        return Made(pipeline.path, text, pipeline.what, "")
    if pipeline.beside is None or (root / pipeline.beside).exists():
        taken = pipeline.beside or pipeline.path
        raise UsageError(f"{taken} is there already", "edit it, or move it away first")
    return Made(pipeline.beside, text, pipeline.what, pipeline.use)


def rendered(template: str, words: Mapping[str, str]) -> str:
    """The template with each `@WORD@` replaced."""
    text = (_TEMPLATES / template).read_text("utf-8")
    return re.sub(r"@([A-Z]+)@", lambda found: words[found[1]], text)


def _at_the_top(root: Path) -> None:
    here = root.resolve()
    if (here / ".git").exists():
        return
    for folder in here.parents:
        if (folder / ".git").exists():
            raise UsageError(
                f"a pipeline file belongs at the top of the repository, {folder}",
                f"cd there, and name the folder of the scenarios: {here.relative_to(folder)}/...",
            )
