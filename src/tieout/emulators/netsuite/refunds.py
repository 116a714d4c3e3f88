"""Saving customer deposits and refunds (reference 6.8)."""

from __future__ import annotations

from typing import Any

from tieout.emulators.netsuite.applying import select
from tieout.emulators.netsuite.balances import ZERO, derive
from tieout.emulators.netsuite.context import SaveContext
from tieout.emulators.netsuite.errors import NO_LINES, invalid_field_value, missing_values, user_error
from tieout.emulators.netsuite.headers import (
    check_account,
    check_account_type,
    complete_header,
    complete_numbers,
)
from tieout.emulators.netsuite.payments import (
    MONEY_ACCOUNTS,
    check_capacity,
    check_deposited,
    check_payment,
    customer_again,
    receivable,
    where_money_goes,
)
from tieout.emulators.netsuite.state import Record


def complete_customer_deposit(context: SaveContext, record: Record, before: dict[str, Any] | None) -> None:
    """Money received ahead of an invoice: a liability until a payment or a deposit application uses it."""
    fields = record.fields
    complete_header(context, record, before)
    where_money_goes(context, record)
    if fields.get("payment") is None:
        if context.strict and context.on("NS-07"):
            raise missing_values(["Payment Amount"])
        fields["payment"] = ZERO
    check_payment(context, record, fields["payment"])
    order = context.state.get("salesOrder", fields.get("salesOrder") or "")
    if order is not None and order.fields["entity"] != fields["customer"] and context.on("NS-09"):
        raise invalid_field_value(order.id, "salesOrder", "salesOrder")
    same = ("currency", "subsidiary")
    if (
        order is not None
        and any(order.fields[name] != fields[name] for name in same)
        and context.on("NS-48d")
    ):
        raise invalid_field_value(order.id, "salesOrder", "salesOrder")
    fields["total"] = fields["payment"]
    check_capacity(context, record, ZERO)
    if before is not None:
        check_deposited(context, record, before)
    derive(context.state, record)
    complete_numbers(context, record)


def complete_refund(context: SaveContext, record: Record, before: dict[str, Any] | None) -> None:
    """Money paid back: against credit memos and unapplied payments (`apply`), or against deposits (`deposit`)."""
    fields = record.fields
    customer_again(context, before)
    customer = complete_header(context, record, before)
    receivable(context, record, customer)
    if not fields.get("account") and context.strict and context.on("NS-07"):
        raise missing_values(["Account"])
    check_account(context, record, fields.get("account"))
    check_account_type(context, fields.get("account"), MONEY_ACCOUNTS, "account")
    fields["total"] = select(context, record, "apply") + select(context, record, "deposit")
    if not fields["total"] and context.strict and context.on("NS-08"):
        raise user_error(NO_LINES)
    fields["status"] = "R"
    complete_numbers(context, record)
