"""What only PostgreSQL can do wrong: copies, roles, and several processes."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tieout.flows.errors import StoreError
from tieout.flows.ports import NoProbe, Sighting
from tieout.store.database import Database, open_engine
from tieout.store.incarnation import prepare, take_over
from tieout.store.migrating import bring_up_to_date, downgrade, upgrade
from tieout.store.private_server import PrivateServer, binaries, private_server
from tieout.store.roles import grant, grants
from tieout.store.unit import Store

pytestmark = pytest.mark.own_store
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def server() -> Iterator[PrivateServer]:
    with private_server() as started:
        yield started


@pytest.fixture
def database(server: PrivateServer, request: pytest.FixtureRequest) -> Iterator[Database]:
    name = f"d{abs(hash(request.node.name)) % 10**9}"
    _admin(server, f"CREATE DATABASE {name}")
    opened = Database(open_engine(server.url(name)))
    yield opened
    opened.dispose()


def _admin(server: PrivateServer, statement: str) -> None:
    engine = open_engine(server.url())
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(statement))
    engine.dispose()


def _name(database: Database) -> str:
    return str(database.engine.url.database)


def test_many_machines_start_on_one_database(database: Database, tmp_path: Path):
    for count, host in enumerate(("a", "b", "a", "c", "b"), start=1):
        assert prepare(database, "here", tmp_path / host) == count


def test_a_dump_restored_elsewhere_stops_the_start(database: Database, server: PrivateServer, tmp_path: Path):
    prepare(database, "here", tmp_path / "witness")
    folder = binaries()
    assert folder is not None
    _admin(server, f"CREATE DATABASE {_name(database)}_copy")
    address = ["-h", "127.0.0.1", "-p", str(server.port), "-U", "tieout"]
    dump = subprocess.run(
        [folder / "pg_dump", *address, _name(database)], capture_output=True, check=True, timeout=60
    )
    restore = [folder / "psql", "-q", "-v", "ON_ERROR_STOP=1", *address, f"{_name(database)}_copy"]
    subprocess.run(restore, input=dump.stdout, check=True, timeout=60, capture_output=True)
    copy = Database(open_engine(server.url(f"{_name(database)}_copy")))
    with pytest.raises(StoreError, match="restored or foreign copy"):
        prepare(copy, "here", tmp_path / "other-host")
    with pytest.raises(StoreError, match="restored or foreign copy"):
        prepare(copy, "here", tmp_path / "witness")
    take_over(copy, "here", tmp_path / "witness")
    assert prepare(copy, "here", tmp_path / "witness") == 2
    copy.dispose()


def test_a_database_set_back_in_place_stops_the_start(database: Database, tmp_path: Path):
    for _ in range(3):
        prepare(database, "here", tmp_path / "witness")
    with database.write() as connection:
        connection.execute(text("UPDATE meta SET value = '1' WHERE name = 'incarnation'"))
    with pytest.raises(StoreError, match="restored or foreign copy"):
        prepare(database, "here", tmp_path / "witness")


def test_an_older_schema_is_raised_by_its_owners_command_only(database: Database, tmp_path: Path):
    upgrade(database)
    downgrade(database, "0001")
    with pytest.raises(StoreError, match="tieout store upgrade"):
        bring_up_to_date(database)
    upgrade(database)
    assert prepare(database, "here", tmp_path / "witness") == 1


def test_a_workers_role_works_and_cannot_touch_evidence(
    database: Database, server: PrivateServer, tmp_path: Path
):
    upgrade(database)
    _admin(server, f"CREATE ROLE worker_{_name(database)} LOGIN")
    role = f"worker_{_name(database)}"
    grant(database, role)
    mine = Database(open_engine(server.url(_name(database), role)))
    assert prepare(mine, "here", tmp_path / "witness") == 1
    store = Store(mine, NoProbe())
    sighting = Sighting(object="Opportunity", object_id="D1", version="1", payload={"a": 1})
    with store.write() as unit:
        assert unit.records.receive("script", "test", sighting, "c1", NOW)
        unit.journal.add("merged_at_source", NOW, record=1)
        unit.leases.set_block("A", "me", 3, NOW + timedelta(minutes=1))
    for statement in ("UPDATE event SET kind = 'x'", "DELETE FROM attempt", "TRUNCATE source_event",
                      "DROP TABLE event", "ALTER TABLE event DISABLE TRIGGER ALL",
                      "UPDATE alembic_version SET version_num = 'x'"):  # fmt: skip
        with pytest.raises(DBAPIError, match=r"permission denied|must be owner"), mine.write() as connection:
            connection.execute(text(statement))
    mine.dispose()


def test_a_role_is_a_name_and_nothing_else():
    with pytest.raises(StoreError, match="role's name"):
        grants("worker; DROP TABLE event")


def test_two_writers_take_turns(database: Database):
    """Both read, then write what they read plus one: without turns one of the two would be lost."""
    upgrade(database)
    with database.write() as connection:
        connection.execute(text("INSERT INTO meta (name, value) VALUES ('n', '0')"))

    def count() -> None:
        for _ in range(25):
            with database.write() as connection:
                seen = int(connection.execute(text("SELECT value FROM meta WHERE name='n'")).scalar_one())
                connection.execute(text(f"UPDATE meta SET value='{seen + 1}' WHERE name='n'"))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as connection:
        assert connection.execute(text("SELECT value FROM meta WHERE name='n'")).scalar_one() == "100"
