"""nfrcheck finds out, on the running system, whether promised numbers hold."""

__version__ = "0.1.0"


def discover(*, discover_system: bool = True) -> dict[str, object]:
    """Called by `chaos discover nfrcheck`, which looks for it here and nowhere else."""
    from nfrcheck.chaostoolkit.discovery import discover as found  # noqa: PLC0415

    return found(discover_system=discover_system)
