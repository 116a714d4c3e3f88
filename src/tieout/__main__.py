"""`python -m tieout` and the `tieout` command."""

from tieout.cli.app import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
