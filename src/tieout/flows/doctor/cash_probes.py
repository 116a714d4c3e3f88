"""Records of cash we would send, to be shown as forms: a payment, what goes back, a journal entry, a bank deposit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from tieout.domain.cash.policy import BankAccount
from tieout.domain.comparison import Observed
from tieout.domain.drafts import (
    DepositDraft,
    DepositLine,
    JournalDraft,
    JournalLine,
    PaymentDraft,
    RefundDraft,
    Trace,
)
from tieout.domain.ids import ClaimKey, ExternalId, InternalId, RecordType
from tieout.domain.money import Money
from tieout.domain.policy import Policy
from tieout.domain.reference import Reference
from tieout.flows.rows import Links

OF_CASH = frozenset(
    {
        RecordType.CUSTOMER_PAYMENT,
        RecordType.CUSTOMER_REFUND,
        RecordType.JOURNAL_ENTRY,
        RecordType.BANK_DEPOSIT,
    }
)
Made = tuple[PaymentDraft | RefundDraft | JournalDraft | DepositDraft, Links]


def cash_draft(
    policy: Policy,
    reference: Reference,
    record: RecordType,
    subsidiary: InternalId,
    canaries: Mapping[RecordType, Observed],
    external: ExternalId,
    trace: Trace,
    today: date,
) -> Made | str:
    """The smallest such record this subsidiary's bank accounts lead to, or why none can be asked for."""
    rows = policy.cash.accounts if policy.cash is not None else {}
    here = [bank for _, bank in sorted(rows.items()) if bank.subsidiary == subsidiary]
    if record is RecordType.BANK_DEPOSIT:
        here = [bank for bank in here if bank.payouts is not None]
    if not here:
        return f"no row of cash.accounts leads to subsidiary {subsidiary}"
    bank = here[0]
    currency = reference.currencies.get(bank.currency)
    if currency is None:
        return f"{bank.currency} is no currency of this account"
    unit = Money.from_minor(1, bank.currency)
    common: dict[str, Any] = {
        "external_id": external,
        "trace": trace,
        "subsidiary": subsidiary,
        "currency_id": currency,
    }
    if record is RecordType.JOURNAL_ENTRY:
        return _journal(bank, unit, today, common), Links()
    if record is RecordType.BANK_DEPOSIT:
        return _deposit(bank, unit, today, common), Links()
    payment = canaries.get(RecordType.CUSTOMER_PAYMENT)
    if payment is None or not payment.customer:
        return "no canary payment whose customer could be asked for"
    common |= {"customer": payment.customer, "amount": unit, "transaction_date": today}
    common |= {"account": bank.account or None, "receivables": _receivable(bank), "memo": "Go-live check"}
    if record is RecordType.CUSTOMER_PAYMENT:
        return PaymentDraft(**common), Links()
    if payment.unapplied is not None and payment.unapplied < unit.amount:
        return "the canary payment has nothing left on account that a refund could use up"
    if bank.payouts is not None:
        common["account"] = bank.payouts.clearing
    return RefundDraft(payment=ClaimKey("doctor"), **common), Links(created_from=payment.id)


def _receivable(bank: BankAccount) -> InternalId | None:
    return next(iter(bank.receivables)) if len(bank.receivables) == 1 else None


def _money(bank: BankAccount) -> InternalId:
    """An account that money of this row lies on."""
    return bank.account or (bank.payouts.clearing if bank.payouts is not None else InternalId(""))


def _journal(bank: BankAccount, unit: Money, today: date, common: Mapping[str, Any]) -> JournalDraft:
    """Both sides on one account: it changes no balance, were it ever saved."""
    lines = (JournalLine(account=_money(bank), debit=unit), JournalLine(account=_money(bank), credit=unit))
    return JournalDraft(lines=lines, transaction_date=today, memo="Go-live check", **common)


def _deposit(bank: BankAccount, unit: Money, today: date, common: Mapping[str, Any]) -> DepositDraft:
    assert bank.payouts is not None
    line = DepositLine(account=bank.payouts.clearing, amount=unit)
    account = bank.payouts.account
    return DepositDraft(account=account, total=unit, lines=(line,), transaction_date=today, **common)
