"""Saving customer payments (reference 6.6; rules NS-17 … NS-21, NS-40 … NS-42)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tieout.emulators.netsuite.applying import select, spread
from tieout.emulators.netsuite.balances import ZERO, amounts, derive, settled
from tieout.emulators.netsuite.context import SaveContext
from tieout.emulators.netsuite.errors import (
    AMBIGUOUS,
    LINKED_LINE,
    NEGATIVE_PAYMENT,
    OVER_APPLIED,
    invalid_field_value,
    missing_values,
    user_error,
)
from tieout.emulators.netsuite.headers import (
    check_account,
    check_account_type,
    check_money,
    complete_header,
    complete_numbers,
    default_receivable,
    preferred_account,
)
from tieout.emulators.netsuite.state import Record

_LEDGER = (
    "customer", "subsidiary", "currency", "exchangeRate", "tranDate", "postingPeriod", "arAcct", "account",
    "undepFunds", "payment",
)  # fmt: skip
MONEY_ACCOUNTS = ("Bank", "OthCurrAsset", "CredCard")


def complete_payment(context: SaveContext, record: Record, before: dict[str, Any] | None) -> None:
    """Defaults, checks and applications of a customer payment about to be saved."""
    fields = record.fields
    customer_again(context, before)
    customer = complete_header(context, record, before)
    receivable(context, record, customer)
    where_money_goes(context, record)
    extra = select(context, record, "credit") + select(context, record, "deposit")
    payment: Decimal | None = fields.get("payment")
    if payment is not None:
        check_payment(context, record, payment)
    budget = None if payment is None else payment + extra
    applied = select(context, record, "apply", budget)
    if payment is None:
        if not applied and context.strict and context.on("NS-07"):
            raise missing_values(["Payment Amount"])
        payment = fields["payment"] = max(applied - extra, ZERO)
    total = fields["total"] = payment + extra
    if fields.pop("autoApply", False):
        check_auto(context)
        applied = spread(context, record, "apply", total)
    check_capacity(context, record, applied)
    if before is not None:
        check_deposited(context, record, before)
    derive(context.state, record)
    complete_numbers(context, record)


def customer_again(context: SaveContext, before: dict[str, Any] | None) -> None:
    """Rule NS-40: a change of applications names the customer once more."""
    changes = any(context.sent.get(name) for name in ("apply", "credit", "deposit"))
    if before is not None and changes and "customer" not in context.given and context.on("NS-40"):
        raise missing_values(["Customer"])


def receivable(context: SaveContext, record: Record, customer: Record) -> None:
    """The A/R account: the one sent, else the customer's, the account's or the subsidiary's."""
    fields = record.fields
    if not fields.get("arAcct"):
        fields["arAcct"] = default_receivable(context, fields["subsidiary"], customer)
    check_account(context, record, fields["arAcct"])
    check_account_type(context, fields["arAcct"], ("AcctRec",), "arAcct")


def where_money_goes(context: SaveContext, record: Record) -> None:
    """A bank account, or undeposited funds until a bank deposit takes them (rules NS-41, NS-42)."""
    fields, given = record.fields, context.given
    if "undepFunds" in given and "account" not in given and fields.get("undepFunds") == "T":
        fields.pop("account", None)
    elif "account" in given and "undepFunds" not in given:
        fields["undepFunds"] = "F"
    waiting = fields.get("undepFunds") != "F"
    holding = preferred_account(context, "undeposited_funds_account")
    if waiting and fields.get("account") not in (None, holding):
        if context.strict and context.on("NS-41"):
            raise invalid_field_value(fields["account"], "account", "account")
        fields["account"] = None
    fields["undepFunds"] = "T" if waiting else "F"
    if waiting:
        fields["account"] = holding
    elif not fields.get("account") and context.strict and context.on("NS-07"):
        raise missing_values(["Account"])
    check_account(context, record, fields["account"])
    check_account_type(context, fields["account"], MONEY_ACCOUNTS, "account")


def check_payment(context: SaveContext, record: Record, amount: Decimal) -> None:
    """Rules NS-19b and NS-37."""
    check_money(context, record, amount, "payment")
    if amount < 0 and context.on("NS-19b"):
        raise user_error(NEGATIVE_PAYMENT)


def check_auto(context: SaveContext) -> None:
    """Rule NS-19: `autoApply` or lines, not both."""
    if context.sent.get("apply") and context.strict and context.on("NS-19"):
        raise user_error(AMBIGUOUS)


def check_capacity(context: SaveContext, record: Record, applied: Decimal) -> None:
    """Rule NS-18: no more is applied than there is."""
    used = applied + settled(context.state, record.id)
    if used > record.fields["total"] and context.on("NS-18"):
        raise user_error(OVER_APPLIED)


def check_deposited(context: SaveContext, record: Record, before: dict[str, Any]) -> None:
    """Rule NS-20b: what a bank deposit took stays as it is (`ledger`: but for its applications)."""
    if not before.get("bankDeposit") or not context.strict or not context.on("NS-20b"):
        return
    moved = any(before.get(name) != record.fields.get(name) for name in _LEDGER)
    applied_otherwise = amounts(record) != context.state.applications.get(record.id, {})
    if moved or (applied_otherwise and context.switches.value("NS-20b") != "ledger"):
        raise user_error(LINKED_LINE)
