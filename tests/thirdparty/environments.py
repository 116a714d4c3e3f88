"""One virtual environment per third-party client, from its own hash-pinned lock, kept beside the project's."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def interpreter(package: str) -> Path:
    """The Python of a package's environment; makes the environment when it is absent or the lock has changed."""
    return environment(HERE / f"{package}.lock")


def environment(lock: Path) -> Path:
    """The Python of the environment a lock describes."""
    package = lock.stem
    digest = hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()[:12]
    home = Path(sys.prefix) / "thirdparty"
    home.mkdir(exist_ok=True)
    place = home / f"{package}-{digest}"
    with (home / f"{package}.busy").open("w") as busy:
        # Test processes run side by side; one of them builds, the others wait.
        fcntl.flock(busy, fcntl.LOCK_EX)
        if not (place / "complete").exists():
            shutil.rmtree(place, ignore_errors=True)
            subprocess.run([sys.executable, "-m", "venv", "--without-pip", place], check=True)
            subprocess.run(
                [sys.executable, "-m", "pip", "--python", place / "bin" / "python", "install", "--quiet",
                 "--no-input", "--disable-pip-version-check", "--require-hashes", "-r", lock],
                check=True,
            )  # fmt: skip
            (place / "complete").touch()
    return place / "bin" / "python"
