"""What the connectors' tests share: an empty store, the real one."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.stores import open_store

from tieout.store.incarnation import prepare
from tieout.store.unit import Store


class Quiet:
    def hit(self, point: str) -> None:
        """No crash points here."""


@pytest.fixture
def store(tmp_path: Path):
    database = open_store(tmp_path)
    prepare(database, "test", tmp_path / "witness")
    yield Store(database, Quiet())
    database.dispose()
