"""What a refund comes to that we paid: it uses up money on account or a credit memo, or waits for a person.

A refund says which receipt it pays back, not what the customer still owes. Where the receipt lies on an invoice, that
invoice is open again (a person takes the application back) or has been credited (a person names the credit memo): which
of the two is a decision about the sale, not about the money.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from tieout.domain.cases import CaseState
from tieout.domain.cash.ledger import ItemKind, OpenItem
from tieout.domain.cash.movements import Movement, MovementKind
from tieout.domain.cash.references import Keys
from tieout.domain.drafts import CustomerDepositDraft, PaymentDraft
from tieout.domain.ids import InternalId
from tieout.domain.lifecycle import Standing, State
from tieout.domain.planning import Step
from tieout.domain.receipts import plan_refund
from tieout.flows.cash.prepaid_balances import what_to_do
from tieout.flows.cash.remarks import finding, reference_to
from tieout.flows.cash.views import applications_of, credits_of, gone_minor, payment_of
from tieout.flows.context import Context
from tieout.flows.rows import Document, SourceRecord
from tieout.flows.standing import restand_records
from tieout.flows.storage import Unit
from tieout.flows.verdict import Verdict

_NO_KEYS = Keys(frozenset(), frozenset(), frozenset(), frozenset())
#: codes of cases of money that could not be applied by rule begin so
_UNAPPLIED = "cash"
_SETTLED = frozenset({State.CONFIRMED, State.CANCELLED})


def is_refund(movement: Movement) -> bool:
    """Whether it is money we paid back to somebody who had paid."""
    return movement.kind is MovementKind.DISBURSEMENT and movement.returned is not None


class Refunds:
    """Refunds → verdicts."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def judge(
        self, unit: Unit, record: SourceRecord, movement: Movement, content: str, day: date
    ) -> Verdict | None:
        """What this refund comes to. None: something of its payment is under way; look again later."""
        original = _original(unit, record, movement)
        if original is None:
            return _open(record, movement, content, "no receipt of ours goes by it")
        documents = unit.documents.of_record(original.id)
        payment = payment_of(documents)
        if payment is None:
            return _open(record, movement, content, f"{original.source.id} was not booked")
        if isinstance(payment.draft, CustomerDepositDraft):
            return _open(record, movement, content, what_to_do(payment))
        if any(d.state not in _SETTLED for d in documents):
            return None
        step = Step(kind=payment.kind, claim=payment.claim, draft=payment.draft)
        source, policy = reference_to(record), self._context.policy
        facts: dict[str, object] = {"refund_of": original.source.id}
        credit = self._named_credit(unit, record.override)
        if credit is not None:
            if credit.open_minor < movement.amount.minor:
                why = f"{credit.number} has {credit.open} left"
                return _open(record, movement, content, why)
            plan = plan_refund(source, movement, step, policy, day, credit.id)
            facts["credit"] = credit.number
        elif _on_account_minor(payment, documents) >= movement.amount.minor:
            plan = plan_refund(source, movement, step, policy, day)
        else:
            return _open(record, movement, content, self._what_stands(unit, payment, documents, movement))
        return Verdict(standing=Standing.PLANNED, plan=plan, digest=content, facts=facts, also=original.id)

    def _named_credit(self, unit: Unit, override: Mapping[str, Any]) -> OpenItem | None:
        """The credit memo a person has named, as it is now."""
        wanted = str(override.get("credit", ""))
        if not wanted:
            return None
        found = unit.cash.items_by_id(self._context.netsuite.account, [InternalId(wanted)])
        return next(iter(found), None)

    def _what_stands(
        self, unit: Unit, payment: Document, documents: list[Document], movement: Movement
    ) -> str:
        """What the money lies on, and which credit memos could be paid out instead."""
        lies = ", ".join(f"{one.number} {one.amount}" for one in applications_of(documents).values())
        draft = payment.draft
        assert isinstance(draft, PaymentDraft)
        items = unit.cash.items(self._context.netsuite.account, _NO_KEYS, {draft.customer})
        credits_ = [
            f"{one.number} {one.open}"
            for one in items
            if one.kind is ItemKind.CREDIT_MEMO
            and one.currency == movement.amount.currency
            and one.open_minor >= movement.amount.minor
        ]
        could = (
            f"credit memos with enough left: {', '.join(credits_)}"
            if credits_
            else "no credit memo has enough left"
        )
        return f"the payment lies on {lies or 'nothing'}; {could}"


def relieve(unit: Unit, record_id: int, now: datetime) -> None:
    """Money that is all gone again needs nobody to apply it: the cases that asked for that are closed."""
    documents = unit.documents.of_record(record_id)
    payment = payment_of(documents)
    if payment is None or not isinstance(payment.draft, PaymentDraft):
        return
    if _on_account_minor(payment, documents) > 0:
        return
    cases = unit.cases.find(record_ids=[record_id])
    moot = [
        one.id for one in cases if one.document_id is None and one.finding.code.startswith(f"{_UNAPPLIED}_")
    ]
    unit.cases.close(moot, CaseState.RESOLVED, now)
    restand_records(unit, [record_id], now)


def _on_account_minor(payment: Document, documents: list[Document]) -> int:
    """What of a payment is neither applied nor gone back."""
    draft = payment.draft
    assert isinstance(draft, PaymentDraft)
    applied = sum(one.amount.minor for one in applications_of(documents).values())
    credited = sum(one.amount.minor for one in credits_of(documents).values())
    return draft.amount.minor + credited - applied - gone_minor(documents)


def _original(unit: Unit, record: SourceRecord, movement: Movement) -> SourceRecord | None:
    """The receipt it names, in the same system. A processor's id is nobody else's."""
    back = movement.returned
    named = unit.records.by_source_id(back.original) if back is not None and back.original else []
    return next(
        (
            one
            for one in named
            if (one.source.system, one.source.object) == (record.source.system, record.source.object)
        ),
        None,
    )


def _open(record: SourceRecord, movement: Movement, content: str, why: str) -> Verdict:
    """A refund for a person, with what stands in its way."""
    original = movement.returned.original if movement.returned else ""
    found = f"{movement.amount} paid back of {original or 'an unnamed receipt'}; {why}"
    expected = "a refund that money on account, or a credit memo a person named, covers"
    said = finding(record, "refund_open", record.source.id, expected, found)
    return Verdict(standing=Standing.CASE, findings=(said,), digest=content)
