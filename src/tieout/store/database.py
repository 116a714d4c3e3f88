"""The database: one engine, short write transactions, and the incarnation that betrays a restored copy."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, insert, select, update
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from tieout.flows.errors import StoreError
from tieout.store import tables as t

_BUSY_SECONDS = 30


def open_engine(url: str) -> Engine:
    """An engine for `url`. SQLite runs in WAL mode with `synchronous=FULL`: a commit survives a power cut."""
    engine = create_engine(url, future=True)
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def _on_connect(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
            # We begin transactions ourselves (BEGIN IMMEDIATE), so the driver must not.
            connection.isolation_level = None
            cursor = connection.cursor()
            for pragma in (
                "journal_mode=WAL",
                "synchronous=FULL",
                f"busy_timeout={_BUSY_SECONDS * 1000}",
                "foreign_keys=ON",
            ):
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

    return engine


class Database:
    """Opens transactions. One writer at a time on SQLite; readers never wait."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._sqlite = engine.dialect.name == "sqlite"
        # SQLite lets one writer in and makes the others poll; threads of one process queue here instead.
        self._turn = threading.Lock() if self._sqlite else nullcontext()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A write transaction: committed on leaving, rolled back on any error."""
        with self._turn, self.engine.connect() as connection:
            if self._sqlite:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A read transaction that sees one consistent state."""
        with self.engine.connect() as connection:
            if self._sqlite:
                connection.exec_driver_sql("BEGIN")
            try:
                yield connection
            finally:
                connection.rollback()

    def dispose(self) -> None:
        """Close pooled connections."""
        self.engine.dispose()


def _meta_of(connection: Connection) -> dict[str, str]:
    rows = connection.execute(select(t.meta.c.name, t.meta.c.value))
    return {row.name: row.value for row in rows}


def prepare(database: Database, installation: str, witness: Path, *, starting: bool = True) -> int:
    """Create the tables when missing, and refuse a database that is not the one this installation left.

    The incarnation number is kept in the database and in the file `witness` outside it, and raised at each
    start of something that writes to NetSuite (`starting`). A restored copy, or a database moved away from
    under its installation, has another number. Returns the incarnation. Raises `StoreError`.
    """
    t.metadata.create_all(database.engine)
    with database.write() as connection:
        known = _meta_of(connection)
        if not known:
            first = {"schema": str(t.SCHEMA_VERSION), "installation": installation, "incarnation": "0"}
            first["database"] = secrets.token_hex(8)
            connection.execute(insert(t.meta), [{"name": k, "value": v} for k, v in first.items()])
            known = first
        if known["schema"] != str(t.SCHEMA_VERSION):
            raise StoreError(f"database has schema {known['schema']}, this version needs {t.SCHEMA_VERSION}")
        if known["installation"] != installation:
            raise StoreError(
                f"database belongs to installation {known['installation']!r}, the configuration says"
                f" {installation!r}; taking over is an explicit command"
            )
        _compare_witness(witness, known)
        if not starting and witness.exists():
            return int(known["incarnation"])
        incarnation = int(known["incarnation"]) + 1
        connection.execute(
            update(t.meta).where(t.meta.c.name == "incarnation").values(value=str(incarnation))
        )
    _write_witness(witness, known["database"], incarnation)
    return incarnation


def take_over(database: Database, installation: str, witness: Path) -> None:
    """Declare this database the installation's only one: an explicit act after a restore or a move.

    Raises `StoreError` when the database belongs to another installation.
    """
    t.metadata.create_all(database.engine)
    with database.write() as connection:
        known = _meta_of(connection)
        if known and known["installation"] != installation:
            raise StoreError(f"database belongs to installation {known['installation']!r}")
        connection.execute(
            update(t.meta).where(t.meta.c.name == "database").values(value=secrets.token_hex(8))
        )
        if known:
            fresh = connection.execute(select(t.meta.c.value).where(t.meta.c.name == "database")).scalar_one()
            _write_witness(witness, str(fresh), int(known["incarnation"]))


def _compare_witness(witness: Path, known: dict[str, str]) -> None:
    if not witness.exists():
        if known["incarnation"] != "0":
            raise StoreError(
                f"{witness} is missing: this database was copied or moved. If it is the only one in use,"
                f" say so with `tieout take-over`"
            )
        return
    database, _, incarnation = witness.read_text(encoding="utf-8").strip().partition(" ")
    # One ahead is a crash between the database's commit and the file; anything else is another life.
    behind = int(known["incarnation"]) - int(incarnation or 0)
    if database != known["database"] or behind not in {0, 1}:
        raise StoreError(
            f"this database is a restored or foreign copy (it is at start {known['incarnation']},"
            f" {witness.name} at {incarnation or 'none'}); taking over is an explicit command"
        )


def _write_witness(witness: Path, database: str, incarnation: int) -> None:
    witness.parent.mkdir(parents=True, exist_ok=True)
    temporary = witness.with_suffix(".new")
    temporary.write_text(f"{database} {incarnation}\n", encoding="utf-8")
    temporary.replace(witness)
