"""Money for an order that is not billed yet: a customer deposit, applied to what the order is billed with, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.test_returns import acme, returned
from tests.support.bank_script import with_cash
from tests.support.crash_scenarios import fault
from tests.support.house import policy
from tests.support.treasury import ACME, GLOBEX, Treasury, invoice, treasury

from tieout.bootstrap import records_written
from tieout.domain.cash.policy import Prepayments
from tieout.domain.ids import RecordType
from tieout.flows.cash.parts import PaymentError
from tieout.flows.cash.reports import cash_report
from tieout.flows.cash.writing_off import WriteOffDesk
from tieout.flows.tracing import trace

pytestmark = pytest.mark.requirement("R37")
ORDER = "SO7001"


def order(number: str = ORDER, customer: str = ACME, amount: str = "1000.00", **more: Any) -> dict[str, Any]:
    return {**invoice(number, customer, amount), "type": "salesOrder", "orderStatus": {"id": "F"}, **more}


def prepaid(folder: Path, *documents: dict[str, Any], **more: Any):
    return treasury(folder, *documents, prepayments=Prepayments.CUSTOMER_DEPOSIT, **more)


def by_hand(t: Treasury) -> None:
    """NetSuite leaves deposits alone when it bills their order."""
    t.house.ns.control.switches({"NS-48c": "off"})


def bill(t: Treasury, number: str = ORDER, **body: Any) -> str:
    """Somebody bills the order in NetSuite. Returns the invoice's number."""
    (found,) = [one for one in t.house.ns.control.truth("salesOrder") if one["fields"]["tranId"] == number]
    made = t.house.ns.control.admin(
        "human_transform", record="salesOrder", id=found["id"], target="invoice", body=body
    )["id"]
    (billed,) = [one for one in t.house.ns.control.truth("invoice") if one["id"] == made]
    return str(billed["fields"]["tranId"])


def later(t: Treasury) -> None:
    """Time goes by, and everything that is due is done."""
    for _ in range(2):
        t.house.advance(timedelta(minutes=10))
        t.house.run()


def deposits(t: Treasury) -> dict[str, tuple[Decimal, Decimal]]:
    """External ID of each deposit we made → amount, what is left of it."""
    return {
        str(one["external_id"]): (Decimal(one["fields"]["payment"]), Decimal(one["fields"]["remaining"]))
        for one in t.house.made("customerDeposit")
    }


def applied(t: Treasury) -> dict[str, Decimal]:
    """External ID of each application we made → amount."""
    return {
        str(one["external_id"]): Decimal(one["fields"]["total"]) for one in t.house.made("depositApplication")
    }


def row(t: Treasury) -> tuple[Decimal, Decimal, Decimal]:
    """Cash in, applied, unapplied."""
    rows = cash_report(t.house.machine.context, t.desk.all())
    names = ("cash_in", "applied", "unapplied")
    found = {name: sum((Decimal(one[name]) for one in rows), Decimal(0)) for name in names}
    return found["cash_in"], found["applied"], found["unapplied"]


def test_it_is_a_deposit_for_its_order_and_is_applied_to_the_invoice_the_order_is_billed_with(tmp_path: Path):
    with prepaid(tmp_path, order()) as t:
        by_hand(t)
        t.teach()
        t.bank.put(acme("T1", "400.00", ORDER))
        t.house.run()
        assert t.stands("T1") == ("confirmed", "")
        (made,) = t.house.made("customerDeposit")
        fields = made["fields"]
        (sold,) = [one for one in t.house.ns.control.truth("salesOrder") if one["fields"]["tranId"] == ORDER]
        assert (made["external_id"], fields["salesOrder"], fields["customer"]) == ("cd-T1", sold["id"], ACME)
        assert (fields["account"], fields["undepFunds"], fields["checkNumber"]) == ("101", "F", "T1")
        assert fields["custbody_tieout_source_id"] == "T1"
        assert t.payments() == {}
        view = t.desk.show("T1").as_json()
        assert (view["booked_as"], view["order"], view["unapplied"]) == ("customer_deposit", ORDER, "400.00")
        assert row(t) == (400, 0, 400)
        number = bill(t)
        later(t)
        assert deposits(t) == {"cd-T1": (400, 0)}
        assert applied(t) == {"da-T1": 400}
        assert t.open_amounts() == {number: 600}
        assert t.stands("T1") == ("confirmed", "")
        assert row(t) == (400, 400, 0)
        assert [one["number"] for one in t.desk.show("T1").as_json()["applications"]] == [number]
        assert len(t.house.requests("transform", "depositApplication")) == 1
        later(t)
        assert applied(t) == {"da-T1": 400}


