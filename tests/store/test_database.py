"""A restored, moved or foreign database is noticed before anything is written."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from tieout.flows.errors import StoreError
from tieout.store import tables
from tieout.store.database import Database, open_engine
from tieout.store.incarnation import prepare, take_over
from tieout.store.migrating import upgrade

pytestmark = pytest.mark.own_store


def opened(file: Path) -> Database:
    return Database(open_engine(f"sqlite:///{file}"))


def start(folder: Path, installation: str = "here") -> int:
    database = opened(folder / "t.db")
    try:
        return prepare(database, installation, folder / "witness")
    finally:
        database.dispose()


def test_each_start_counts(tmp_path: Path):
    assert [start(tmp_path) for _ in range(3)] == [1, 2, 3]


def test_a_restored_copy_stops_the_start_until_somebody_takes_over(tmp_path: Path):
    start(tmp_path)
    shutil.copy(tmp_path / "t.db", tmp_path / "backup.db")
    start(tmp_path)
    start(tmp_path)
    for file in tmp_path.glob("t.db*"):
        file.unlink()
    shutil.copy(tmp_path / "backup.db", tmp_path / "t.db")
    with pytest.raises(StoreError, match="restored or foreign copy"):
        start(tmp_path)
    database = opened(tmp_path / "t.db")
    take_over(database, "here", tmp_path / "witness")
    database.dispose()
    assert start(tmp_path) == 2


def test_a_database_without_its_witness_stops_the_start(tmp_path: Path):
    start(tmp_path)
    (tmp_path / "witness").unlink()
    with pytest.raises(StoreError, match="missing"):
        start(tmp_path)


def test_another_installations_database_stops_the_start(tmp_path: Path):
    start(tmp_path)
    with pytest.raises(StoreError, match="belongs to installation 'here'"):
        start(tmp_path, "there")


def test_a_crash_between_the_commit_and_the_witness_is_forgiven_once(tmp_path: Path):
    start(tmp_path)
    before = (tmp_path / "witness").read_text()
    start(tmp_path)
    (tmp_path / "witness").write_text(before)
    assert start(tmp_path) == 3


def test_a_schema_older_than_the_first_revision_is_refused(tmp_path: Path):
    database = opened(tmp_path / "t.db")
    upgrade(database, "0001")
    with database.write() as connection:
        connection.exec_driver_sql("DROP TABLE alembic_version")
        connection.execute(insert(tables.meta).values(name="schema", value="1"))
    database.dispose()
    with pytest.raises(StoreError, match="schema 1"):
        start(tmp_path)


def test_a_schema_of_a_newer_version_is_refused(tmp_path: Path):
    start(tmp_path)
    database = opened(tmp_path / "t.db")
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    database.dispose()
    with pytest.raises(StoreError, match="9999, which this version does not know"):
        start(tmp_path)


def test_an_error_rolls_everything_back_and_a_naive_instant_is_refused(tmp_path: Path):
    start(tmp_path)
    database = opened(tmp_path / "t.db")
    with pytest.raises(RuntimeError), database.write() as connection:
        connection.execute(update(tables.meta).values(value="gone"))
        raise RuntimeError
    with database.read() as connection:
        assert "gone" not in {row.value for row in connection.execute(tables.meta.select())}
    database.dispose()
