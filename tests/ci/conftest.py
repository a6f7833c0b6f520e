"""The projects of the command-line tests."""

from tests.cli.conftest import empty, project

__all__ = ["empty", "project"]
