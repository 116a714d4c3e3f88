"""Receivable lines of journal entries: open items of their customer, settled line by line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from tests.connectors.netsuite.test_cash import TRACE, applied, done, draft
from tests.support.house import START, configuration, dataset

from tieout.connectors.netsuite.gateway import NetSuiteGateway
from tieout.domain.cash.ledger import ItemKind
from tieout.domain.comparison import ObservedApplication, application_differences
from tieout.domain.drafts import ApplyDraft
from tieout.domain.ids import ClaimKey, InternalId, RecordType
from tieout.domain.money import Money
from tieout.emulators.netsuite import NetSuiteEmulator
from tieout.flows.rows import Links, Outcome
from tieout.runner.clock import ManualClock

ENTRY = "901"
FIRST, SECOND, CREDIT = InternalId("901.1"), InternalId("901.2"), InternalId("901.3")


def entry(**more: Any) -> dict[str, Any]:
    """Two debts and a credit of one customer on the receivable, against the bank."""
    sides = (("debit", "100.10", "121"), ("debit", "50.00", "121"), ("credit", "30.00", "121"))
    lines = [
        {"account": {"id": account}, side: amount, "entity": {"id": "1001"}}
        for side, amount, account in sides
    ]
    lines.append({"account": {"id": "101"}, "credit": "120.10"})
    body = {"type": "journalEntry", "id": ENTRY, "tranId": "JE77", "subsidiary": {"id": "1"}}
    return {**body, "currency": {"id": "1"}, "tranDate": "2026-10-20", "line": {"items": lines}, **more}


@pytest.fixture
def ns() -> Iterator[NetSuiteEmulator]:
    data = dataset()
    data["transactions"].append(entry())
    with NetSuiteEmulator(data, clock=START) as emulator:
        yield emulator


@pytest.fixture
def gateway(ns: NetSuiteEmulator) -> NetSuiteGateway:
    return NetSuiteGateway(configuration(ns.base_url), ManualClock(START))


def lines_of(gateway: NetSuiteGateway) -> dict[str, tuple[ItemKind, int, int]]:
    return {
        item.id: (item.kind, item.total_minor, item.open_minor)
        for page in gateway.open_items(None)
        for item in page
        if item.id.startswith(f"{ENTRY}.")
    }


def test_each_line_on_a_receivable_is_an_item_of_its_own(gateway: NetSuiteGateway):
    assert lines_of(gateway) == {
        FIRST: (ItemKind.JOURNAL, 10010, 10010),
        SECOND: (ItemKind.JOURNAL, 5000, 5000),
        CREDIT: (ItemKind.JOURNAL_CREDIT, 3000, 3000),
    }
    (item,) = gateway.items_now([SECOND])
    assert (item.customer, item.number, item.subsidiary, item.receivables) == ("1001", "JE77", "1", "121")
    assert (item.approved, item.payable) == (True, True)


def test_a_payment_settles_one_line_and_leaves_the_other(gateway: NetSuiteGateway):
    number = done(gateway.create(draft(applied(SECOND, "19.90"), applied(FIRST, "100.10")), Links()))
    assert lines_of(gateway)[FIRST] == (ItemKind.JOURNAL, 10010, 0)
    assert lines_of(gateway)[SECOND] == (ItemKind.JOURNAL, 5000, 3010)
    (seen,) = gateway.read_back([(RecordType.CUSTOMER_PAYMENT, number)]).values()
    assert set(seen.applied) == {
        ObservedApplication(document=FIRST, amount=Decimal("100.1")),
        ObservedApplication(document=SECOND, amount=Decimal("19.9")),
    }


def test_an_application_to_a_line_is_changed_and_taken_back(ns: NetSuiteEmulator, gateway: NetSuiteGateway):
    number = done(gateway.create(draft(applied(FIRST, "60")), Links()))
    change = ApplyDraft(
        payment=ClaimKey("bank:m-1"),
        trace=TRACE,
        customer=InternalId("1001"),
        applied=(applied(FIRST, "0"), applied(SECOND, "45")),
    )
    for _ in range(2):
        assert gateway.apply_payment(change, number).outcome is Outcome.DONE
    (seen,) = gateway.read_back([(RecordType.CUSTOMER_PAYMENT, number)]).values()
    assert application_differences(change, seen) == []
    assert [one.document for one in seen.applied] == [SECOND]
    assert len([one for one in ns.control.log() if one["operation"] == "update"]) == 1


def test_an_entry_of_ours_is_used_by_whatever_number_netsuite_gives_its_line(
    ns: NetSuiteEmulator, gateway: NetSuiteGateway
):
    """The change names the entry by its claim; which line of it is on the receivable, the payment's own list tells."""
    number = done(gateway.create(draft(applied(FIRST, "60")), Links()))
    entry_of_ours, claim = ns_entry(ns), ClaimKey("cash|X|write_off|901.1|1")
    used = replace(applied(InternalId("je-1"), "5"), entry=claim)
    change = ApplyDraft(
        payment=ClaimKey("bank:m-1"),
        trace=TRACE,
        customer=InternalId("1001"),
        applied=(applied(FIRST, "65"),),
        credits=(used,),
    ).with_entries({claim: entry_of_ours})
    for _ in range(2):
        assert gateway.apply_payment(change, number).outcome is Outcome.DONE
    (seen,) = gateway.read_back([(RecordType.CUSTOMER_PAYMENT, number)]).values()
    assert [one.document for one in seen.credits] == [f"{entry_of_ours}.3"]
    assert application_differences(change, seen) == []
    more = replace(change, credits=(replace(change.credits[0], amount=Money(Decimal(4), "USD")),))
    assert [(one.sent, one.found) for one in application_differences(more, seen)] == [("4", "5")]
    assert len([one for one in ns.control.log() if one["operation"] == "update"]) == 1


