"""The database: one engine, and short write transactions, one at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from tieout.flows.errors import StoreError

_BUSY_SECONDS = 30
_POOL_SIZE = 20
#: Two numbers nobody else locks: the turn to write. See the decision "One writer at a time".
_TURN = "SELECT pg_advisory_xact_lock(1953064293, 1)"
#: No statement of ours takes minutes; what does is broken, and must not hold up the others.
_POSTGRES_SETTINGS = {
    "statement_timeout": "120s",
    "lock_timeout": "60s",
    "idle_in_transaction_session_timeout": "60s",
    "timezone": "UTC",
}


def open_engine(url: str) -> Engine:
    """An engine for `url`. A commit survives a power cut (SQLite: WAL with `synchronous=FULL`).

    Raises `StoreError` when the address is no database's, or the driver is missing.
    """
    try:
        scheme = make_url(url).drivername
        if scheme.startswith("postgresql"):
            return _postgres_engine(url)
        engine = create_engine(url)
    except (ArgumentError, ModuleNotFoundError) as error:
        # The text of the error may hold the password of the address.
        missing = isinstance(error, ModuleNotFoundError)
        why = "the driver psycopg is not installed (tieout[postgres])" if missing else "no such address"
        raise StoreError(f"the database cannot be opened: {why}") from None

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


def _postgres_engine(url: str) -> Engine:
    address = make_url(url).set(drivername="postgresql+psycopg")
    settings = [f"-c {name}={value}" for name, value in _POSTGRES_SETTINGS.items()]
    options = " ".join([*settings, str(address.query.get("options", ""))])
    return create_engine(
        address.difference_update_query(["options"]),
        pool_size=_POOL_SIZE,
        max_overflow=_POOL_SIZE,
        pool_pre_ping=True,
        connect_args={"options": options, "application_name": "tieout", "connect_timeout": 10},
    )


class Database:
    """Opens transactions. One writer at a time; readers never wait.

    On PostgreSQL, too: what a transaction decides (a claim, a standing, a need that is met) it decides on what
    others have committed, and no two of them decide at once. NetSuite's slots, not the database, are the limit.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.is_postgres = engine.dialect.name == "postgresql"
        # SQLite lets one writer in and makes the others poll; threads of one process queue here instead.
        self._turn = nullcontext() if self.is_postgres else threading.Lock()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A write transaction: committed on leaving, rolled back on any error."""
        with self._turn, self.engine.connect() as connection:
            connection.exec_driver_sql(_TURN if self.is_postgres else "BEGIN IMMEDIATE")
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
            begin = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
            connection.exec_driver_sql(begin if self.is_postgres else "BEGIN")
            try:
                yield connection
            finally:
                connection.rollback()

    def now(self) -> datetime:
        """The present instant by the server's clock (PostgreSQL). Raises `StoreError` when it does not answer."""
        try:
            with self.engine.connect() as connection:
                told: datetime = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
        except SQLAlchemyError as error:
            raise StoreError(f"the database does not tell the time: {type(error).__name__}") from None
        return told.astimezone(UTC)

    def dispose(self) -> None:
        """Close pooled connections."""
        self.engine.dispose()
