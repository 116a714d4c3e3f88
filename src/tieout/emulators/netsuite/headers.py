"""What every transaction's header goes through: customer, subsidiary, currency, date, period, accounts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from tieout.emulators.netsuite.catalog import POSTING, entity_field
from tieout.emulators.netsuite.context import SaveContext
from tieout.emulators.netsuite.customers import check_currency_of
from tieout.emulators.netsuite.errors import CLOSED_EDIT, CURRENCY_MISMATCH, invalid_field_value, user_error
from tieout.emulators.netsuite.state import Record

ZERO = Decimal(0)
_PREFIXES = {
    "invoice": "INV", "salesOrder": "SO", "customerPayment": "PYMT", "creditMemo": "CM", "customerRefund": "CR",
    "customerDeposit": "CD", "depositApplication": "DA", "journalEntry": "JE", "deposit": "BD",
}  # fmt: skip


def customer_of(context: SaveContext, record: Record) -> Record:
    """The customer a transaction names. Raises NsError when it is unknown, hidden or (on create) inactive."""
    name = entity_field(record.type)
    customer = context.state.get("customer", record.fields.get(name) or "")
    if customer is None:
        raise invalid_field_value(record.fields.get(name), name, name)
    if context.strict and context.on("NS-09"):
        hidden = not context.role.sees(customer.fields.get("subsidiary"))
        if hidden or (
            customer.fields.get("isInactive") and record.id not in context.state.groups.get("transaction", {})
        ):
            raise invalid_field_value(customer.id, name, name)
    return customer


def check_subsidiary(context: SaveContext, record: Record, customer: Record) -> None:
    """Rule NS-11: the customer's subsidiary, or one the customer is shared with."""
    own = customer.fields.get("subsidiary")
    wanted = record.fields.get("subsidiary") or own
    shared = any(
        row.fields.get("entity") == customer.id and row.fields.get("subsidiary") == wanted
        for row in context.state.all("customerSubsidiaryRelationship")
    )
    if wanted != own and not shared and context.strict and context.on("NS-11"):
        raise user_error(f"Invalid subsidiary reference key {wanted} for entity {customer.id}.")
    record.fields["subsidiary"] = wanted


def check_period(context: SaveContext, record: Record, before: dict[str, Any] | None) -> None:
    """Rules NS-16 and NS-16b: posting transactions need an open period, before and after."""
    state, fields = context.state, record.fields
    day = fields["tranDate"]
    posting = record.type in POSTING
    if before is not None and posting and context.strict and context.on("NS-16b"):
        old = state.get("accountingPeriod", before.get("postingPeriod") or "")
        if old is not None and old.fields["closed"]:
            raise user_error(CLOSED_EDIT)
    if not posting:
        return
    chosen = fields.get("postingPeriod") if before is None or before["tranDate"] == day else None
    period = state.get("accountingPeriod", chosen) if chosen else state.period_for(day)
    if (period is None or period.fields["closed"]) and context.strict and context.on("NS-16"):
        shown = date.fromisoformat(day)
        raise user_error(
            "Insert Transaction Failure: No valid, open, posting period for date - "
            f"{shown.month}/{shown.day}/{shown.year}. Please visit Setup > Manage Accounting Periods to set up a "
            "new accounting period."
        )
    fields["postingPeriod"] = period.id if period else None


def check_account(context: SaveContext, record: Record, account_id: str | None) -> None:
    """Rule NS-10: an account must be usable in the transaction's subsidiary."""
    account = context.state.get("account", account_id or "")
    home = context.state.get("subsidiary", record.fields.get("subsidiary") or "")
    if account is None or home is None or not context.strict or not context.on("NS-10"):
        return
    available = account.fields.get("subsidiary") or []
    if available and home.id not in available:
        raise user_error(
            f"The {account.fields['acctName']} account cannot be used with the {home.fields['name']} subsidiary."
        )


def check_account_type(
    context: SaveContext, account_id: str | None, kinds: tuple[str, ...], name: str
) -> None:
    """Rule NS-10b: a field of accounts lists accounts of certain types only."""
    account = context.state.get("account", account_id or "")
    if account is None or not context.strict or not context.on("NS-10b"):
        return
    if account.fields["acctType"] not in kinds or account.fields.get("isInactive"):
        raise invalid_field_value(account_id, name, name)


def default_receivable(context: SaveContext, subsidiary: str, customer: Record) -> str | None:
    """The customer's A/R account, else the preferred one, else the subsidiary's first."""
    preferred = customer.fields.get("receivablesAccount") or context.state.account["default_ar_account"]
    return str(preferred) if preferred else first_account(context, "AcctRec", subsidiary)


def first_account(context: SaveContext, kind: str, subsidiary: str | None) -> str | None:
    """The first active account of a type that a subsidiary may use."""
    for account in context.state.all("account"):
        fields = account.fields
        usable = not fields.get("subsidiary") or subsidiary in fields["subsidiary"]
        if fields["acctType"] == kind and usable and not fields.get("isInactive"):
            return account.id
    return None


def preferred_account(context: SaveContext, preference: str) -> str | None:
    """An account that a preference of the account names, if it does."""
    value = context.state.account.get(preference)
    return str(value) if value else None


def complete_header(context: SaveContext, record: Record, before: dict[str, Any] | None) -> Record:
    """Defaults and checks that every customer's transaction shares; returns the customer."""
    fields = record.fields
    customer = customer_of(context, record)
    check_subsidiary(context, record, customer)
    if not fields.get("currency"):
        fields["currency"] = customer.fields["currency"]
    check_currency_of(context, customer, fields["currency"])
    complete_dates(context, record, before)
    return customer


def complete_dates(context: SaveContext, record: Record, before: dict[str, Any] | None) -> None:
    """Exchange rate, date and period."""
    fields = record.fields
    currency = context.state.get("currency", fields["currency"])
    fields.setdefault("exchangeRate", currency.fields["exchangeRate"] if currency else Decimal(1))
    if not fields.get("tranDate"):
        fields["tranDate"] = context.state.today().isoformat()
    check_period(context, record, before)


def complete_numbers(context: SaveContext, record: Record) -> None:
    """Document number and origin."""
    fields = record.fields
    prefix = _PREFIXES[record.type]
    fields.setdefault("tranId", f"{prefix}{context.state.next_id(prefix, 10001)}")
    if not fields.get("transactionNumber"):
        fields["transactionNumber"] = f"{record.type.upper()[:6]}{record.id}"
    fields["source"] = fields.get("source") or ("restWebServices" if context.strict else None)


def check_money(context: SaveContext, record: Record, amount: Decimal, name: str, path: str = "") -> None:
    """Rule NS-37: an amount has at most its currency's decimals."""
    decimals = -amount.normalize().as_tuple().exponent if amount else 0  # type: ignore[operator]
    too_fine = decimals > context.state.precision(record.fields["currency"])
    if too_fine and context.strict and context.on("NS-37"):
        raise invalid_field_value(amount, name, path or name)


def check_same_currency(context: SaveContext, wanted: str, found: str) -> None:
    """Money of one transaction is in one currency (rule NS-12)."""
    if wanted != found and context.strict and context.on("NS-12"):
        raise user_error(CURRENCY_MISMATCH)
