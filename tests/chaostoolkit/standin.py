"""A stand-in for `nfrcheck hold`: it injects nothing and ends as the path after --get says."""

import json
import sys
import time


def main() -> int:
    words = sys.argv[1:]
    how = words[words.index("--get") + 1].strip("/")
    if how == "unseen":
        sys.stderr.write("nfrcheck hold: no request saw it")
        return 4
    line = {"event": "holds", "run": "hold-1", "where": {"words": words}, "at_most_s": 60.0}
    sys.stdout.write(f"{json.dumps(line)}\n")
    sys.stdout.flush()
    if how != "early":
        sys.stdin.read()
    if how == "stuck":
        sys.stderr.write("nfrcheck hold: the region is still down")
        return 6
    if how == "lost":
        sys.stderr.write("nfrcheck hold: it ended before the end of its hold")
        return 4
    if how == "slow":
        time.sleep(0.2)
    return 0


if __name__ == "__main__":
    sys.exit(main())
