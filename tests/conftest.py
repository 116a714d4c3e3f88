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
    """What brings its own store, or is no question of the store, is not run a second time on another one."""
    if config.getoption("--store") == "sqlite":
        return
    out = [item for item in items if item.get_closest_marker("own_store") or _is_pure(item)]
    config.hook.pytest_deselected(items=out)
    left = {id(item) for item in out}
    items[:] = [item for item in items if id(item) not in left]


def _is_pure(item: pytest.Item) -> bool:
    """A connector's test that opens no store: of those that do, some are given one and some tell a whole journey."""
    if "connectors" not in item.path.parts:
        return False
    return "store" not in getattr(item, "fixturenames", ()) and item.path.stem != "test_journey"


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
