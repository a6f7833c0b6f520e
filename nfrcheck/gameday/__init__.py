"""Game days: when a run may begin by itself, what is printed for it, and who is told."""
