"""Fixtures: a desk with an emulated NetSuite, and its API on a port of this machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.support.api import Api, open_api
from tests.support.desk import open_desk
from tests.web.shared import configuration


@pytest.fixture
def api(tmp_path) -> Iterator[Api]:
    """An API of one's own."""
    with open_desk(tmp_path / "desk", configuration(approvals=True)) as desk, open_api(desk) as made:
        yield made


@pytest.fixture(scope="module")
def shared(tmp_path_factory) -> Iterator[Api]:
    """An API that all tests of a module share: they change nothing others look at."""
    folder = tmp_path_factory.mktemp("shared")
    with open_desk(folder / "desk", configuration(approvals=True)) as desk, open_api(desk) as made:
        yield made
