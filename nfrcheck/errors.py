"""Errors, by who must act: the author, the operator, the caller; everything else is our own bug."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

Severity = Literal["error", "warning", "later"]


class NfrcheckError(Exception):
    """Something a person can put right; `remedy` says how. `exit_code` ends the process."""

    exit_code: ClassVar[int] = 7

    def __init__(self, message: str, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class UsageError(NfrcheckError):
    """The caller: a wrong flag, a file that is not there."""

    exit_code = 2


class ScenarioError(NfrcheckError):
    """The author of the scenario."""

    exit_code = 2


class DeploymentError(NfrcheckError):
    """The operator, who wrote the deployment file."""

    exit_code = 2


class Aborted(NfrcheckError):
    """A guard or a limit stopped the run; everything is put back."""

    exit_code = 5


class NotRestored(NfrcheckError):
    """Somebody, now: a fault may still be in place."""

    exit_code = 6


class Refused(NfrcheckError):
    """Nothing was contacted: a window, a lock, an approval or an open ledger stands against it."""

    exit_code = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One sentence about one place of a file. Lines and columns count from 1; 0: no such place."""

    code: str
    severity: Severity = "error"
    message: str
    path: str
    line: int = 0
    column: int = 0
    length: int = 1
    source: str = ""
    """The line as it stands in the file, for the frame."""
    remedy: str | None = None

    @property
    def where(self) -> str:
        return f"{self.path}:{self.line}:{self.column}" if self.line else self.path


class InvalidFiles(NfrcheckError):
    """All that is wrong with the files of one call, at once."""

    exit_code = 2

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        errors = [entry for entry in self.diagnostics if entry.severity == "error"]
        first = f": {errors[0].where}: {errors[0].message}" if errors else ""
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        super().__init__(f"the files are not valid{first}{more}")
