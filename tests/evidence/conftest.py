"""Property tests of the evidence draw the same examples everywhere, and never race a clock."""

from hypothesis import settings

settings.register_profile("evidence", deadline=None, derandomize=True, database=None)
settings.load_profile("evidence")
