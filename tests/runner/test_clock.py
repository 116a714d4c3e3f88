"""Processes on machines that disagree about the time agree about leases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.support.stores import open_store

from tieout.flows.errors import StoreError
from tieout.runner.clock import SharedClock

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


class Machine:
    def __init__(self) -> None:
        self.monotonic = 100.0
        self.told = NOON
        self.silent = False

    def ask(self) -> datetime:
        if self.silent:
            raise StoreError("gone")
        self.monotonic += 2  # a slow answer
        return self.told


def test_the_databases_time_counts_on_by_a_clock_nobody_sets():
    machine = Machine()
    clock = SharedClock(machine.ask, lambda: machine.monotonic)
    assert clock.now() == NOON + timedelta(seconds=1)
    machine.monotonic += 30
    assert clock.now() == NOON + timedelta(seconds=31)


def test_it_is_asked_again_after_a_minute_and_counts_on_while_it_is_silent():
    machine = Machine()
    clock = SharedClock(machine.ask, lambda: machine.monotonic)
    machine.monotonic += 100
    machine.told = NOON + timedelta(seconds=500)
    assert clock.now() == NOON + timedelta(seconds=501)
    machine.silent = True
    machine.monotonic += 100
    assert clock.now() == NOON + timedelta(seconds=601)


def test_the_server_tells_the_time(tmp_path: Path):
    database = open_store(tmp_path)
    try:
        told = SharedClock(database.now).now() if database.is_postgres else datetime.now(UTC)
        assert abs(told - datetime.now(UTC)) < timedelta(seconds=30)
    finally:
        database.dispose()
