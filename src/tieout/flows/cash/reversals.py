"""Receipts that did not stay: what takes each back, read from the payment as NetSuite has it at this moment.

By default the payment is unapplied and a refund uses it up. A payment that a bank deposit took, or whose period is
closed, cannot be edited (reference §6.6, §6.10; REST has no void): a journal entry stands in its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from tieout.domain.cash.movements import Movement, MovementKind
from tieout.domain.cash.policy import BankAccount
from tieout.domain.comparison import Observed
from tieout.domain.drafts import CustomerDepositDraft, PaymentDraft
from tieout.domain.ids import InternalId
from tieout.domain.lifecycle import Standing, State
from tieout.domain.planning import Step
from tieout.domain.receipts import DEPOSITED, Accounts, plan_reversal
from tieout.flows.cash.prepaid_balances import what_to_do
from tieout.flows.cash.remarks import came_back, day_of, finding, reference_to
from tieout.flows.cash.views import applications_of, credits_of, gone_minor, payment_of
from tieout.flows.codec import decode_movement
from tieout.flows.context import Context
from tieout.flows.rows import Document, SourceRecord
from tieout.flows.storage import Unit
from tieout.flows.verdict import Verdict
from tieout.flows.world import Surroundings

#: A consumer may take a debit back for sixty days; banks take a few more.
_RETURNED_WITHIN = timedelta(days=100)
#: The day of a debit is the one its money is there on; it may come back before.
_COUNTS_LATER = timedelta(days=10)
TAKES_BACK = frozenset({MovementKind.RETURN_OF_DEBIT, MovementKind.RETURNED_RECEIPT})
_SETTLED = frozenset({State.CONFIRMED, State.CANCELLED})


class Reversals:
    """Returns of receipts → verdicts."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def informed(self, records: Sequence[SourceRecord], around: Surroundings) -> Surroundings:
        """The surroundings with every payment that one of these movements takes back. Raises `CallError`s."""
        with self._context.store.read() as unit:
            ids = sorted(set(self._payments_meant(unit, records)))
        if not ids:
            return around
        with self._context.slots.reading():
            return replace(around, payments=self._context.netsuite.payments_now(ids))

    @staticmethod
    def _payments_meant(unit: Unit, records: Iterable[SourceRecord]) -> Iterable[InternalId]:
        for record in records:
            kind = (record.raw.get("movement") or {}).get("kind")
            if kind not in TAKES_BACK:
                continue
            try:
                movement = decode_movement(record.raw["movement"])
            except ValueError:
                continue
            for original in originals(unit, movement):
                payment = payment_of(unit.documents.of_record(original.id))
                if payment is not None and payment.internal_id is not None:
                    yield payment.internal_id

    def judge(
        self,
        unit: Unit,
        record: SourceRecord,
        movement: Movement,
        content: str,
        day: date,
        around: Surroundings,
    ) -> Verdict | None:
        """A receipt that did not stay is taken back when exactly one is meant; everything else is a person's. None:
        something of its payment is under way, or has not been read yet; look again later.
        """
        meant = originals(unit, movement)
        if len(meant) != 1:
            return came_back(record, movement, content, f"{len(meant) or 'no'} receipts go by it")
        (original,) = meant
        everything = unit.documents.of_record(original.id)
        documents = [d for d in everything if d.source_record_id != record.id]
        payment = payment_of(documents)
        if payment is None:
            return came_back(record, movement, content, f"{original.source.id} was not booked")
        if isinstance(payment.draft, CustomerDepositDraft):
            return came_back(record, movement, content, what_to_do(payment))
        if gone_minor(documents):
            why = f"{original.source.id} was taken back already, or refunded"
            return came_back(record, movement, content, why)
        if any(d.state not in _SETTLED for d in documents) or not isinstance(payment.draft, PaymentDraft):
            return None
        seen = around.payments.get(payment.internal_id or InternalId(""))
        if seen is None:
            return None
        applied = list(applications_of(documents).values())
        used = list(credits_of(documents).values())
        why = self._not_editable(payment.draft, seen, around) if applied else ""
        if why and used:
            return came_back(
                record, movement, content, f"{why}, and it used credits, which no entry can free"
            )
        accounts = self._accounts(payment.draft, seen, movement)
        if accounts is None and (why or payment.draft.account is None):
            return self._uncertain(record, content, payment, why or "the payment went to undeposited funds")
        step = Step(kind=payment.kind, claim=payment.claim, draft=payment.draft)
        source = reference_to(record)
        plan = plan_reversal(
            source, movement, step, applied, self._context.policy, day, accounts,
            credits_used=used, editable=not why,
        )  # fmt: skip
        facts: dict[str, object] = {"takes_back": original.source.id}
        if why:
            facts["journal_because"] = why
        return Verdict(
            standing=Standing.PLANNED,
            plan=plan,
            digest=content,
            facts=facts,
            also=original.id,
            replaces=_outgrown(record, everything, {one.claim for one in plan.steps}),
        )

    @staticmethod
    def _not_editable(draft: PaymentDraft, seen: Observed, around: Surroundings) -> str:
        """Why NetSuite would refuse to change a payment's applications; empty when it would not."""
        if draft.account is None and seen.status == DEPOSITED:
            return "a bank deposit has taken the payment"
        period = around.world.reference.period_of(seen.transaction_date or draft.transaction_date)
        return f"the payment lies in {period.name}, which is closed" if period and period.closed else ""

    def _accounts(self, draft: PaymentDraft, seen: Observed, movement: Movement) -> Accounts | None:
        """The accounts of a payment: as it was sent, else as it posts; None where that is not certain."""
        receivables = {draft.receivables} if draft.receivables else _posted(seen, -1)
        money = {draft.account} if draft.account else self._money(draft, seen, movement)
        if len(receivables) != 1 or len(money) != 1:
            return None
        return Accounts(receivables=receivables.pop(), money=money.pop())

    def _money(self, draft: PaymentDraft, seen: Observed, movement: Movement) -> set[InternalId]:
        """Where the money of a payment is that went to undeposited funds and was deposited: on the bank account, where
        its mapping names one, else still on the account the payment posted to.
        """
        cash = self._context.policy.cash
        bank: BankAccount | None = cash.accounts.get(movement.account) if cash is not None else None
        if bank is not None and bank.past_payouts().account:
            return {bank.past_payouts().account}
        return _posted(seen, 1, draft.amount.amount)

    @staticmethod
    def _uncertain(record: SourceRecord, content: str, payment: Document, why: str) -> Verdict:
        expected = "one A/R account and one account of the money that what the payment posts names"
        found = f"{why}; which accounts {payment.external_id} stands on is not certain"
        said = finding(record, "reversal_accounts_unknown", payment.external_id or "", expected, found)
        return Verdict(standing=Standing.CASE, findings=(said,), digest=content)