def test_nothing_of_a_deposit_is_written_off(tmp_path: Path):
    with prepaid(tmp_path, order()) as t:
        t.teach()
        t.bank.put(acme("T1", "400.00", ORDER))
        t.house.run()
        desk = WriteOffDesk(t.house.machine.context)
        with pytest.raises(PaymentError, match="found customer deposit"):
            desk.write_off("T1", "cents", "ann", "a cent too much")


def test_by_default_it_lies_on_account_before_a_person(tmp_path: Path):
    with treasury(tmp_path, order()) as t:
        t.teach()
        t.bank.put(acme("T1", "400.00", ORDER))
        t.house.run()
        assert t.stands("T1") == ("case", "cash_prepayment")
        assert t.payments() == {"pay-T1": (0, 400)}
        bill(t)
        later(t)
        assert t.house.made("depositApplication") == t.house.made("customerDeposit") == []


def test_what_netsuite_applies_by_itself_is_not_applied_again_and_counts_as_applied(tmp_path: Path):
    with prepaid(tmp_path, order()) as t:
        t.teach()
        t.bank.put(acme("T1", "400.00", ORDER))
        t.house.run()
        number = bill(t)
        later(t)
        assert applied(t) == {}
        assert t.open_amounts() == {number: 600}
        assert deposits(t) == {"cd-T1": (400, 0)}
        assert row(t) == (400, 400, 0)
        with t.house.store.read() as unit:
            record = t.desk.show("T1").record.id
            kinds = [event["kind"] for event in unit.journal.events_of(record, [])]
        assert kinds.count("deposit_used_in_netsuite") == 1


@pytest.mark.parametrize(
    ("more", "texts", "amount", "why"),
    [
        ({"amount": "300.00"}, (ORDER,), "400.00", "300.00 USD of SO7001 is still to be paid"),
        ({"orderStatus": {"id": "A"}}, (ORDER,), "400.00", "not approved"),
        ({"amount": "900.00"}, (f"{ORDER} INV99999",), "400.00", "it also names INV99999"),
    ],
)
def test_more_than_the_order_asks_for_and_what_does_not_fit_are_a_persons_on_account(
    tmp_path: Path, more: dict[str, Any], texts: tuple[str, ...], amount: str, why: str
):
    with prepaid(tmp_path, order(**more), invoice("INV10530", ACME, "77.00")) as t:
        t.teach()
        t.bank.put(acme("T1", amount, *texts))
        t.house.run()
        assert t.stands("T1") == ("case", "cash_prepayment")
        assert why in t.desk.show("T1").case.finding.found
        assert deposits(t) == {}
        assert t.payments() == {"pay-T1": (0, Decimal(amount))}


def test_an_order_of_another_customer_or_currency_takes_no_deposit(tmp_path: Path):
    euros = order("SO7003", ACME, "900.00", currency={"id": "2"})
    data = (order("SO7002", GLOBEX), {**euros, "_by": "seed"})
    with prepaid(tmp_path, *data) as t:
        t.teach()
        t.bank.put(acme("T1", "400.00", "SO7002"), acme("T2", "90.00", "SO7003"))
        t.house.run()
        assert t.stands("T1") == ("case", "cash_other_customer")
        assert t.stands("T2") == ("case", "cash_prepayment")
        assert "is in EUR" in t.desk.show("T2").case.finding.found
        assert deposits(t) == {}


