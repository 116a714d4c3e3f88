"""When nothing can be written at all, the account stops with one alarm, and goes on by itself afterwards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from tests.support.house import House, house
from tests.support.script import order

from tieout.flows.context import Limits
from tieout.store import tables


def alarms(h: House) -> int:
    query = select(tables.event.c.id).where(tables.event.c.kind == "account_paused")
    with h.database.read() as connection:
        return len(connection.execute(query).all())


def turn(h: House, minutes: int = 10) -> None:
    for _ in range(minutes):
        h.machine.poll()
        h.machine.step()
        h.advance(timedelta(minutes=1))


def _expire(h: House) -> None:
    h.ns.control.admin("expire_certificate", kid="kid-1")
    h.ns.control.admin("revoke_tokens")


TROUBLE: dict[str, tuple[Callable[[House], None], Callable[[House], None]]] = {
    "expired certificate": (
        _expire,
        lambda h: _done(h.ns.control.admin("restore_certificate", kid="kid-1")),
    ),
    "maintenance": (
        lambda h: _done(h.ns.control.admin("maintenance", on=True)),
        lambda h: _done(h.ns.control.admin("maintenance", on=False)),
    ),
    "a role that sees one subsidiary only": (
        lambda h: _done(h.ns.control.admin("set_role", role="1001", subsidiaries=["2"])),
        lambda h: _done(h.ns.control.admin("set_role", role="1001", subsidiaries="all")),
    ),
    "a role that may not see transactions": (
        lambda h: _done(h.ns.control.admin("set_role", role="1001", permissions=_BLIND)),
        lambda h: _done(h.ns.control.admin("set_role", role="1001", permissions="all")),
    ),
}
_BLIND = {"suiteql": "full", "currency": "full", "item": "full"}


def _done(_: object) -> None:
    """An admin's action answers; the test has nothing to say to it."""


@pytest.mark.requirement("R07", "R20")
@pytest.mark.parametrize("trouble", TROUBLE)
def test_one_alarm_no_cases_then_everything_is_confirmed(trouble: str, tmp_path: Path):
    begin, end = TROUBLE[trouble]
    with house(tmp_path, limits=Limits(reference_good_for=timedelta(hours=8))) as h:
        h.source.put(order(1))
        h.run()
        h.source.put(*(order(number) for number in range(2, 12)))
        h.machine.poll()
        h.machine.checking.run()
        begin(h)
        before = len(h.made("invoice")), len(h.made("customer"))
        turn(h)
        assert alarms(h) == 1
        assert h.case_codes() == []
        assert (len(h.made("invoice")), len(h.made("customer"))) == before
        calls = len(h.ns.control.log())
        turn(h)
        assert len(h.ns.control.log()) - calls <= 40, "while it is paused it only asks whether it may go on"
        end(h)
        h.run()
        assert set(h.standings().values()) == {("confirmed", "")}
        assert alarms(h) == 1
        assert len(h.made("invoice")) == len(h.made("customer")) == 11


@pytest.mark.requirement("R20")
def test_a_look_up_without_a_canary_creates_nothing(tmp_path: Path):
    with house(tmp_path) as h:
        h.ns.control.admin("delete_record", record="invoice", id="eid:canary-invoice-1", force=True)
        h.source.put(order(1))
        turn(h)
        assert h.made("invoice") == []
        assert alarms(h) >= 1
        assert h.case_codes() == []
