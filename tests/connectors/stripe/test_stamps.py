"""Stamps: what our code writes so that money comes back with its invoice's name."""

from __future__ import annotations

from datetime import date

import pytest
from tests.connectors.stripe.support import ACME, DAY, Till

from tieout.connectors.stripe.stamps import NotAStamp, stamp, stamped_customer, stamped_invoices
from tieout.domain.cash.movements import MovementKind
from tieout.flows.errors import Refused
from tieout.flows.ports import StampRefused

KEY = "tieout_customer"


@pytest.fixture
def till():
    with Till() as made:
        yield made


@pytest.mark.requirement("R39")
def test_a_stamp_says_invoices_and_customer_and_is_read_back_as_it_was():
    made = stamp(["inv-1", "inv-2", "inv-1"], "2056", KEY)
    assert dict(made) == {"tieout_invoice": "inv-1,inv-2", KEY: "2056"}
    assert (stamped_invoices(made), stamped_customer(made, KEY)) == (("inv-1", "inv-2"), "2056")


@pytest.mark.parametrize(
    ("invoices", "customer", "words"),
    [
        ([], "1", "found none"), (["INV 1"], "1", "letters, digits"), (["x" * 41], "1", "at most 40"),
        (["inv-1"], "CUST-1", "internal id of a NetSuite customer"), (["inv-1"], "0", "internal id"),
        ([f"inv-{number:036d}" for number in range(13)], "1", "split the payment"),
    ],
)  # fmt: skip
def test_what_a_stamp_cannot_say_is_refused_with_what_it_can(invoices, customer, words):
    with pytest.raises(NotAStamp, match=words):
        stamp(invoices, customer, KEY)


def test_a_stamp_before_the_payment_reaches_its_charge_and_its_movement(till):
    intent = till.made(
        "payment_intents", amount=5000, currency="usd", customer=ACME, metadata={"own": "kept"}
    )
    stamped = till.source.stamp(intent["id"], ["inv-1"], "2056")
    assert (stamped.in_time, dict(stamped.metadata)) == (True, {"tieout_invoice": "inv-1", KEY: "2056"})
    done = till.made(f"payment_intents/{intent['id']}/confirm", payment_method="pm_card_visa")
    till.pass_time(2)
    assert till.charge(done)["metadata"] == {"own": "kept", "tieout_invoice": "inv-1", KEY: "2056"}
    till.poll()
    found = till.movement(done["latest_charge"])
    assert [(one.qualifier, one.text) for one in found.references] == [("tieout_invoice", "inv-1")]


def test_a_stamp_after_the_payment_says_that_it_came_late(till):
    intent = till.pay()
    assert till.source.stamp(intent["id"], ["inv-1"], "2056").in_time is False
    assert till.charge(intent)["metadata"] == {}


def test_invoices_and_checkout_sessions_can_be_stamped_and_other_things_cannot(till):
    invoice = till.bill()
    till.source.stamp(invoice["id"], ["inv-1"], "2056")
    assert till.read(f"invoices/{invoice['id']}")["metadata"]["tieout_invoice"] == "inv-1"
    price = {"currency": "usd", "unit_amount": 2500}
    session = till.made("checkout/sessions", mode="payment", line_items=[{"price_data": price}])
    till.source.stamp(session["id"], ["inv-2"], "2056")
    assert till.read(f"checkout/sessions/{session['id']}")["metadata"]["tieout_invoice"] == "inv-2"
    for one in ("ch_1", "", "pi_", "pi_1/../../charges", "pi_\u00e9"):
        with pytest.raises(StampRefused, match="expected the id of a payment intent"):
            till.source.stamp(one, ["inv-1"], "2056")
    with pytest.raises(Refused, match="No such"):
        till.source.stamp("pi_none", ["inv-1"], "2056")


def test_stamping_twice_after_a_lost_answer_writes_once(till):
    intent = till.made("payment_intents", amount=5000, currency="usd")
    till.control.faults({"kind": "commit_500", "match": {"operation": "update"}})
    till.source.stamp(intent["id"], ["inv-1"], "2056")
    keys = [one["request_hash"] for one in till.control.log() if one["path"].endswith(intent["id"])]
    assert len(keys) == 2
    assert len(set(keys)) == 1


def test_what_carries_no_stamp_is_listed_newest_first(till):
    till.pay(metadata={"tieout_invoice": "inv-1"})
    old = till.pay(customer=ACME, description="Order 9")
    till.pass_time(2 * DAY)
    new = till.pay(amount=700, method="pm_usBankAccount_success")
    till.admin("pay", amount=5000, currency="usd", payment_method="pm_card_chargeDeclined")
    found = till.source.unstamped(date(2026, 11, 1), 10)
    assert [one.charge for one in found] == [new["latest_charge"], old["latest_charge"]]
    first, second = found
    assert (str(first.amount), first.day, first.intent) == ("7.00 USD", date(2026, 11, 4), new["id"])
    assert (second.payer, second.description) == (ACME, "Order 9")
    assert [one.charge for one in till.source.unstamped(date(2026, 11, 3), 10)] == [new["latest_charge"]]
    assert len(till.source.unstamped(date(2026, 11, 1), 1)) == 1


def test_the_preflight_says_what_is_missing_and_who_else_writes(till):
    till.pay(metadata={"netsuite_customer_payment_id": "8"})
    till.pay(method="pm_card_bypassPending")
    till.made("payouts", amount=1000, currency="usd")
    said = till.source.warnings()
    assert any(one.startswith("foreign writer: charges carry metadata of Stripe's own") for one in said)
    assert any(one.startswith("2 of the latest 2 charges name no NetSuite invoice") for one in said)
    assert any(one.startswith("no account is pinned") for one in said)
    assert any(one.startswith("payouts are made by hand") for one in said)


def test_a_receipt_without_a_stamp_stays_a_receipt(till):
    charge = till.pay()["latest_charge"]
    till.poll()
    assert (till.movement(charge).kind, till.movement(charge).references) == (MovementKind.RECEIPT, ())