def test_what_was_paid_for_the_order_already_counts_whoever_booked_it(tmp_path: Path):
    with prepaid(tmp_path, order()) as t:
        t.teach()
        (sold,) = [one for one in t.house.ns.control.truth("salesOrder") if one["fields"]["tranId"] == ORDER]
        hand = {"customer": {"id": ACME}, "payment": 700, "salesOrder": {"id": sold["id"]}}
        t.house.ns.control.admin("human_create", record="customerDeposit", body=hand)
        t.bank.put(acme("T1", "200.00", ORDER), acme("T2", "101.00", ORDER), acme("T3", "100.00", ORDER))
        t.house.run()
        assert deposits(t) == {"cd-T1": (200, 200), "cd-T3": (100, 100)}
        assert t.stands("T2") == ("case", "cash_prepayment")


def test_a_deposit_that_somebody_enters_before_the_call_is_not_entered_beside(tmp_path: Path):
    with prepaid(tmp_path, order()) as t:
        t.teach()
        t.bank.put(acme("T1", "400.00", ORDER))
        t.house.machine.poll()
        t.house.machine.checking.run()
        (sold,) = [one for one in t.house.ns.control.truth("salesOrder") if one["fields"]["tranId"] == ORDER]
        hand = {"customer": {"id": ACME}, "payment": 400, "salesOrder": {"id": sold["id"]}}
        hand["tranDate"] = "2026-11-02"
        t.house.ns.control.admin("human_create", record="customerDeposit", body=hand)
        t.house.run()
        assert t.stands("T1") == ("case", "payment_entered_by_hand")
        assert deposits(t) == {}


def test_the_file_told_twice_makes_one_deposit(tmp_path: Path):
    with prepaid(tmp_path, order()) as t:
        t.teach()
        t.bank.put(acme("T1", "400.00", ORDER))
        t.house.run()
        t.bank.put(acme("T1", "400.00", ORDER))
        t.house.run()
        assert deposits(t) == {"cd-T1": (400, 400)}
        assert t.stands("T1") == ("confirmed", "")


@pytest.mark.parametrize("record", ["customerDeposit", "depositApplication"])
@pytest.mark.parametrize("kind", ["commit_hang", "hang"])
def test_a_lost_answer_makes_neither_twice(tmp_path: Path, record: str, kind: str):
    with prepaid(tmp_path, order()) as t:
        by_hand(t)
        t.teach()
        operation = "create" if record == "customerDeposit" else "transform"
        fault(kind, operation=operation, record=record)(t.house)
        t.bank.put(acme("T1", "400.00", ORDER))
        t.house.run()
        bill(t)
        later(t)
        assert (deposits(t), applied(t)) == ({"cd-T1": (400, 0)}, {"da-T1": 400})
        assert t.stands("T1") == ("confirmed", "")


def test_an_order_billed_in_two_parts_is_a_persons_who_says_where_the_deposit_goes(tmp_path: Path):
    with prepaid(tmp_path, order()) as t:
        by_hand(t)
        t.teach()
        t.bank.put(acme("T1", "400.00", ORDER))
        t.house.run()
        halves = {"item": {"items": [{"orderLine": 1, "quantity": 0.5}]}}
        first = bill(t, **halves)
        second = bill(t)
        later(t)
        assert t.stands("T1") == ("case", "deposit_unapplied")
        found = t.desk.show("T1").case.finding.found
        assert f"{first} 500.00 USD" in found
        assert f"{second} 500.00 USD" in found
        t.desk.apply("T1", {second: "150.00"}, "ann", "the second half")
        t.house.run()
        assert t.stands("T1") == ("confirmed", "")
        assert applied(t) == {"da-T1": 150}
        t.desk.apply("T1", {first: "100.00", second: "150.00"}, "ann", "and the rest")
        t.house.run()
        assert applied(t) == {"da-T1": 150, "da-T1-2": 250}
        assert t.open_amounts() == {first: 400, second: 200}
        assert row(t) == (400, 400, 0)
        assert t.desk.show("T1").as_json()["applied"] == "400.00"


