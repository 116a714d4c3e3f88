"""Stores for tests: a SQLite file copied from a fresh one, or a schema of its own on a private PostgreSQL server.

Which it is, `pytest --store` says; a folder's store is the same for every process that is given the folder.
"""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import tempfile
from functools import cache
from pathlib import Path

from sqlalchemy import text

from tieout.store.database import Database, open_engine
from tieout.store.migrating import upgrade

#: Address of the private server, set by `conftest` for this process and those it starts.
SERVER = "TIEOUT_TEST_POSTGRES"


def store_url(folder: Path, name: str = "house") -> str:
    """The address of the store of this name in this folder; made when it is asked for the first time."""
    if not (server := os.environ.get(SERVER)):
        file = folder / f"{name}.db"
        if not file.exists():
            shutil.copyfile(_fresh_file(), file)
        return f"sqlite:///{file}"
    note = folder / f"{name}.schema"
    if note.exists():
        return note.read_text()
    schema = f"t{secrets.token_hex(6)}"
    url = f"{server}?options=-csearch_path%3D{schema}"
    database = Database(open_engine(server))
    with database.engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    database.dispose()
    _upgraded(url)
    note.write_text(url)
    return url


def open_store(folder: Path, name: str = "house") -> Database:
    """The store of this name in this folder."""
    return Database(open_engine(store_url(folder, name)))


def lose_store(folder: Path, name: str = "house") -> None:
    """The store is lost; the next one asked for is empty."""
    for file in [*folder.glob(f"{name}.db*"), *folder.glob(f"{name}.schema")]:
        file.unlink()


def _upgraded(url: str) -> None:
    database = Database(open_engine(url))
    upgrade(database)
    database.dispose()


@cache
def _fresh_file() -> Path:
    folder = tempfile.mkdtemp(prefix="tieout-fresh-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    file = Path(folder) / "fresh.db"
    _upgraded(f"sqlite:///{file}")
    return file
