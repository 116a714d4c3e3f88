"""Schema revisions, by Alembic: the same on SQLite and PostgreSQL, up and down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, select

from tieout.flows.errors import StoreError
from tieout.store import tables as t
from tieout.store.database import Database

_FOLDER = Path(__file__).parent / "migrations"
#: What databases were before revisions were counted: the tables of the first one, marked in `meta`.
_FIRST, _FIRST_MARK = "0001", "2"


def head() -> str:
    """The newest revision this version of the product knows."""
    return str(ScriptDirectory(str(_FOLDER)).get_current_head())


def current(database: Database) -> str | None:
    """The revision a database is at; None when it is empty."""
    with database.engine.connect() as connection:
        return _current(connection)


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def upgrade(database: Database, revision: str = "head") -> None:
    """Take the schema up to a revision, in one transaction."""
    with _revising(database) as config:
        command.upgrade(config, revision)


def downgrade(database: Database, revision: str) -> None:
    """Take the schema down to a revision, in one transaction; what that revision cannot hold is lost."""
    with _revising(database) as config:
        command.downgrade(config, revision)


def bring_up_to_date(database: Database) -> None:
    """Make the tables of an empty database, and raise those of an older version.

    On PostgreSQL an existing schema is raised by its owner's command only (`tieout store upgrade`), never by a
    worker that happens to start first: others may still run the older version. Raises `StoreError`.
    """
    with database.engine.connect() as connection:
        at, known = _current(connection), set(ScriptDirectory(str(_FOLDER)).get_bases())
        known |= {script.revision for script in ScriptDirectory(str(_FOLDER)).walk_revisions()}
    if at == head():
        return
    if at is not None and at not in known:
        raise StoreError(
            f"database is at revision {at}, which this version does not know ({head()} is its newest): a newer"
            f" version of Tieout has raised it"
        )
    if at is not None and database.is_postgres:
        raise StoreError(
            f"database is at revision {at}, this version needs {head()}: stop the workers and run"
            f" `tieout store upgrade` with the role that owns the tables"
        )
    upgrade(database)


@contextmanager
def _revising(database: Database) -> Iterator[Config]:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    with database.write() as connection:
        config.attributes["connection"] = connection
        if _current(connection) is None and _is_of_the_first_revision(connection):
            command.stamp(config, _FIRST)
        yield config


def _is_of_the_first_revision(connection: Connection) -> bool:
    if not inspect(connection).has_table(t.meta.name):
        return False
    mark = connection.execute(select(t.meta.c.value).where(t.meta.c.name == "schema")).scalar()
    if mark is not None and mark != _FIRST_MARK:
        raise StoreError(f"database has schema {mark}, which is older than anything this version can raise")
    return mark is not None
