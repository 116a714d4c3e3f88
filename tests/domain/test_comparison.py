"""Is it the record we sent? Only what was sent counts, and "already exists" is not success until it is equal."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from tests.domain.builders import CONTACT, DEAL, checked, customer, order, policy, usd

from tieout.domain.comparison import (
    Match,
    Observed,
    ObservedLine,
    clash_finding,
    differences,
    match,
    record_type,
)
from tieout.domain.ids import DocumentNumber, ExternalId, InternalId, RecordType
from tieout.domain.planning import plan

DEAL_WITH_CONTACT = order(customer=customer(contact=CONTACT), po_number="PO-1")
CUSTOMER, CONTACT_DRAFT, INVOICE = (
    step.draft for step in plan(checked(DEAL_WITH_CONTACT), policy()).steps[:3]
)
ID = InternalId("501")

SEEN_INVOICE = Observed(
    id=InternalId("9001"),
    external_id=ExternalId("inv-D1"),
    type="invoice",
    installation="test",
    source_id="D1",
    customer=ID,
    subsidiary="1",
    currency_id="1",
    transaction_date=date(2026, 10, 5),
    po_number="PO-1",
    lines=(
        ObservedLine(item=InternalId("101"), quantity=Decimal(2), amount=Decimal(100), source_line="L1"),
        ObservedLine(
            item=InternalId("102"), quantity=Decimal("2.00"), amount=Decimal("50.0"), source_line="L2"
        ),
    ),
)
SEEN_CUSTOMER = Observed(
    id=ID,
    external_id=ExternalId("A1"),
    type="customer",
    installation="test",
    source_id="A1",
    name="Acme,  Inc. ",
    subsidiary="1",
)
SEEN_CONTACT = Observed(
    id=InternalId("77"),
    external_id=ExternalId("con-C1"),
    type="contact",
    installation="test",
    source_id="C1",
    customer=ID,
)
PAIRS = [(CUSTOMER, SEEN_CUSTOMER), (CONTACT_DRAFT, SEEN_CONTACT), (INVOICE, SEEN_INVOICE)]


def with_line(number: int, **changes) -> Observed:
    lines = list(SEEN_INVOICE.lines)
    lines[number] = replace(lines[number], **changes)
    return replace(SEEN_INVOICE, lines=tuple(lines))


@pytest.mark.requirement("R20")
@pytest.mark.parametrize(("draft", "observed"), PAIRS)
def test_a_record_as_it_was_sent_is_equal(draft, observed: Observed):
    assert differences(draft, observed, ID) == []
    assert match(draft, observed, ID) is Match.EQUAL


def test_drafts_know_their_record_type():
    assert [record_type(draft) for draft, _ in PAIRS] == [
        RecordType.CUSTOMER,
        RecordType.CONTACT,
        RecordType.INVOICE,
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"total": Decimal("178.50"), "tax_total": Decimal("28.50")},
        {"number": DocumentNumber("INV-7")},
        {"status": "Open"},
        {"approved": False},
        {"name": "Invoice #7"},
        {"created_from": InternalId("5")},
    ],
)
def test_what_netsuite_computes_is_not_compared(changes: dict):
    assert match(INVOICE, replace(SEEN_INVOICE, **changes), ID) is Match.EQUAL


@pytest.mark.requirement("R20")
@pytest.mark.parametrize(
    ("observed", "field"),
    [
        (replace(SEEN_INVOICE, external_id=None), "external ID"),
        (replace(SEEN_INVOICE, source_id="D2"), "source id"),
        (replace(SEEN_INVOICE, customer=InternalId("502")), "customer"),
        (replace(SEEN_INVOICE, customer=None), "customer"),
        (replace(SEEN_INVOICE, subsidiary="2"), "subsidiary"),
        (replace(SEEN_INVOICE, currency_id="2"), "currency"),
        (replace(SEEN_INVOICE, transaction_date=date(2026, 10, 6)), "date"),
        (replace(SEEN_INVOICE, transaction_date=None), "date"),
        (replace(SEEN_INVOICE, po_number=""), "PO number"),
        (replace(SEEN_INVOICE, voided=True), "voided"),
        (replace(SEEN_INVOICE, lines=SEEN_INVOICE.lines[:1]), "number of lines"),
        (replace(SEEN_INVOICE, lines=SEEN_INVOICE.lines * 2), "number of lines"),
        (with_line(0, item=InternalId("102")), "line 1 item"),
        (with_line(1, quantity=Decimal(3)), "line 2 quantity"),
        (with_line(1, amount=Decimal("50.01")), "line 2 amount"),
        (with_line(0, amount=Decimal(-100)), "line 1 amount"),
        (with_line(1, source_line=""), "line 2 source line"),
    ],
)
def test_each_field_that_was_sent_counts(observed: Observed, field: str):
    assert [one.field for one in differences(INVOICE, observed, ID)] == [field]
    assert match(INVOICE, observed, ID) is Match.DIFFERS


@pytest.mark.parametrize(
    ("draft", "observed", "field"),
    [
        (CUSTOMER, replace(SEEN_CUSTOMER, name="Other"), "name"),
        (CUSTOMER, replace(SEEN_CUSTOMER, subsidiary="2"), "subsidiary"),
        (CONTACT_DRAFT, replace(SEEN_CONTACT, customer=InternalId("9")), "customer"),
    ],
)
def test_people_are_compared_too(draft, observed: Observed, field: str):
    assert [one.field for one in differences(draft, observed, ID)] == [field]


def test_lines_in_another_order_are_another_invoice():
    swapped = replace(SEEN_INVOICE, lines=SEEN_INVOICE.lines[::-1])
    assert match(INVOICE, swapped, ID) is Match.DIFFERS


@pytest.mark.requirement("R20")
def test_another_type_and_another_installation_are_said_before_differences():
    order_ = replace(SEEN_INVOICE, type="sales_order", installation="", voided=True)
    assert match(INVOICE, order_, ID) is Match.OTHER_TYPE
    for other in ("staging", ""):
        theirs = replace(SEEN_INVOICE, installation=other, voided=True)
        assert match(INVOICE, theirs, ID) is Match.OTHER_INSTALLATION


@pytest.mark.parametrize(
    ("observed", "found"),
    [
        (replace(SEEN_INVOICE, type="CustCred"), "CustCred 9001"),
        (replace(SEEN_INVOICE, installation="staging"), "invoice 9001 of installation staging"),
        (replace(SEEN_INVOICE, installation=""), "invoice 9001 of installation none"),
        (
            with_line(1, amount=Decimal("50.01")),
            "invoice 9001: line 2 amount: sent '50', found '50.01'",
        ),
    ],
)
def test_the_case_says_what_was_expected_and_what_is_there(observed: Observed, found: str):
    verdict = match(INVOICE, observed, ID)
    finding = clash_finding(verdict, INVOICE, observed, ID, DEAL)
    assert (finding.code, finding.cause, finding.found) == (verdict.value, "inv-D1", found)
    assert finding.expected == "invoice inv-D1 as sent by test"


def test_trailing_zeros_and_big_numbers_do_not_matter():
    big = replace(
        INVOICE, lines=(replace(INVOICE.lines[0], quantity=Decimal(1000), amount=usd("1000000.00")),)
    )
    line = ObservedLine(
        item=InternalId("101"), quantity=Decimal("1E+3"), amount=Decimal("1.0E6"), source_line="L1"
    )
    assert match(big, replace(SEEN_INVOICE, lines=(line,)), ID) is Match.EQUAL
