"""Writing off: the entry balances on the right sides, and its line is named before it is there."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.domain.builders import policy, ref

from tieout.domain.cash.policy import Tolerance
from tieout.domain.drafts import AppliedDraft, ApplyDraft, JournalDraft, PaymentDraft, Trace
from tieout.domain.ids import ClaimKey, ExternalId, InternalId
from tieout.domain.money import Money
from tieout.domain.planning import Step, StepKind
from tieout.domain.receipts import cash_claim, taken_back
from tieout.domain.write_offs import Rest, limit_of, plan_write_off, write_off_claim

CENTS = Tolerance(name="cents", currency="USD", account=InternalId("611"), short_minor=500, over_minor=300)
SOURCE = ref("movement", "T1")
DAY = date(2026, 10, 20)
ENTRY = write_off_claim("X", InternalId("77"), 1)


def usd(minor: int) -> Money:
    return Money.from_minor(minor, "USD")


def payment() -> Step:
    draft = PaymentDraft(
        external_id=ExternalId("pay-T1"),
        trace=Trace(installation="acme", source=SOURCE),
        customer=InternalId("5001"),
        subsidiary=InternalId("1"),
        currency_id=InternalId("1"),
        amount=usd(24500),
        transaction_date=DAY,
    )
    return Step(kind=StepKind.CREATE_PAYMENT, claim=cash_claim("X", SOURCE), draft=draft)


def planned(minor: int, on_document: int | None) -> tuple[JournalDraft, ApplyDraft, tuple[Step, Step]]:
    rest = Rest(
        document=InternalId("77"),
        number="INV1",
        amount=usd(minor),
        receivables=InternalId("121"),
        on_document=None if on_document is None else usd(on_document),
    )
    steps = plan_write_off(rest, payment(), CENTS, policy(), ENTRY, ClaimKey("apply|1"), DAY, "charges")
    entry, change = (one.draft for one in steps)
    assert isinstance(entry, JournalDraft)
    assert isinstance(change, ApplyDraft)
    return entry, change, steps


@given(minor=st.integers(1, 500), on_document=st.none() | st.integers(1, 10**9))
def test_every_entry_balances_and_its_receivable_line_alone_names_the_customer(
    minor: int, on_document: int | None
):
    entry, change, (first, second) = planned(minor, on_document)
    assert sum(one.signed for one in entry.lines) == 0
    assert entry.total == usd(minor)
    owed, other = entry.lines
    assert (owed.account, owed.entity, other.account, other.entity) == ("121", "5001", "611", None)
    assert (owed.credit is None) is (on_document is None)
    # What is applied more comes out of the entry: the money on account is what it was, or has gone to the entry.
    applied = sum((one.amount.minor - (one.before.minor if one.before else 0)) for one in change.applied)
    used = sum(one.amount.minor for one in change.credits)
    assert applied - used == (minor if on_document is None else 0)
    assert first.claim in second.needs
    assert first.needs == (payment().claim,)


def test_a_line_is_named_by_its_claim_until_the_entry_is_there():
    _, change, _ = planned(500, 24500)
    assert [(one.document, one.entry) for one in change.credits] == [("je-T1-wo1", ENTRY)]
    assert change.takes == {InternalId("77"): 500}
    assert change.with_entries({ENTRY: None}) == change
    known = change.with_entries({ENTRY: InternalId("9001")})
    assert [one.document for one in known.credits] == ["9001"]
    assert [one.document for one in known.applied] == ["77"]
    (zero,) = taken_back(list(known.credits), usd(0))
    assert (zero.document, zero.entry, zero.amount) == ("9001", ENTRY, usd(0))


def test_limits_are_money_and_each_side_has_its_own():
    assert (limit_of(CENTS, over=False), limit_of(CENTS, over=True)) == (usd(500), usd(300))


def test_only_a_payment_has_a_rest():
    entry, _, (first, _) = planned(500, 24500)
    assert entry.writes_off is not None
    rest = Rest(document=InternalId("77"), number="INV1", amount=usd(1), receivables=InternalId("121"))
    with pytest.raises(TypeError, match="is no payment"):
        plan_write_off(rest, first, CENTS, policy(), ENTRY, ClaimKey("apply|1"), DAY, "charges")


def test_two_entries_of_one_payment_have_ids_of_their_own():
    rest = Rest(document=InternalId("78"), number="INV2", amount=usd(1), receivables=InternalId("121"))
    more = plan_write_off(
        rest, payment(), CENTS, policy(), ENTRY, ClaimKey("apply|2"), DAY, "charges", number=2
    )
    first, second = planned(1, None)[0], more[0].draft
    assert isinstance(second, JournalDraft)
    assert first.external_id != second.external_id


def test_an_application_that_names_no_entry_stays_as_it_is():
    line = AppliedDraft(document=InternalId("7"), number="INV7", amount=Money(Decimal(1), "USD"))
    change = replace(planned(1, None)[1], applied=(line,))
    assert change.with_entries({ENTRY: InternalId("9001")}).applied == (line,)
