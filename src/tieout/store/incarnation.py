"""Whose database this is, and which life of it: what betrays a restored, copied or moved one.

A number is kept in the database and in a file outside it (the witness), and raised at each start of something
that writes to NetSuite. On PostgreSQL, where many machines start and each keeps its own file, the server's own
identity and timeline are compared as well: a dump restored elsewhere, a point-in-time recovery and a promoted
standby all differ in one of them.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import Connection, insert, select, text, update

from tieout.flows.errors import StoreError
from tieout.store import tables as t
from tieout.store.database import Database
from tieout.store.migrating import bring_up_to_date

_HOME = text(
    "SELECT (SELECT system_identifier FROM pg_control_system())::text || '/'"
    " || (SELECT timeline_id FROM pg_control_checkpoint())::text || '/'"
    " || (SELECT oid FROM pg_database WHERE datname = current_database())::text"
)


def prepare(database: Database, installation: str, witness: Path, *, starting: bool = True) -> int:
    """Bring the tables up to date, and refuse a database that is not the one this installation left.

    `starting`: something that writes to NetSuite begins. Returns the incarnation. Raises `StoreError`.
    """
    bring_up_to_date(database)
    with database.write() as connection:
        known = _meta_of(connection)
        home = _home_of(database, connection)
        if "installation" not in known:
            known = {"installation": installation, "incarnation": "0", "database": secrets.token_hex(8)}
            if home:
                known["home"] = home
            connection.execute(insert(t.meta), [{"name": k, "value": v} for k, v in known.items()])
        _compare(known, installation, home, witness)
        if not starting and (witness.exists() or home):
            return int(known["incarnation"])
        incarnation = int(known["incarnation"]) + 1
        _set(connection, "incarnation", str(incarnation))
    _write_witness(witness, known["database"], incarnation)
    return incarnation


def still_ours(database: Database, installation: str, witness: Path) -> None:
    """Look again whether this is the database this installation left, and change nothing. Raises `StoreError`."""
    with database.read() as connection:
        known, home = _meta_of(connection), _home_of(database, connection)
    if "installation" not in known:
        raise StoreError("the database says no more whose it is: it was emptied or replaced")
    _compare(known, installation, home, witness)


def _compare(known: Mapping[str, str], installation: str, home: str, witness: Path) -> None:
    if known["installation"] != installation:
        raise StoreError(
            f"database belongs to installation {known['installation']!r}, the configuration says"
            f" {installation!r}; taking over is an explicit command"
        )
    if known.get("home", "") != home:
        raise StoreError(
            f"this database is a restored or foreign copy (its home was {known.get('home')}, this is {home});"
            f" taking over is an explicit command (`tieout take-over`)"
        )
    _compare_witness(witness, known, shared=bool(home))


def take_over(database: Database, installation: str, witness: Path) -> None:
    """Declare this database the installation's only one: an explicit act after a restore or a move.

    Raises `StoreError` when the database belongs to another installation.
    """
    bring_up_to_date(database)
    with database.write() as connection:
        known = _meta_of(connection)
        if not known:
            return
        if known["installation"] != installation:
            raise StoreError(f"database belongs to installation {known['installation']!r}")
        fresh = secrets.token_hex(8)
        _set(connection, "database", fresh)
        if home := _home_of(database, connection):
            _set(connection, "home", home)
    _write_witness(witness, fresh, int(known["incarnation"]))


def _meta_of(connection: Connection) -> dict[str, str]:
    rows = connection.execute(select(t.meta.c.name, t.meta.c.value))
    return {row.name: row.value for row in rows}


def _set(connection: Connection, name: str, value: str) -> None:
    done = connection.execute(update(t.meta).where(t.meta.c.name == name).values(value=value))
    if done.rowcount == 0:
        connection.execute(insert(t.meta).values(name=name, value=value))


def _home_of(database: Database, connection: Connection) -> str:
    return str(connection.execute(_HOME).scalar_one()) if database.is_postgres else ""


def _compare_witness(witness: Path, known: Mapping[str, str], *, shared: bool) -> None:
    if not witness.exists():
        if known["incarnation"] != "0" and not shared:
            raise StoreError(
                f"{witness} is missing: this database was copied or moved. If it is the only one in use,"
                f" say so with `tieout take-over`"
            )
        return
    database, _, incarnation = witness.read_text(encoding="utf-8").strip().partition(" ")
    # One ahead is a crash between the database's commit and the file; where many machines start, any number.
    behind = int(known["incarnation"]) - int(incarnation or 0)
    same_life = behind >= 0 if shared else behind in {0, 1}
    if database != known["database"] or not same_life:
        raise StoreError(
            f"this database is a restored or foreign copy (it is at start {known['incarnation']},"
            f" {witness.name} at {incarnation or 'none'}); taking over is an explicit command"
        )


def _write_witness(witness: Path, database: str, incarnation: int) -> None:
    witness.parent.mkdir(parents=True, exist_ok=True)
    temporary = witness.with_name(f"{witness.name}.{secrets.token_hex(4)}.new")
    temporary.write_text(f"{database} {incarnation}\n", encoding="utf-8")
    temporary.replace(witness)