def test_a_deposit_goes_on_invoices_of_its_order_alone_and_is_taken_off_in_netsuite(tmp_path: Path):
    with prepaid(tmp_path, order(), invoice("INV10530", ACME, "50.00")) as t:
        by_hand(t)
        t.teach()
        t.bank.put(acme("T1", "400.00", ORDER))
        t.house.run()
        with pytest.raises(PaymentError, match="was not made from order SO7001"):
            t.desk.apply("T1", {"INV10530": ""}, "ann", "it is theirs")
        bill(t)
        later(t)
        with pytest.raises(PaymentError, match="delete it in"):
            t.desk.unapply("T1", [], "ann", "wrong one")
        assert t.open_amounts()["INV10530"] == 50


def test_a_deposit_somebody_used_before_the_call_is_not_applied_again(tmp_path: Path):
    with prepaid(tmp_path, order()) as t:
        by_hand(t)
        t.teach()
        t.bank.put(acme("T1", "400.00", ORDER))
        t.house.run()
        number = bill(t)
        t.house.advance(timedelta(minutes=10))
        t.house.machine.blocks.renew()
        assert t.house.machine.prepaid.run() == 1
        (made,) = t.house.made("customerDeposit")
        (billed,) = [one for one in t.house.ns.control.truth("invoice") if one["fields"]["tranId"] == number]
        body = {"apply": {"items": [{"doc": {"id": billed["id"]}, "apply": True, "amount": 300}]}}
        t.house.ns.control.admin(
            "human_transform", record="customerDeposit", id=made["id"], target="depositApplication", body=body
        )
        t.house.run()
        assert t.stands("T1") == ("case", "open_amount_changed")
        assert applied(t) == {}
        assert deposits(t) == {"cd-T1": (400, 100)}
        # They use the rest of it, too: nothing is left to decide.
        body["apply"]["items"][0]["amount"] = 100
        t.house.ns.control.admin(
            "human_transform", record="customerDeposit", id=made["id"], target="depositApplication", body=body
        )
        later(t)
        assert t.stands("T1") == ("confirmed", "")
        assert row(t) == (400, 400, 0)


def test_a_deposit_whose_money_came_back_is_not_applied_and_says_what_to_do(tmp_path: Path):
    with prepaid(tmp_path, order()) as t:
        by_hand(t)
        t.teach()
        t.bank.put(acme("T1", "400.00", ORDER))
        t.house.run()
        t.bank.put(returned("R1", "400.00", "T1"))
        t.house.run()
        assert t.stands("R1") == ("case", "payment_returned")
        assert "refund the deposit" in t.desk.show("R1").case.finding.found
        number = bill(t)
        later(t)
        assert t.stands("T1") == ("case", "deposit_unapplied")
        assert "R1 says that the money came back" in t.desk.show("T1").case.finding.found
        assert applied(t) == {}
        assert t.open_amounts() == {number: 1000}


def test_a_closed_period_waits_for_an_approved_date(tmp_path: Path):
    with prepaid(tmp_path, order()) as t:
        by_hand(t)
        t.teach()
        t.bank.put(acme("T1", "400.00", ORDER))
        t.house.run()
        bill(t, tranDate="2026-11-03")
        t.house.ns.control.admin("close_period", date="2026-11-03")
        t.house.machine.keeper.mark_stale()
        later(t)
        assert t.stands("T1") == ("case", "period_closed")
        assert applied(t) == {}


