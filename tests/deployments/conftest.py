"""Real processes and servers to hurt."""

from tests.victims.fixtures import operations, state, victim

__all__ = ["operations", "state", "victim"]
