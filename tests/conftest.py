"""Which store the tests run on: `pytest --store sqlite` (the default) or `--store postgres`."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from tests.support.stores import SERVER

from tieout.store.private_server import private_server


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--store", choices=("sqlite", "postgres"), default="sqlite", help="the store tests run on"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What brings its own store is not run a second time on another one."""
    if config.getoption("--store") == "sqlite":
        return
    own = [item for item in items if item.get_closest_marker("own_store")]
    config.hook.pytest_deselected(items=own)
    items[:] = [item for item in items if item not in own]


@pytest.fixture(scope="session", autouse=True)
def _server(request: pytest.FixtureRequest) -> Iterator[None]:
    """A private server for this process, when the store is PostgreSQL."""
    if request.config.getoption("--store") != "postgres":
        yield
        return
    with private_server() as server:
        os.environ[SERVER] = server.url()
        yield
        del os.environ[SERVER]