def test_money_is_never_booked_as_a_deposit_and_as_a_payment(tmp_path: Path):
    with prepaid(tmp_path, order(), invoice("INV10530", ACME, "400.00")) as t:
        t.teach()
        refusal = {"record": "customerDeposit"}
        t.house.ns.control.admin("arm_user_event_refusal", text="Deposits are closed.", match=refusal)
        t.bank.put(acme("T1", "400.00", ORDER))
        t.house.run()
        assert t.stands("T1")[0] == "case"
        t.desk.apply("T1", {"INV10530": ""}, "ann", "they meant the invoice")
        t.house.run()
        assert t.stands("T1") == ("confirmed", "")
        assert t.payments() == {"pay-T1": (400, 0)}
        assert deposits(t) == {}
        assert t.house.states()["cd-T1"] == "cancelled"


def test_a_deposit_for_an_order_that_is_closed_is_a_persons(tmp_path: Path):
    with prepaid(tmp_path, order()) as t:
        t.teach()
        t.bank.put(acme("T1", "400.00", ORDER))
        t.house.run()
        later(t)
        assert t.stands("T1") == ("confirmed", "")
        (sold,) = [one for one in t.house.ns.control.truth("salesOrder") if one["fields"]["tranId"] == ORDER]
        t.house.ns.control.admin(
            "human_edit", record="salesOrder", id=sold["id"], fields={"orderStatus": {"id": "H"}}
        )
        later(t)
        assert t.stands("T1") == ("case", "deposit_unapplied")
        assert "nothing, and it is billed or closed" in t.desk.show("T1").case.finding.found
        t.house.cases.ignore(t.desk.show("T1").case.id, by="ann", because="refunded by hand")
        later(t)
        assert t.stands("T1") == ("confirmed", "")


def test_the_plan_shows_the_deposit_and_the_trace_shows_both_records(tmp_path: Path):
    with prepaid(tmp_path, order()) as t:
        by_hand(t)
        t.teach()
        t.bank.put(acme("T1", "400.00", ORDER))
        t.house.machine.poll()
        made = t.house.machine.plans.make("ann")
        (step,) = made.steps
        assert (step.kind, step.external_id) == ("create_customer_deposit", "cd-T1")
        assert (str(step.total), step.period, step.subsidiary) == ("400.00 USD", "2026-11", "1")
        assert deposits(t) == {}
        t.house.machine.plans.apply(made, "ann")
        t.house.run()
        bill(t)
        later(t)
        (told,) = trace(t.house.store, "T1")
        shown = {(one["kind"], one["external_id"], one["state"]) for one in told["documents"]}
        assert ("create_customer_deposit", "cd-T1", "confirmed") in shown
        assert ("create_deposit_application", "da-T1", "confirmed") in shown


@pytest.mark.parametrize("whose", ["ours", "NetSuite's own"])
def test_an_application_somebody_takes_back_is_not_made_again_by_itself(tmp_path: Path, whose: str):
    with prepaid(tmp_path, order()) as t:
        if whose == "ours":
            by_hand(t)
        t.teach()
        t.bank.put(acme("T1", "400.00", ORDER))
        t.house.run()
        number = bill(t)
        later(t)
        made = [
            one
            for one in t.house.ns.control.truth("depositApplication")
            if not (one["external_id"] or "").startswith("canary")
        ]
        t.house.ns.control.admin("delete_record", record="depositApplication", id=made[0]["id"])
        assert t.open_amounts() == {number: 1000}
        t.house.advance(timedelta(hours=26))
        later(t)
        assert t.stands("T1") == ("case", "deposit_unapplied")
        assert "was taken back" in t.desk.show("T1").case.finding.found
        assert deposits(t) == {"cd-T1": (400, 400)}
        assert t.open_amounts() == {number: 1000}


def test_the_two_records_are_asked_for_only_where_prepayments_become_deposits():
    base = with_cash(policy(), account="101")
    assert base.cash is not None
    cash = replace(base.cash, prepayments=Prepayments.CUSTOMER_DEPOSIT)
    more = set(records_written(replace(base, cash=cash))) - set(records_written(base))
    assert more == {RecordType.CUSTOMER_DEPOSIT, RecordType.DEPOSIT_APPLICATION}
