"""A decided payment becomes steps: one customer payment, with what it settles by internal id; reversal and refund."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from tieout.domain.cash.decisions import Application, Decision
from tieout.domain.cash.movements import Movement
from tieout.domain.cash.policy import BankAccount
from tieout.domain.drafts import (
    AppliedDraft,
    ApplyDraft,
    JournalDraft,
    JournalLine,
    PaymentDraft,
    RefundDraft,
    Trace,
)
from tieout.domain.ids import ClaimKey, IdParts, InternalId, RecordType, external_id
from tieout.domain.money import Money
from tieout.domain.planning import Plan, Step, StepKind
from tieout.domain.policy import Policy
from tieout.domain.sources import SourceRef

#: NetSuite's field takes no more; the whole reference is in the trace.
_CHECK_NUMBER_LIMIT = 45
_MEMO_LIMIT = 999
#: NetSuite's letter of a payment that is not in undeposited funds (reference §6.6, inferred). One that was booked on a
#: bank account has it from the first day, and no bank deposit can take it.
DEPOSITED = "C"


def cash_claim(account: str, source: SourceRef) -> ClaimKey:
    """The claim of a movement's payment."""
    return ClaimKey(f"cash|{account}|{source.record_key}|payment")


def plan_payment(
    source: SourceRef,
    movement: Movement,
    decision: Decision,
    bank: BankAccount,
    policy: Policy,
    currency_id: InternalId,
    day: date,
) -> Plan:
    """The customer payment of a receipt whose customer is known; without applications it is booked on account.

    Raises `ValueError` for a decision without a customer: nobody's money is not booked.
    """
    if decision.customer is None:
        raise ValueError(f"{source} has no customer: it is not booked")
    parts = IdParts(
        system=source.system,
        environment=source.environment,
        object=source.object,
        source_id=source.id,
        tag=policy.sources[source.system].tag,
    )
    applied = decision.applications if decision.automatic else ()
    credits_used = decision.credits if decision.automatic else ()
    draft = PaymentDraft(
        external_id=external_id(policy.templates[RecordType.CUSTOMER_PAYMENT], parts),
        trace=Trace(installation=policy.installation, source=source),
        customer=decision.customer,
        subsidiary=bank.subsidiary,
        currency_id=currency_id,
        amount=movement.amount,
        transaction_date=day,
        applied=tuple(applied_draft(one, decision.customer) for one in applied),
        credits=tuple(applied_draft(one, decision.customer) for one in credits_used),
        receivables=_receivables(applied, bank),
        account=bank.account or None,
        check_number=check_number(movement),
        memo=memo_of(movement),
    )
    step = Step(kind=StepKind.CREATE_PAYMENT, claim=cash_claim(policy.account, source), draft=draft)
    return Plan(source=source, steps=(step,), rules=(f"cash: {decision.signature}",))


def check_number(movement: Movement) -> str:
    """The bank's own reference, by which NetSuite's bank matching finds the line."""
    return (movement.bank_reference or movement.check_number or movement.identity)[:_CHECK_NUMBER_LIMIT]


def memo_of(movement: Movement) -> str:
    """What the payer wrote, as far as the field takes it."""
    return " ".join(" ".join(movement.texts).split())[:_MEMO_LIMIT]


def applied_draft(one: Application, customer: InternalId) -> AppliedDraft:
    """An application as it is sent, of a payment of this customer's."""
    currency = one.item.currency
    return AppliedDraft(
        document=one.item.id,
        number=one.item.number,
        amount=one.amount,
        discount=Money.from_minor(one.discount_minor, currency) if one.discount_minor else None,
        owner=one.item.customer if one.item.customer != customer else None,
    )


def taken_back(lines: Sequence[AppliedDraft], zero: Money) -> tuple[AppliedDraft, ...]:
    """These applications, taken back."""
    return tuple(
        AppliedDraft(
            document=one.document, number=one.number, amount=zero, before=one.amount, entry=one.entry
        )
        for one in lines
    )


def _receivables(applied: tuple[Application, ...], bank: BankAccount) -> InternalId | None:
    """The A/R account of what is paid; a payment on account goes where the bank account's mapping says."""
    accounts = {one.item.receivables for one in applied if one.item.receivables} or set(bank.receivables)
    return InternalId(min(accounts)) if len(accounts) == 1 else None


@dataclass(frozen=True, slots=True)
class Accounts:
    """What a payment posts to: the A/R account, and the account its money is in."""

    receivables: InternalId
    money: InternalId


