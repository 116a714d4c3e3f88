"""Saving bank deposits, which take payments out of undeposited funds (reference 6.8; rules NS-46, NS-46b)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tieout.emulators.netsuite.balances import ZERO, in_undeposited_funds
from tieout.emulators.netsuite.context import SaveContext
from tieout.emulators.netsuite.errors import NEGATIVE_TOTAL, NO_LINES, missing_values, user_error
from tieout.emulators.netsuite.headers import (
    check_account,
    check_account_type,
    check_money,
    complete_dates,
    complete_numbers,
)
from tieout.emulators.netsuite.state import Record

_TAKES = ("customerPayment", "customerDeposit")


def complete_bank_deposit(context: SaveContext, record: Record, before: dict[str, Any] | None) -> None:
    """Defaults, checks and lines of a bank deposit about to be saved."""
    fields = record.fields
    _header(context, record)
    complete_dates(context, record, before)
    check_account(context, record, fields["account"])
    check_account_type(context, fields["account"], ("Bank", "CredCard"), "account")
    record.lines["payment"] = _take(context, record)
    for name in ("other", "cashBack"):
        _number(context, record, name)
    parts = {name: _sum(record, name) for name in ("payment", "other", "cashBack")}
    if not any(record.lines.get(name) for name in parts) and context.strict and context.on("NS-08"):
        raise user_error(NO_LINES)
    fields["total"] = parts["payment"] + parts["other"] - parts["cashBack"]
    if fields["total"] < 0 and context.on("NS-46b"):
        raise user_error(NEGATIVE_TOTAL)
    fields["status"] = "A"
    complete_numbers(context, record)


def _header(context: SaveContext, record: Record) -> None:
    fields = record.fields
    account = context.state.get("account", fields.get("account") or "")
    if account is None:
        raise missing_values(["Account"])
    owners = account.fields.get("subsidiary") or []
    if not fields.get("subsidiary"):
        if len(owners) != 1:
            raise missing_values(["Subsidiary"])
        fields["subsidiary"] = owners[0]
    if not fields.get("currency"):
        home = context.state.get("subsidiary", fields["subsidiary"])
        base = home.fields["currency"] if home else context.state.account["base_currency"]
        fields["currency"] = account.fields.get("currency") or base


def _take(context: SaveContext, record: Record) -> list[dict[str, Any]]:
    """The payments this deposit takes: those it had, as the request changes them."""
    kept = (
        {} if "payment" in context.replace else {line["id"]: line for line in record.lines.get("payment", [])}
    )
    for index, sent in enumerate(context.sent.get("payment", [])):
        wanted = str(sent.get("id") or "")
        if sent.get("deposit") is False:
            kept.pop(wanted, None)
            continue
        found = context.state.groups.get("transaction", {}).get(wanted)
        if not _can_take(context, record, found):
            raise user_error(f"Invalid id reference key {wanted}", f"payment.items[{index}]")
        if found is not None:
            kept[wanted] = {"id": wanted, "deposit": True, "amount": found.fields["payment"]}
    return list(kept.values())


def _can_take(context: SaveContext, record: Record, found: Record | None) -> bool:
    if found is None or found.type not in _TAKES:
        return False
    if not context.on("NS-46") or found.fields.get("bankDeposit") == record.id:
        return True
    same = all(found.fields.get(name) == record.fields.get(name) for name in ("currency", "subsidiary"))
    return same and in_undeposited_funds(found) and not found.fields.get("voided")


def _number(context: SaveContext, record: Record, name: str) -> None:
    lines = record.lines.get(name, [])
    highest = max((line["line"] for line in lines if line.get("line")), default=0)
    for index, line in enumerate(lines):
        if not line.get("line"):
            highest += 1
            line["line"] = highest
        missing = [label for member, label in (("account", "Account"), ("amount", "Amount"))
                   if line.get(member) is None]  # fmt: skip
        if missing:
            raise missing_values(missing)
        check_money(context, record, line["amount"], "amount", f"{name}.items[{index}]")
        check_account(context, record, line["account"])


def _sum(record: Record, name: str) -> Decimal:
    return sum((line["amount"] for line in record.lines.get(name, [])), ZERO)
