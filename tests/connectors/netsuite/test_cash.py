"""What cash application asks NetSuite and what it sends: our own texts and bodies against the emulator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from tests.support.house import INSTALLATION, START, configuration, dataset

from tieout.connectors.netsuite.gateway import NetSuiteGateway
from tieout.domain.cash.ledger import ItemKind
from tieout.domain.comparison import ObservedApplication
from tieout.domain.drafts import AppliedDraft, ApplyDraft, PaymentDraft, Trace
from tieout.domain.ids import ClaimKey, ExternalId, InternalId, RecordType
from tieout.domain.money import Money
from tieout.domain.sources import SourceRef
from tieout.emulators.netsuite import NetSuiteEmulator
from tieout.flows.ports import ForeignPaymentQuery
from tieout.flows.rows import Links, Outcome, Reply
from tieout.runner.clock import ManualClock

TRACE = Trace(
    installation=INSTALLATION,
    source=SourceRef(system="bank", environment="main", object="line", id="m-1"),
)
ONE, TWO, CREDIT = InternalId("801"), InternalId("802"), InternalId("803")


@pytest.fixture
def ns() -> Iterator[NetSuiteEmulator]:
    data = dataset()
    for number, rate in ((ONE, "100.10"), (TWO, "50")):
        data["transactions"].append(
            {
                "type": "invoice",
                "id": number,
                "externalId": f"inv-{number}",
                "entity": {"id": "1001"},
                "tranDate": "2026-10-05",
                "otherRefNum": f"PO {number}",
                "item": {"items": [{"item": {"id": "501"}, "quantity": 1, "rate": rate}]},
            }
        )
    with NetSuiteEmulator(data, clock=START) as emulator:
        yield emulator


@pytest.fixture
def gateway(ns: NetSuiteEmulator) -> NetSuiteGateway:
    return NetSuiteGateway(configuration(ns.base_url), ManualClock(START))


def usd(amount: str) -> Money:
    return Money(Decimal(amount), "USD")


def applied(document: InternalId, amount: str, discount: str | None = None) -> AppliedDraft:
    return AppliedDraft(
        document=document, number="", amount=usd(amount), discount=usd(discount) if discount else None
    )


def draft(*lines: AppliedDraft, **changes: object) -> PaymentDraft:
    plain = PaymentDraft(
        external_id=ExternalId("pay-m-1"),
        trace=TRACE,
        customer=InternalId("1001"),
        subsidiary=InternalId("1"),
        currency_id=InternalId("1"),
        amount=usd("120.00"),
        transaction_date=date(2026, 11, 2),
        applied=lines,
        receivables=InternalId("121"),
        account=InternalId("101"),
        check_number="4711",
        memo="ACH CREDIT",
    )
    return replace(plain, **changes)


def done(reply: Reply) -> InternalId:
    assert reply.outcome is Outcome.DONE, reply.problem
    assert reply.internal_id is not None
    return reply.internal_id


def test_a_payment_of_ours_is_read_back_as_it_was_sent(gateway: NetSuiteGateway):
    number = done(gateway.create(draft(applied(ONE, "98.10", "2.00"), applied(TWO, "20")), Links()))
    (seen,) = gateway.read_back([(RecordType.CUSTOMER_PAYMENT, number)]).values()
    assert seen.type is RecordType.CUSTOMER_PAYMENT
    assert (seen.external_id, seen.installation, seen.source_id) == ("pay-m-1", INSTALLATION, "m-1")
    assert (seen.customer, seen.subsidiary, seen.currency_id) == ("1001", "1", "1")
    assert (seen.transaction_date, seen.po_number, seen.total) == (date(2026, 11, 2), "4711", Decimal(120))
    assert (seen.unapplied, seen.voided) == (Decimal("1.9"), False)
    assert seen.applied == (
        ObservedApplication(document=ONE, amount=Decimal("98.1")),
        ObservedApplication(document=TWO, amount=Decimal(20)),
    )


def test_open_items_tell_what_is_open_with_receivables_and_subsidiary(gateway: NetSuiteGateway):
    number = done(gateway.create(draft(applied(ONE, "100.10"), applied(TWO, "10")), Links()))
    items = {item.id: item for page in gateway.open_items(None) for item in page}
    shown = {
        item: (items[item].kind, items[item].total_minor, items[item].open_minor, items[item].receivables)
        for item in (ONE, TWO, number)
    }
    assert shown == {
        ONE: (ItemKind.INVOICE, 10010, 0, "121"),
        TWO: (ItemKind.INVOICE, 5000, 4000, "121"),
        number: (ItemKind.PAYMENT, 12000, 990, "121"),
    }
    assert (items[TWO].customer, items[TWO].subsidiary, items[TWO].po_number) == ("1001", "1", "PO 802")
    assert (items[TWO].day, items[TWO].due) == (date(2026, 10, 5), date(2026, 11, 4))
    assert [item.open_minor for item in gateway.items_now([TWO])] == [4000]


def test_what_a_payment_settled_since_is_found_through_its_links(ns: NetSuiteEmulator):
    """The invoice's own stamp does not move (rule NS-18d): the payment's does."""
    ns.control.clock(advance_seconds=5 * 86400)
    gateway = NetSuiteGateway(configuration(ns.base_url), ManualClock(START + timedelta(days=5)))
    later = START + timedelta(days=4)
    assert [page for page in gateway.open_items(later) if page] == []
    done(gateway.create(draft(applied(ONE, "100.10")), Links()))
    kinds = sorted((item.kind, item.open_minor) for page in gateway.open_items(later) for item in page)
    assert kinds == [(ItemKind.INVOICE, 0), (ItemKind.PAYMENT, 1990)]


def test_applications_are_set_and_taken_back_by_absolute_amounts(
    ns: NetSuiteEmulator, gateway: NetSuiteGateway
):
    number = done(gateway.create(draft(applied(ONE, "60")), Links()))
    change = ApplyDraft(
        payment=ClaimKey("bank:m-1"),
        trace=TRACE,
        customer=InternalId("1001"),
        applied=(applied(ONE, "0"), applied(TWO, "50")),
    )
    for _ in range(2):
        assert gateway.apply_payment(change, number).outcome is Outcome.DONE
    (seen,) = gateway.read_back([(RecordType.CUSTOMER_PAYMENT, number)]).values()
    assert seen.applied == (ObservedApplication(document=TWO, amount=Decimal(50)),)
    assert seen.unapplied == Decimal(70)
    patches = [entry for entry in ns.control.log() if entry["operation"] == "update"]
    assert len(patches) == 1, "applied as wanted already: nothing is sent a second time"


def test_a_payment_somebody_entered_is_found_by_amount_day_and_check_number(
    ns: NetSuiteEmulator, gateway: NetSuiteGateway
):
    body = {
        "customer": {"id": "1001"}, "payment": 120, "tranDate": "2026-11-03", "checkNumber": "4711",
        "account": {"id": "101"},
    }  # fmt: skip
    number = ns.control.admin("human_create", record="customerPayment", body=body)["id"]
    done(gateway.create(draft(), Links()))
    query = ForeignPaymentQuery(
        source_id="m-1",
        customer=InternalId("1001"),
        currency_id=InternalId("1"),
        total="120.00",
        day=date(2026, 11, 2),
        reference="4711",
    )
    ((sign,),) = gateway.foreign_payments([query]).values()
    assert (sign.observed.id, sign.why) == (number, "same customer, amount 120.00 and check number 4711")
