"""What Stripe's objects are as movements: one for each time money moved, gross, with nothing guessed."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import UTC, date
from pathlib import Path

import pytest
from tests.connectors.stripe.support import ACCOUNT, ACME, BETA, DAY, USD, Till, usd

from tieout.connectors.stripe.facts import Books, Facts
from tieout.connectors.stripe.movements import movements_of
from tieout.domain.cash.movements import (
    Movement,
    MovementKind,
    Payer,
    Place,
    Rail,
    RemittanceReference,
    ReturnOf,
)
from tieout.domain.money import Money

SAMPLES = Path(__file__).parents[2] / "fixtures" / "stripe"
STAMP = {"tieout_invoice": "inv-0065g00000QwErTAAX", "tieout_customer": "2056"}
BOOKS = Books(account=ACCOUNT, zone=UTC, customer_key="tieout_customer", by_availability=False)


@pytest.fixture
def till():
    with Till() as made:
        yield made


def without_raw(movement):
    assert movement.raw
    return replace(movement, raw="")


# Cards


@pytest.mark.requirement("R30", "R31", "R39")
def test_a_stamped_card_payment_is_one_gross_receipt_and_one_fee(till):
    intent = till.pay(customer=ACME, metadata=STAMP, description="Order 4711-2026")
    till.poll()
    charge = intent["latest_charge"]
    place = Place(file=ACCOUNT, where=f"charge {charge}")
    fee_identity = next(name for name in till.known if name.endswith("-fee"))
    assert without_raw(till.movement(charge)) == Movement(
        place=place,
        kind=MovementKind.RECEIPT,
        credit=True,
        amount=usd(5000),
        account=USD,
        identity=charge,
        booked=date(2026, 11, 2),
        value_date=date(2026, 11, 2),
        rail=Rail.CARD,
        code="charge",
        payer=Payer(
            names=("Acme, Inc.",), identifiers=(("netsuite_customer", "2056"), ("stripe_customer", ACME))
        ),
        references=(
            RemittanceReference(text="inv-0065g00000QwErTAAX", place=place, qualifier="tieout_invoice"),
        ),
    )
    fee = till.movement(fee_identity)
    assert (fee.kind, fee.credit, fee.amount, fee.code) == (MovementKind.FEE, False, usd(175), "stripe_fee")
    assert set(till.known) == {charge, fee_identity}


def test_however_many_events_tell_of_a_payment_it_is_one_movement(till):
    invoice = till.bill()
    till.made(f"invoices/{invoice['id']}/pay", payment_method="pm_card_visa")
    till.pass_time(2)
    told = till.events("payment_intent.succeeded", "charge.succeeded", "charge.updated", "invoice.paid",
                       "invoice.payment_succeeded", "invoice_payment.paid")  # fmt: skip
    assert len(set(told)) == 6
    till.poll()
    assert list(till.kinds().values()) == ["receipt"]


@pytest.mark.requirement("R31")
def test_what_is_authorised_is_no_cash_and_what_is_captured_in_part_is_cash_in_part(till):
    intent = till.pay(capture_method="manual")
    charge = intent["latest_charge"]
    till.poll()
    assert (till.movement(charge).kind, till.movement(charge).code) == (
        MovementKind.INFORMATION, "authorised, not captured",
    )  # fmt: skip
    till.made(f"payment_intents/{intent['id']}/capture", amount_to_capture=3000)
    till.pass_time(2)
    till.poll()
    assert (till.movement(charge).kind, till.movement(charge).amount) == (MovementKind.RECEIPT, usd(3000))


def test_without_a_balance_transaction_there_is_no_cash_yet(till):
    charge = till.pay(settle=False)["latest_charge"]
    till.poll()
    assert (till.movement(charge).kind, till.movement(charge).code) == (
        MovementKind.INFORMATION, "no balance transaction yet",
    )  # fmt: skip
    till.pass_time(2)
    till.poll()
    assert till.movement(charge).kind is MovementKind.RECEIPT


def test_a_declined_card_is_no_cash(till):
    till.admin("pay", amount=5000, currency="usd", payment_method="pm_card_chargeDeclined")
    till.poll()
    (only,) = till.movements().values()
    assert (only.kind, only.code) == (MovementKind.INFORMATION, "failed card_declined")


# Debits


@pytest.mark.requirement("R30")
def test_a_debit_is_no_cash_until_it_succeeded_days_later_and_keeps_its_identity(till):
    intent = till.pay(method="pm_usBankAccount_success", customer=BETA, amount=90_000)
    py = intent["latest_charge"]
    till.poll()
    assert py.startswith("py_")
    assert till.kinds() == {py: "information"}
    assert till.movement(py).code == "pending"
    till.pass_time(4 * DAY)
    till.poll()
    found = till.movement(py)
    assert (found.kind, found.amount, found.rail) == (MovementKind.RECEIPT, usd(90_000), Rail.ACH)
    assert (found.booked, found.value_date) == (date(2026, 11, 2), date(2026, 11, 6))
    assert [scheme for scheme, _ in found.payer.identifiers] == [
        "netsuite_customer", "stripe_customer", "bank_fingerprint",
    ]  # fmt: skip


def test_a_debit_that_fails_never_was_cash_although_it_had_a_balance_transaction(till):
    py = till.pay(method="pm_usBankAccount_insufficientFunds")["latest_charge"]
    till.poll()
    till.pass_time(4 * DAY)
    till.poll()
    assert (till.movement(py).kind, till.movement(py).code) == (
        MovementKind.INFORMATION, "failed insufficient_funds",
    )  # fmt: skip


def test_a_debit_that_comes_back_weeks_later_undoes_the_receipt_with_its_reason(till):
    py = till.pay(method="pm_usBankAccount_dispute", customer=ACME)["latest_charge"]
    till.pass_time(4 * DAY)
    till.poll()
    till.pass_time(20 * DAY)
    till.poll()
    (dispute,) = till.read("disputes")["data"]
    found = till.movement(dispute["id"])
    assert (found.kind, found.credit, found.amount) == (MovementKind.RETURN_OF_DEBIT, False, usd(5000))
    assert found.returned == ReturnOf(code="insufficient_funds", original=py, reason="dispute lost")
    assert till.movement(py).kind is MovementKind.RECEIPT


# Refunds and disputes


def test_each_refund_is_its_own_movement_and_the_charge_stays_what_it_was(till):
    intent = till.pay()
    till.poll()
    before = without_raw(till.movement(intent["latest_charge"]))
    refunds = [till.made("refunds", payment_intent=intent["id"], amount=amount) for amount in (1000, 1500)]
    till.poll()
    for refund, amount in zip(refunds, (1000, 1500), strict=True):
        found = till.movement(refund["id"])
        assert (found.kind, found.credit, found.amount) == (MovementKind.DISBURSEMENT, False, usd(amount))
        assert found.returned.original == intent["latest_charge"]
    assert without_raw(till.movement(intent["latest_charge"])) == before


def test_a_refund_that_does_not_arrive_comes_back_as_a_movement_of_its_own(till):
    intent = till.pay(method="pm_usBankAccount_success")
    till.pass_time(4 * DAY)
    refund = till.made("refunds", payment_intent=intent["id"], amount=2000)
    till.poll()
    till.admin("fail_refund", refund=refund["id"], reason="insufficient_funds")
    till.poll()
    back = till.movement(f"{refund['id']}-failed")
    assert (back.kind, back.credit, back.amount) == (MovementKind.RETURN_OF_CREDIT, True, usd(2000))
    assert (back.returned.code, back.returned.original) == ("insufficient_funds", refund["id"])
    assert till.movement(refund["id"]).kind is MovementKind.DISBURSEMENT


def test_an_inquiry_moves_nothing_a_withdrawal_does_and_a_won_dispute_gives_back(till):
    charge = till.pay(method="pm_card_createDisputeInquiry")["latest_charge"]
    till.poll()
    (dispute,) = till.read("disputes")["data"]
    assert till.movement(dispute["id"]).code == "dispute warning_needs_response"
    assert till.movement(dispute["id"]).kind is MovementKind.INFORMATION
    till.admin("escalate", dispute=dispute["id"])
    till.poll()
    taken = till.movement(dispute["id"])
    assert (taken.kind, taken.amount, taken.returned.original) == (
        MovementKind.RETURNED_RECEIPT,
        usd(5000),
        charge,
    )
    till.admin("win", dispute=dispute["id"])
    till.poll()
    back = till.movement(f"{dispute['id']}-reinstated")
    assert (back.kind, back.credit, back.amount) == (MovementKind.RETURN_OF_CREDIT, True, usd(5000))
    assert back.returned.original == dispute["id"]
    fees = [one.amount for name, one in till.movements().items() if one.kind is MovementKind.FEE]
    assert sorted(fee.minor for fee in fees) == [175, 1500]


# Invoices


def test_the_invoice_stripe_was_asked_to_collect_is_a_reference_with_what_was_paid_of_it(till):
    bills = [till.bill(amount=3000), till.bill(amount=4000)]
    intent = till.made("payment_intents", amount=7000, currency="usd", customer=ACME)
    for one in bills:
        till.made(f"invoices/{one['id']}/attach_payment", payment_intent=intent["id"])
    done = till.made(f"payment_intents/{intent['id']}/confirm", payment_method="pm_card_visa")
    till.pass_time(2)
    till.poll()
    found = till.movement(done["latest_charge"])
    assert {(one.text, one.qualifier, one.paid) for one in found.references} == {
        (bills[0]["number"], "stripe_invoice", usd(3000)), (bills[1]["number"], "stripe_invoice", usd(4000)),
    }  # fmt: skip


def test_stripes_own_description_of_an_invoice_is_not_said_twice(till):
    invoice = till.bill()
    till.made(f"invoices/{invoice['id']}/pay", payment_method="pm_card_visa")
    till.pass_time(2)
    till.poll()
    (receipt,) = [one for one in till.movements().values() if one.kind is MovementKind.RECEIPT]
    assert ([one.text for one in receipt.references], receipt.texts) == ([invoice["number"]], ())


def test_a_stamp_on_the_stripe_invoice_counts_as_one_on_the_payment(till):
    invoice = till.bill(metadata=STAMP)
    till.made(f"invoices/{invoice['id']}/pay", payment_method="pm_card_visa")
    till.pass_time(2)
    till.poll()
    (receipt,) = [one for one in till.movements().values() if one.kind is MovementKind.RECEIPT]
    assert [(one.text, one.qualifier) for one in receipt.references] == [
        (STAMP["tieout_invoice"], "tieout_invoice")
    ]
    assert receipt.payer.identifiers[0] == ("netsuite_customer", "2056")


def test_an_invoice_that_is_only_marked_paid_brings_no_cash(till):
    invoice = till.bill()
    till.made(f"invoices/{invoice['id']}/pay", paid_out_of_band=True)
    assert "invoice.paid" in till.events()
    assert till.poll() == []


# Transfers


@pytest.mark.requirement("R34")
def test_where_stripe_puts_a_transfer_by_itself_is_told_and_no_reference(till):
    invoice = till.bill(amount=5000, metadata=STAMP)
    till.admin(
        "transfer", customer=ACME, amount=5000, currency="usd", reference="THANK YOU", sender_name="ACME INC"
    )
    till.poll()
    assert till.read(f"invoices/{invoice['id']}")["status"] == "paid"
    (receipt,) = [one for one in till.movements().values() if one.kind is MovementKind.RECEIPT]
    assert (receipt.references, receipt.texts) == ((), ("THANK YOU",))
    assert receipt.customer_reference == f"Stripe's own choice: {invoice['number']}"
    assert receipt.payer == Payer(names=("ACME INC", "Acme, Inc."), identifiers=(("stripe_customer", ACME),))
    assert receipt.rail is Rail.ACH


def test_money_on_a_cash_balance_is_no_cash_before_it_pays_something(till):
    till.admin(
        "transfer", customer=ACME, amount=5000, currency="usd", reference="INV-10042", sender_name="ACME INC"
    )
    till.poll()
    (only,) = till.movements().values()
    assert (only.kind, only.code, only.texts, only.payer.names) == (
        MovementKind.INFORMATION, "cash balance funded", ("INV-10042",), ("ACME INC",),
    )  # fmt: skip


# Payouts and fees


def test_a_payout_is_known_when_it_is_reconciled_and_a_failed_one_never_left(till):
    for _ in range(2):
        till.pay()
    till.pass_time(2 * DAY)
    (payout,) = till.admin("sweep")["payouts"]
    till.poll()
    assert (till.movement(payout["id"]).kind, till.movement(payout["id"]).code) == (
        MovementKind.INFORMATION, "reconciliation in_progress",
    )  # fmt: skip
    till.pass_time(3 * DAY)
    till.poll()
    found = till.movement(payout["id"])
    assert (found.kind, found.credit, found.amount) == (MovementKind.DISBURSEMENT, False, usd(2 * 4825))
    assert found.bank_reference
    till.admin("fail_payout", payout=payout["id"])
    till.poll()
    assert (till.movement(payout["id"]).kind, till.movement(payout["id"]).code) == (
        MovementKind.INFORMATION, "failed account_closed",
    )  # fmt: skip


def test_fees_of_their_own_and_holds_are_found_without_any_event(till):
    fee = till.admin("bill_fees", amount=120)
    hold = till.admin("move", type="reserve_transaction", amount=-700)
    topup = till.admin("move", type="topup", amount=9000)
    till.poll()
    assert till.kinds() == {fee["id"]: "fee", hold["id"]: "information", topup["id"]: "disbursement"}
    assert (till.movement(fee["id"]).texts, till.movement(topup["id"]).credit) == (
        ("Billing - Usage Fee (2026-11)",), True,
    )  # fmt: skip


def test_a_kind_of_transaction_nobody_knows_is_told_and_never_dropped(till):
    row = till.admin("move", type="quantum_rebate", amount=5)
    till.pay()
    till.poll()
    assert till.known[row["id"]].payload["problem"] == (
        f"balance_transaction {row['id']}: expected a type of balance transaction this version knows, found"
        " 'quantum_rebate'"
    )
    assert "receipt" in till.kinds().values(), "what stands beside it goes through"


@pytest.mark.parametrize("seed", [1, 2])
def test_the_movements_of_a_month_come_to_what_the_balance_comes_to(seed):
    import random

    draw = random.Random(seed)
    methods = ("pm_card_visa", "pm_usBankAccount_success", "pm_usBankAccount_insufficientFunds",
               "pm_usBankAccount_dispute", "pm_card_createDispute")  # fmt: skip
    with Till() as till:
        till.admin("set_account", settings={"payout_schedule": "daily"})
        paid = []
        for _ in range(25):
            paid.append(
                till.pay(amount=draw.randrange(100, 90_000), method=draw.choice(methods), settle=False)
            )
            till.pass_time(draw.randrange(3600, 2 * DAY))
            ready = [one for one in paid if till.charge(one)["status"] == "succeeded"]
            if ready and draw.random() < 0.4:
                chosen = ready[draw.randrange(len(ready))]
                till.post("refunds", payment_intent=chosen["id"], amount=50)
            if draw.random() < 0.5:
                till.poll()
        till.admin("bill_fees", amount=321)
        for _ in range(12):
            till.pass_time(3 * DAY)
            till.poll()
        assert till.cash() == till.balance()
        assert len(till.movements()) > 40


# Currencies


def test_converted_money_is_booked_in_the_currency_it_was_paid_in_on_an_account_of_its_own(till):
    intent = till.pay(amount=10_000, currency="eur")
    till.poll()
    found = till.movement(intent["latest_charge"])
    assert (found.amount, found.account) == (Money.from_minor(10_000, "EUR"), f"stripe:{ACCOUNT}:eur:usd")
    (fee,) = [one for one in till.movements().values() if one.kind is MovementKind.FEE]
    assert (fee.amount, fee.account) == (usd(343), USD)


@pytest.mark.parametrize(
    ("minor", "currency", "amount"),
    [
        (5000, "jpy", "5000"), (5120, "kwd", "5.120"), (20_000, "isk", "200"), (30_000, "ugx", "300"),
        (700, "mga", "700.00"), (12_300, "huf", "123.00"), (1, "usd", "0.01"),
    ],
)  # fmt: skip
def test_minor_units_are_stripes_and_not_always_those_of_the_standard(minor, currency, amount):
    item = {"id": "re_1", "amount": minor, "currency": currency, "balance_transaction": {"id": "txn_1"}}
    (told,) = movements_of(Facts(kind="refund", item=item), BOOKS)
    assert str(told.movement.amount) == f"{amount} {currency.upper()}"


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ({"amount": 150, "currency": "isk"}, "expected an amount ISK can hold, found 150 minor units"),
        ({"amount": "150", "currency": "usd"}, "expected amount in minor units of a currency, found '150'"),
        ({"amount": 150, "currency": "usdc"}, "found 150 'USDC'"),
        ({}, "found None ''"),
    ],
)
def test_an_amount_nobody_can_read_is_told_with_what_was_expected(item, words):
    item = {"id": "re_1", **item}
    (told,) = movements_of(Facts(kind="refund", item=item), BOOKS)
    assert told.movement is None
    assert words in told.problem
    assert json.loads(told.raw)["refund"] == item


# Who paid


def test_two_stamps_that_name_different_customers_prove_neither(till):
    intent = till.pay(customer=ACME, metadata={"tieout_customer": "1"})
    till.made(f"payment_intents/{intent['id']}", metadata={"tieout_customer": "2"})
    till.poll()
    assert till.movement(intent["latest_charge"]).payer.identifiers == (("stripe_customer", ACME),)


@pytest.mark.parametrize("value", ["CUST-1", "0", "12.5", "", "1 OR 1"])
def test_a_customer_that_is_no_internal_id_is_not_believed(till, value):
    intent = till.pay(customer=ACME, metadata={"tieout_customer": value, "x": "y"})
    till.poll()
    assert till.movement(intent["latest_charge"]).payer.identifiers == (("stripe_customer", ACME),)


@pytest.mark.parametrize("value", ["inv-1, inv 2", "see e-mail!", "inv-" + "9" * 40])
def test_a_stamp_that_is_not_of_our_making_is_no_stamp(till, value):
    intent = till.pay(metadata={"tieout_invoice": value})
    till.poll()
    assert till.movement(intent["latest_charge"]).references == ()


def test_a_stamp_that_came_too_late_for_the_charge_is_found_on_the_intent(till):
    intent = till.pay(customer=ACME)
    till.poll()
    till.made(f"payment_intents/{intent['id']}", metadata=STAMP)
    till.pass_time(6 * 3600)
    till.poll()
    found = till.movement(intent["latest_charge"])
    assert [one.qualifier for one in found.references] == ["tieout_invoice"]


def test_a_stamp_on_a_checkout_session_is_looked_for_when_it_is_asked_for():
    price = {"currency": "usd", "unit_amount": 2500}
    for asked in (False, True):
        with Till(read_checkout_sessions=asked) as till:
            session = till.made(
                "checkout/sessions", mode="payment", line_items=[{"price_data": price}], metadata=STAMP
            )
            till.admin("complete_checkout", session=session["id"])
            till.pass_time(2)
            till.poll()
            (receipt,) = [one for one in till.movements().values() if one.kind is MovementKind.RECEIPT]
            assert bool(receipt.references) is asked


def test_the_day_is_that_of_the_books(till):
    till.pass_time(int(10.5 * 3600))
    intent = till.pay()
    till.poll()
    assert till.movement(intent["latest_charge"]).booked == date(2026, 11, 2)
    with Till(time_zone="Europe/Berlin", payment_day="available") as other:
        other.pass_time(int(11.5 * 3600))
        late = other.pay()
        other.poll()
        found = other.movement(late["latest_charge"])
        assert (found.booked, found.value_date) == (date(2026, 11, 3), date(2026, 11, 4))


# Other connectors


def test_money_that_stripes_own_connector_has_booked_says_so(till):
    marks = {"netsuite_customer_payment_id": "8123", "netsuite_invoice_id": "77"}
    intent = till.pay(customer=ACME, metadata=marks)
    till.poll()
    sighting = till.known[intent["latest_charge"]]
    assert sighting.payload["elsewhere"] == "netsuite_customer_payment_id 8123"
    assert till.movement(intent["latest_charge"]).references == (), "an internal id is no document number"


def test_a_published_dispute_of_a_connected_account_is_recognised():
    rows = list(csv.DictReader((SAMPLES / "fivetran-seeds" / "dispute_data.csv").open()))
    metadata = [json.loads(row["metadata"].strip('"')) for row in rows if "netsuite" in row["metadata"]]
    assert metadata
    for one in metadata:
        item = {"id": "du_1", "amount": 100, "currency": "usd", "status": "lost", "metadata": one}
        (told,) = movements_of(Facts(kind="dispute", item=item), BOOKS)
        assert "netsuite_credit_memo_id" in told.elsewhere


# Published shapes


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("charge", {("ch_1PgafuB7WZ01zgkWXYmPNZs8", "information", "1.00 USD")}),
        ("refund", {("re_1Pgc72B7WZ01zgkWqPvrRrPE", "information", "1.00 USD")}),
        ("dispute", {("dp_1Pgc71B7WZ01zgkWMevJiAUx", "information", "10.00 USD")}),
        ("payout", {("po_1Pgc79B7WZ01zgkWu1KToYf4", "information", "11.00 USD")}),
        (
            "customer_cash_balance_transaction",
            {("ccsbtxn_1Pgc75B7WZ01zgkWzdJj4ufI", "information", "50.00 EUR")},
        ),
    ],
)
def test_the_published_shape_of_each_object_is_read(kind, expected):
    item = json.loads((SAMPLES / "openapi" / "fixtures3.cut.json").read_text())["resources"][kind]
    told = movements_of(Facts(kind=kind, item=item), BOOKS)
    assert {(one.identity, str(one.movement.kind), str(one.movement.amount)) for one in told} == expected


def test_a_published_balance_transaction_of_a_charge_is_told_by_the_charge():
    from tieout.connectors.stripe.movements import source_of

    item = json.loads((SAMPLES / "openapi" / "fixtures3.cut.json").read_text())["resources"][
        "balance_transaction"
    ]
    assert source_of(item) == ("charge", "ch_1PgafuB7WZ01zgkWXYmPNZs8")


@pytest.mark.parametrize(
    "file", sorted((SAMPLES / "pre-basil").glob("*invoice*.json")), ids=lambda path: path.stem
)
def test_invoices_of_an_old_api_version_are_read_by_what_did_not_change(file):
    data = json.loads(file.read_text())
    invoice = data.get("data", {}).get("object", data)
    charge = {"id": "ch_1", "amount": 100, "currency": "usd", "status": "succeeded", "captured": True,
              "amount_captured": 100, "balance_transaction": {"id": "txn_1", "currency": "usd"}}  # fmt: skip
    paid = ({"invoice": invoice["id"], "amount_paid": 100, "currency": "usd"},)
    (told,) = movements_of(
        Facts(kind="charge", item=charge, invoice_payments=paid, invoices=(invoice,)), BOOKS
    )
    assert [one.text for one in told.movement.references] == [invoice["number"]]


def test_evidence_holds_no_key_to_anything():
    with Till() as till:
        till.pay()
        till.poll()
        for one in till.known.values():
            assert "client_secret" not in json.dumps(one.payload)
