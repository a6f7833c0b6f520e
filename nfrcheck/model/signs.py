"""What in an answer tells which version gave it, or which of several replicas."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """A header, or a place in a JSON body: exactly one of them.

    `path`: what is asked for; None: what the run asks that entry for anyway.
    """

    header: str | None = None
    json: str | None = None
    path: str | None = None

    @property
    def words(self) -> str:
        """Such as `the header x-build of /healthz`."""
        what = f"the header {self.header}" if self.header else f"{self.json} in the body"
        return f"{what} of {self.path}" if self.path else what