def _posted(seen: Observed, sign: int, amount: Decimal | None = None) -> set[InternalId]:
    """Accounts a payment posts to on one side (1: debit), with exactly this amount if one is given."""
    return {
        one.account
        for one in seen.postings
        if one.amount * sign > 0 and (amount is None or abs(one.amount) == amount)
    }


def _outgrown(
    record: SourceRecord, documents: Sequence[Document], claims: AbstractSet[str]
) -> tuple[int, ...]:
    """What was planned for this return before and is no part of its plan any more."""
    return tuple(d.id for d in documents if d.source_record_id == record.id and d.claim not in claims)


def originals(unit: Unit, movement: Movement) -> list[SourceRecord]:
    """The receipts of ours that a return names."""
    day = day_of(movement)
    first, last = day - _RETURNED_WITHIN, day + _COUNTS_LATER
    ids = unit.cash.receipts(movement.amount.currency, movement.amount.minor, first, last)
    records = [one for one in map(unit.records.get, ids) if one is not None]
    return [one for one in records if names(movement, decode_movement(one.raw["movement"]))]


def names(returned: Movement, receipt: Movement) -> bool:
    """Whether a return names this receipt: by its identity, or by the bank's or our own reference of it, whole. A
    reference may be told with the originator before it (`ach/COMPANY/TRACE`).
    """
    original = returned.returned.original if returned.returned else ""
    if not original:
        return False
    told = {original, original.rpartition("/")[2]}
    known = {receipt.identity, receipt.bank_reference, receipt.customer_reference}
    return bool(told & (known - {""}))