def plan_reversal(
    source: SourceRef,
    movement: Movement,
    payment: Step,
    applied: Sequence[AppliedDraft],
    policy: Policy,
    day: date,
    accounts: Accounts | None = None,
    *,
    credits_used: Sequence[AppliedDraft] = (),
    editable: bool = True,
) -> Plan:
    """What takes a payment back whose money did not stay: its applications are undone, so that the invoices are open
    again and the credits it used are free, and a customer refund of this day uses up what is then on account. The
    payment itself stays: deleting it, or changing it in a closed period, would change what was reported.

    Not `editable`: a bank deposit took it, or its period is closed. Then a journal entry of this day stands in for
    undoing its applications: Dr A/R of the customer, a line for each document, Cr where the money was. Each of its
    receivable lines is open in the place of the document that stays paid. `accounts` are needed for that, and for
    money that was not booked on a bank account; raises `ValueError` without, and for one that used credits: what they
    covered is no money.
    """
    draft = payment.draft
    if not isinstance(draft, PaymentDraft):
        raise TypeError(f"{payment.claim} is no payment")
    trace = Trace(installation=policy.installation, source=source)
    base = f"cash|{policy.account}|{source.record_key}"
    code = movement.returned.code if movement.returned else ""
    steps = [payment]
    needs = [payment.claim]
    unapplied = movement.amount
    if credits_used and not editable:
        raise ValueError(f"{payment.claim} used credits: a journal entry cannot take it back")
    if accounts is None and (draft.account is None or not editable):
        raise ValueError(f"{payment.claim}: its accounts are needed to take it back")
    if applied and accounts is not None and not editable:
        claim = ClaimKey(f"{base}|journal")
        entry = _reversing_entry(source, movement, draft, applied, policy, day, accounts)
        steps.append(Step(kind=StepKind.CREATE_JOURNAL, claim=claim, draft=entry, needs=(payment.claim,)))
        for one in applied:
            unapplied -= one.amount
    elif applied:
        zero = Money.zero(movement.amount.currency)
        undone = ApplyDraft(
            payment=payment.claim,
            trace=trace,
            customer=draft.customer,
            applied=taken_back(applied, zero),
            credits=taken_back(credits_used, zero),
        )
        claim = ClaimKey(f"{base}|unapply")
        steps.append(Step(kind=StepKind.APPLY_PAYMENT, claim=claim, draft=undone, needs=(payment.claim,)))
        needs.append(claim)
    if unapplied.amount > 0:
        refund = _refund_draft(source, movement, payment, policy, day)
        money = refund.account or (accounts.money if accounts is not None else None)
        refund = replace(refund, amount=unapplied, account=money)
        claim = ClaimKey(f"{base}|refund")
        steps.append(Step(kind=StepKind.CREATE_REFUND, claim=claim, draft=refund, needs=tuple(needs)))
    return Plan(source=source, steps=tuple(steps), rules=(f"cash: {movement.kind} {code}".strip(),))


def _reversing_entry(
    source: SourceRef,
    movement: Movement,
    payment: PaymentDraft,
    applied: Sequence[AppliedDraft],
    policy: Policy,
    day: date,
    accounts: Accounts,
) -> JournalDraft:
    """Dr A/R of the customer for each document the payment settled, Cr where its money was."""
    said = _said(movement)
    total = Money.zero(movement.amount.currency)
    lines = []
    for one in applied:
        total += one.amount
        memo = f"{one.number} {said}".strip()[:_MEMO_LIMIT]
        line = JournalLine(account=accounts.receivables, debit=one.amount, entity=payment.customer, memo=memo)
        lines.append(line)
    lines.append(JournalLine(account=accounts.money, credit=total))
    return JournalDraft(
        external_id=external_id(policy.templates[RecordType.JOURNAL_ENTRY], _parts(source, policy)),
        trace=Trace(installation=policy.installation, source=source),
        subsidiary=payment.subsidiary,
        currency_id=payment.currency_id,
        transaction_date=day,
        lines=tuple(lines),
        memo=said,
        takes_back=tuple(applied),
    )


def _said(movement: Movement) -> str:
    """Why it came back, with the bank's or the network's code."""
    back = movement.returned
    return f"returned {f'{back.code} {back.reason}' if back else ''}".strip()[:_MEMO_LIMIT]


def _parts(source: SourceRef, policy: Policy) -> IdParts:
    return IdParts(
        system=source.system,
        environment=source.environment,
        object=source.object,
        source_id=source.id,
        tag=policy.sources[source.system].tag,
    )


def plan_refund(
    source: SourceRef,
    movement: Movement,
    payment: Step,
    policy: Policy,
    day: date,
    credit: InternalId | None = None,
) -> Plan:
    """What books a refund we paid: a customer refund against what of the payment is on account, or a credit memo of its
    customer. Applications of the payment stay as they are.
    """
    draft = _refund_draft(source, movement, payment, policy, day)
    reason = movement.returned.reason if movement.returned else ""
    memo = f"refund {reason}".strip()[:_MEMO_LIMIT]
    refund = replace(draft, refunded=True, credit=credit, memo=memo)
    claim = ClaimKey(f"cash|{policy.account}|{source.record_key}|refund")
    step = Step(kind=StepKind.CREATE_REFUND, claim=claim, draft=refund, needs=(payment.claim,))
    return Plan(source=source, steps=(payment, step), rules=("cash: refund",))


def _paid_from(movement: Movement, policy: Policy) -> InternalId | None:
    """Where money that goes back is taken from when its balance is paid out to the bank: the payout tells of it as a
    line on the clearing account.
    """
    bank = policy.cash.accounts.get(movement.account) if policy.cash is not None else None
    return bank.payouts.clearing if bank is not None and bank.payouts is not None else None


def _refund_draft(
    source: SourceRef, movement: Movement, payment: Step, policy: Policy, day: date
) -> RefundDraft:
    """A customer refund of a movement's amount against the rest of a payment."""
    draft = payment.draft
    if not isinstance(draft, PaymentDraft):
        raise TypeError(f"{payment.claim} is no payment")
    return RefundDraft(
        external_id=external_id(policy.templates[RecordType.CUSTOMER_REFUND], _parts(source, policy)),
        trace=Trace(installation=policy.installation, source=source),
        payment=payment.claim,
        customer=draft.customer,
        subsidiary=draft.subsidiary,
        currency_id=draft.currency_id,
        amount=movement.amount,
        transaction_date=day,
        receivables=draft.receivables,
        account=_paid_from(movement, policy) or draft.account,
        memo=_said(movement),
    )
