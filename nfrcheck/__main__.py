"""`python -m nfrcheck`: the same as the command `nfrcheck`."""

from nfrcheck.cli import main

if __name__ == "__main__":
    main()
