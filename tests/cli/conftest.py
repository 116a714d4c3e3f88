"""Fixtures of the command line's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.support.desk import Desk, open_desk


@pytest.fixture
def desk(tmp_path) -> Iterator[Desk]:
    """A desk of one's own, with an emulated NetSuite."""
    with open_desk(tmp_path / "desk") as made:
        yield made


@pytest.fixture(scope="module")
def _shared(tmp_path_factory) -> Iterator[Desk]:
    with open_desk(tmp_path_factory.mktemp("shared")) as made:
        yield made


@pytest.fixture
def quiet_desk(_shared, tmp_path) -> Desk:
    """A desk of one's own before a NetSuite all tests of a module share: nothing is written there."""
    return _shared.beside(tmp_path / "desk")
