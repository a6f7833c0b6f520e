"""Actions and probes for plain `chaos run`: faults that are guarded and proven as in a run.

In the process of `chaos` there is the standard library and chaoslib only: whatever injects or
measures is a child process. Only `export` and `asking`, which no experiment names, load more.
"""
