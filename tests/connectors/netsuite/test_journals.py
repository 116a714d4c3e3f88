"""Journal entries: what is sent, and what is read back, against the emulator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from tests.support.bank_script import payment_canaries
from tests.support.house import INSTALLATION, START, configuration, dataset

from tieout.connectors.netsuite.gateway import NetSuiteGateway
from tieout.connectors.netsuite.journals import with_postings
from tieout.domain.comparison import Match, Observed, differences, match
from tieout.domain.drafts import JournalDraft, JournalLine, Trace
from tieout.domain.ids import ExternalId, InternalId, RecordType
from tieout.domain.money import Money
from tieout.domain.planning import StepKind
from tieout.domain.sources import SourceRef
from tieout.emulators.netsuite import NetSuiteEmulator
from tieout.flows.codec import decode_draft, encode
from tieout.flows.looking_up import look_up_key
from tieout.flows.rows import Links, Outcome
from tieout.runner.clock import ManualClock

ACME, RECEIVABLE, BANK = InternalId("1001"), InternalId("121"), InternalId("101")
PAID = Money(Decimal("98.10"), "USD")
DRAFT = JournalDraft(
    external_id=ExternalId("je-m-1"),
    trace=Trace(
        installation=INSTALLATION,
        source=SourceRef(system="bank", environment="main", object="movement", id="m-1"),
    ),
    subsidiary=InternalId("1"),
    currency_id=InternalId("1"),
    transaction_date=date(2026, 11, 2),
    memo="returned R01",
    lines=(
        JournalLine(account=RECEIVABLE, debit=PAID, entity=ACME),
        JournalLine(account=BANK, credit=PAID),
    ),
)


@pytest.fixture
def ns() -> Iterator[NetSuiteEmulator]:
    data = dataset()
    payment_canaries(data)
    with NetSuiteEmulator(data, clock=START) as emulator:
        yield emulator


@pytest.fixture
def gateway(ns: NetSuiteEmulator) -> NetSuiteGateway:
    return NetSuiteGateway(configuration(ns.base_url), ManualClock(START))


def made(gateway: NetSuiteGateway, draft: JournalDraft = DRAFT) -> Observed:
    reply = gateway.create(draft, Links())
    assert reply.outcome is Outcome.DONE, reply.problem
    assert reply.internal_id is not None
    (seen,) = gateway.read_back([(RecordType.JOURNAL_ENTRY, reply.internal_id)]).values()
    return seen


def test_a_journal_is_read_back_as_it_was_sent(gateway: NetSuiteGateway):
    seen = made(gateway)
    assert match(DRAFT, seen, None) is Match.EQUAL
    assert [(one.account, one.amount, one.entity) for one in seen.postings] == [
        (RECEIVABLE, Decimal("98.1"), ACME),
        (BANK, Decimal("-98.1"), None),
    ]


def test_a_journal_is_found_by_its_external_id_among_all_transactions(gateway: NetSuiteGateway):
    number = made(gateway).id
    (found,) = gateway.look_up([look_up_key(DRAFT)]).found[DRAFT.external_id]
    assert (found.id, match(DRAFT, found, None)) == (number, Match.EQUAL)


def test_the_sides_the_customer_the_account_and_the_amount_count(gateway: NetSuiteGateway):
    seen = made(gateway)
    debit, credit = DRAFT.lines
    other = Money(Decimal("98.11"), "USD")
    swapped = (replace(debit, debit=None, credit=PAID), replace(credit, credit=None, debit=PAID))
    for lines in (
        swapped,
        (replace(debit, entity=InternalId("1002")), credit),
        (replace(debit, entity=None), credit),
        (debit, replace(credit, account=InternalId("102"))),
        (replace(debit, debit=other), replace(credit, credit=other)),
        (*DRAFT.lines, *DRAFT.lines),
    ):
        assert [one.field for one in differences(replace(DRAFT, lines=lines), seen, None)] == ["lines"]


def test_a_journal_that_waits_for_approval_is_not_what_was_sent(
    ns: NetSuiteEmulator, gateway: NetSuiteGateway
):
    number = made(gateway).id
    ns.control.admin("human_edit", record="journalEntry", id=number, fields={"approved": False})
    (seen,) = gateway.read_back([(RecordType.JOURNAL_ENTRY, number)]).values()
    assert [str(one) for one in differences(DRAFT, seen, None)] == ["approved: sent 'yes', found 'no'"]


def test_a_journal_that_does_not_balance_is_refused_and_not_there(
    ns: NetSuiteEmulator, gateway: NetSuiteGateway
):
    reply = gateway.create(replace(DRAFT, lines=DRAFT.lines[:1]), Links())
    assert reply.outcome is Outcome.REFUSED
    assert [one for one in ns.control.truth("journalEntry") if one["external_id"] == DRAFT.external_id] == []


def test_a_line_that_two_accounting_books_tell_of_is_one_line():
    row = {"linesequencenumber": "1", "account": "121", "foreignamount": "5", "entity": "1001"}
    plain = Observed(id=InternalId("1"), external_id=None, type=RecordType.JOURNAL_ENTRY)
    told = with_postings(plain, [row, row, {**row, "linesequencenumber": "2", "foreignamount": "-5"}])
    assert [one.amount for one in told.postings] == [5, -5]


def test_a_stored_journal_is_the_one_that_was_planned():
    assert decode_draft(StepKind.CREATE_JOURNAL, encode(DRAFT)) == DRAFT
    assert DRAFT.total == PAID
