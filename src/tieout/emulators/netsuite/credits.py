"""Saving what reduces a debt without new money: credit memos and deposit applications (reference 6.7, 6.8)."""

from __future__ import annotations

from typing import Any

from tieout.emulators.netsuite.applying import select, spread
from tieout.emulators.netsuite.balances import ZERO, derive, left, sum_of
from tieout.emulators.netsuite.context import SaveContext
from tieout.emulators.netsuite.errors import NO_LINES, OVER_APPLIED, invalid_field_value, user_error
from tieout.emulators.netsuite.headers import (
    check_account,
    check_account_type,
    complete_header,
    complete_numbers,
    default_receivable,
)
from tieout.emulators.netsuite.payments import check_auto, check_capacity, receivable
from tieout.emulators.netsuite.state import Record


def complete_credit(context: SaveContext, record: Record, customer: Record) -> None:
    """A/R account and applications of a credit memo whose lines and totals are known."""
    fields = record.fields
    if not fields.get("account"):
        fields["account"] = default_receivable(context, fields["subsidiary"], customer)
    check_account(context, record, fields["account"])
    check_account_type(context, fields["account"], ("AcctRec",), "account")
    applied = select(context, record, "apply", fields["total"])
    if fields.pop("autoApply", False):
        check_auto(context)
        applied = spread(context, record, "apply", fields["total"])
    check_capacity(context, record, applied)
    derive(context.state, record)


def complete_deposit_application(context: SaveContext, record: Record, before: dict[str, Any] | None) -> None:
    """Part of a customer deposit, applied to invoices of the same customer."""
    fields = record.fields
    deposit = context.state.get("customerDeposit", fields.get("deposit") or "")
    if deposit is None or deposit.fields.get("voided"):
        raise invalid_field_value(fields.get("deposit"), "deposit", "deposit")
    for name in ("customer", "subsidiary", "currency"):
        fields[name] = deposit.fields[name]
    customer = complete_header(context, record, before)
    receivable(context, record, customer)
    own = context.state.applied.get((deposit.id, 0), {}).get(record.id, ZERO)
    rest = left(context.state, deposit) + own
    total = fields["total"] = fields["applied"] = select(context, record, "apply", rest)
    if not total and context.strict and context.on("NS-08"):
        raise user_error(NO_LINES)
    if sum_of(record, "apply") > rest and context.on("NS-18"):
        raise user_error(OVER_APPLIED)
    fields["status"] = "A"
    complete_numbers(context, record)
