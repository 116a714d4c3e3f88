"""A payment that a person sets aside: nothing of it is booked until it is let go."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.journeys.test_returns import acme, paid
from tests.support.treasury import ACME, Treasury, invoice, treasury

from tieout.flows.cash.holding import HoldDesk
from tieout.flows.cash.parts import PaymentError
from tieout.flows.cash.reports import cash_report

INVOICE = invoice("INV10530", ACME, "250.00")
WHY = "the customer asks us to wait"


def holds(t: Treasury) -> HoldDesk:
    return HoldDesk(t.house.machine.context)


def planned(t: Treasury) -> None:
    """A payment that is planned and has not been sent."""
    t.teach()
    t.bank.put(acme("T1", "250.00", "INV10530"))
    t.house.machine.poll()
    t.house.machine.checking.run()
    assert t.desk.show("T1").as_json()["state"] == "ready"


def test_what_is_held_is_not_sent_and_what_is_released_is(tmp_path: Path):
    with treasury(tmp_path, INVOICE) as t:
        planned(t)
        holds(t).hold("T1", by="ann", because=WHY)
        t.house.run()
        assert t.stands("T1") == ("case", "payment_held")
        assert (t.payments(), t.open_amounts()) == ({}, {"INV10530": 250})
        shown = t.desk.show("T1").as_json()
        assert (shown["held"]["by"], shown["held"]["because"]) == ("ann", WHY)
        (row,) = cash_report(t.house.machine.context, t.desk.all())
        assert (row["cash_in"], row["unapplied"], row["held"]) == ("250.00", "250.00", "250.00")
        holds(t).release("T1", by="bea", because="agreed")
        t.house.run()
        assert t.stands("T1") == ("confirmed", "")
        assert t.payments() == {"pay-T1": (250, 0)}
        assert t.desk.show("T1").as_json()["held"] is None
        assert cash_report(t.house.machine.context, t.desk.all())[0]["held"] == "0.00"


def test_what_a_held_payment_had_reserved_is_free_for_another(tmp_path: Path):
    with treasury(tmp_path, INVOICE) as t:
        planned(t)
        holds(t).hold("T1", by="ann", because=WHY)
        t.bank.put(acme("T2", "250.00", "INV10530"))
        t.house.run()
        assert t.payments() == {"pay-T2": (250, 0)}


def test_while_it_is_held_nobody_decides_about_it(tmp_path: Path):
    with treasury(tmp_path, INVOICE) as t:
        planned(t)
        holds(t).hold("T1", by="ann", because=WHY)
        t.house.run()
        with pytest.raises(PaymentError, match=r"held by ann .*release it first"):
            t.desk.apply("T1", {"INV10530": ""}, by="bea", because="remittance")
        (case,) = t.house.cases.open_cases()
        t.house.cases.retry(case.case.id, by="bea")
        t.house.run()
        assert t.stands("T1") == ("case", "payment_held")
        assert t.payments() == {}


def test_a_payment_that_is_sent_or_not_held_is_refused(tmp_path: Path):
    with treasury(tmp_path, INVOICE) as t:
        paid(t)
        with pytest.raises(PaymentError, match="pay-T1 has been sent"):
            holds(t).hold("T1", by="ann", because=WHY)
        with pytest.raises(PaymentError, match="T1 is not held"):
            holds(t).release("T1", by="ann", because=WHY)
        with pytest.raises(PaymentError, match="needs a reason"):
            holds(t).hold("T1", by="ann", because=" ")
        assert t.stands("T1") == ("confirmed", "")


def test_who_held_and_released_it_is_kept(tmp_path: Path):
    with treasury(tmp_path, INVOICE) as t:
        planned(t)
        holds(t).hold("T1", by="ann", because=WHY)
        t.house.run()
        holds(t).release("T1", by="bea", because="agreed")
        record = t.desk.show("T1").record.id
        with t.house.store.read() as unit:
            told = [(e["kind"], e["data"]) for e in unit.journal.events_of(record, [])]
        kept = {kind: data for kind, data in told if kind in {"payment_hold", "payment_release"}}
        assert set(kept) == {"payment_hold", "payment_release"}
        assert "ann" in kept["payment_hold"]
        assert WHY in kept["payment_hold"]
        assert "bea" in kept["payment_release"]
