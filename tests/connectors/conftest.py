"""What the connectors' tests share: an empty store, the real one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tieout.store.database import Database, open_engine, prepare
from tieout.store.unit import Store


class Quiet:
    def hit(self, point: str) -> None:
        """No crash points here."""


@pytest.fixture
def store(tmp_path: Path):
    database = Database(open_engine(f"sqlite:///{tmp_path / 'tieout.db'}"))
    prepare(database, "test", tmp_path / "witness")
    yield Store(database, Quiet())
    database.dispose()