def ns_entry(ns: NetSuiteEmulator) -> InternalId:
    """An entry whose line on the receivable comes last."""
    lines: list[dict[str, Any]] = [
        {"account": {"id": "611"}, "debit": "3"},
        {"account": {"id": "611"}, "debit": "2"},
        {"account": {"id": "121"}, "credit": "5", "entity": {"id": "1001"}},
    ]
    body = {"subsidiary": {"id": "1"}, "currency": {"id": "1"}, "tranDate": "2026-10-20"}
    ns.control.admin("human_create", record="journalEntry", body={**body, "line": {"items": lines}})
    return max((InternalId(one["id"]) for one in ns.control.truth("journalEntry")), key=int)


def test_an_entry_that_waits_for_approval_takes_no_payment():
    data = dataset()
    data["transactions"].append(entry(approved=False))
    with NetSuiteEmulator(data, clock=START) as emulator:
        waiting = NetSuiteGateway(configuration(emulator.base_url), ManualClock(START))
        assert [item.payable for item in waiting.items_now([FIRST])] == [False]
        refused = waiting.create(draft(applied(FIRST, "60")), Links())
        assert refused.outcome is Outcome.REFUSED


def test_a_line_in_a_foreign_currency_is_told_in_that_currency():
    data = dataset()
    (customer,) = [one for one in data["customers"] if one["id"] == "1001"]
    customer["currency"] = {"id": "2"}
    data["transactions"].append(entry(currency={"id": "2"}, exchangeRate="1.0733"))
    with NetSuiteEmulator(data, clock=START) as emulator:
        gateway = NetSuiteGateway(configuration(emulator.base_url), ManualClock(START))
        (item,) = gateway.items_now([FIRST])
        assert (item.currency, item.open_minor) == ("EUR", 10010)
        line = replace(applied(FIRST, "33.37"), amount=Money(Decimal("33.37"), "EUR"))
        euros = draft(line, amount=Money(Decimal(40), "EUR"), currency_id=InternalId("2"), account=None)
        done(gateway.create(euros, Links()))
        assert [one.open_minor for one in gateway.items_now([FIRST])] == [6673]
