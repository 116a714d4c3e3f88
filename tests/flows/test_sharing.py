"""Processes that share one database do the work once between them, and each knows what the others have read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.support.house import House, furnish, house, policy
from tests.support.script import ScriptSource, order

from tieout.flows.machine import Machine

SECOND = timedelta(seconds=1)


class Meeting:
    """At one point of one process another has its turn."""

    def __init__(self, point: str) -> None:
        self._point = point
        self.other: Machine | None = None
        self.moved: list[int] = []

    def hit(self, point: str) -> None:
        if point == self._point and self.other is not None:
            other, self.other = self.other, None
            self.moved.append(other.confirming.run())


@pytest.fixture
def meeting() -> Meeting:
    return Meeting("after:lease_written")


@pytest.fixture
def h(tmp_path: Path, meeting: Meeting) -> Iterator[House]:
    with house(tmp_path, probe=meeting) as made:
        yield made


@pytest.fixture
def other(tmp_path: Path, h: House) -> Iterator[House]:
    made = furnish(tmp_path, h.ns, h.clock.now(), source=ScriptSource(), policy=policy(), clock=h.clock)
    yield made
    made.database.dispose()


def looked_up(h: House, deals: int) -> None:
    """So many customers that may be created."""
    h.source.put(*(order(n) for n in range(1, deals + 1)))
    h.machine.poll()
    h.machine.blocks.renew()
    h.machine.checking.run()
    h.machine.looking_up.run(100)


def send(h: House, calls: int) -> None:
    for call in h.machine.sending.next_wave(calls):
        h.machine.sending.settle([(call.document, h.machine.sending.deliver(call))])


def test_a_record_is_read_back_by_one_process(h: House, other: House, meeting: Meeting):
    looked_up(h, 2)
    send(h, 2)
    h.advance(5 * SECOND)
    meeting.other = other.machine
    assert h.machine.confirming.run() == 2
    assert meeting.moved == [0]


def test_what_is_written_lingers_while_more_is_on_its_way(h: House):
    looked_up(h, 2)
    send(h, 1)
    h.advance(2 * SECOND)
    assert h.machine.confirming.run() == 0, "the other one will come along"
    send(h, 1)
    assert h.machine.confirming.run() == 2, "nothing else can come along"


def test_what_is_written_never_lingers_longer_than_it_may(h: House):
    looked_up(h, 2)
    send(h, 1)
    h.advance(5 * SECOND)
    assert h.machine.confirming.run() == 1


def test_the_last_record_is_not_read_in_the_moment_it_was_written(h: House):
    looked_up(h, 1)
    send(h, 1)
    assert h.machine.confirming.run() == 0
    h.advance(SECOND)
    assert h.machine.confirming.run() == 1


def test_customers_another_process_has_read_are_known_here(h: House, other: House):
    h.machine.keeper.surroundings()
    h.advance(h.machine.context.limits.reference_good_for + SECOND)
    body = {"companyName": "Newcomer", "subsidiary": {"id": "1"}, "currency": {"id": "1"}}
    h.ns.control.admin("human_create", record="customer", body=body)
    other.machine.keeper.surroundings()
    around = h.machine.keeper.surroundings()
    assert "Newcomer" in around.directory.names().values()
