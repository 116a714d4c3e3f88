"""Saving sales orders, invoices and credit memos (reference 6.4, 6.5, 8; rules NS-08 … NS-16, NS-33, NS-35 … NS-38)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tieout.emulators.netsuite.balances import derive
from tieout.emulators.netsuite.context import SaveContext
from tieout.emulators.netsuite.credits import complete_credit
from tieout.emulators.netsuite.errors import (
    ENTITIES_DIFFER,
    ITEM_WITHOUT_ACCOUNT,
    LINKED_LINE,
    LINKS_SUM,
    NO_LINES,
    invalid_field_value,
    user_error,
)
from tieout.emulators.netsuite.headers import (
    ZERO,
    check_account,
    check_money,
    complete_header,
    complete_numbers,
    default_receivable,
)
from tieout.emulators.netsuite.state import Record


def complete_transaction(context: SaveContext, record: Record, before: dict[str, Any] | None) -> None:
    """Defaults, checks and amounts of a transaction about to be saved. `before` is None on create."""
    fields = record.fields
    customer = complete_header(context, record, before)
    if not fields.get("terms") and "terms" not in fields:
        fields["terms"] = customer.fields.get("terms")
    _lines(context, record)
    _totals(context, record)
    if record.type == "invoice":
        _invoice(context, record, customer, before)
    elif record.type == "creditMemo":
        complete_credit(context, record, customer)
    else:
        _order(context, record, before)
    complete_numbers(context, record)


def _lines(context: SaveContext, record: Record) -> None:
    lines = record.lines.get("item", [])
    if not lines and context.strict and context.on("NS-08"):
        raise user_error(NO_LINES)
    limit = context.state.account["line_limit"]
    if len(lines) > limit and context.strict and context.on("NS-35"):
        raise user_error(f"Transactions may not contain more than {limit} lines.")
    highest = max((line["line"] for line in lines if line.get("line")), default=0)
    for index, line in enumerate(lines):
        if not line.get("line"):
            highest += 1
            line["line"] = highest
        if not line.get("lineUniqueKey"):
            line["lineUniqueKey"] = context.state.next_id("line key", 1001)
            _check_line(context, record, line, f"item.items[{index}]")
        _amount(context, record, line, f"item.items[{index}]")


def _check_line(context: SaveContext, record: Record, line: dict[str, Any], path: str) -> None:
    if not context.strict or not context.on("NS-09"):
        return
    item = context.state.item(line.get("item") or "")
    subsidiary = record.fields["subsidiary"]
    if item is None:
        raise invalid_field_value(line.get("item", ""), "item", path)
    available = item.fields.get("subsidiary") or []
    if item.fields.get("isInactive") or (available and subsidiary not in available):
        raise invalid_field_value(item.id, "item", path)
    for name, target in (("department", "department"), ("class", "classification"), ("location", "location")):
        row = context.state.get(target, line.get(name) or record.fields.get(name) or "")
        if row is not None:
            available = row.fields.get("subsidiary") or []
            if row.fields.get("isInactive") or (available and subsidiary not in available):
                raise invalid_field_value(row.id, name, path)


def _amount(context: SaveContext, record: Record, line: dict[str, Any], path: str) -> None:
    """Rule NS-33: without an amount, quantity × rate rounded to the currency; NS-37: decimals."""
    currency = record.fields["currency"]
    quantity: Decimal | None = line.get("quantity")
    rate: Decimal | None = line.get("rate")
    amount: Decimal | None = line.get("amount")
    if amount is None:
        quantity = line["quantity"] = Decimal(1) if quantity is None else quantity
        rate = line["rate"] = ZERO if rate is None else rate
        exact = quantity * rate
        line["amount"] = context.state.round_money(exact, currency) if context.on("NS-33") else exact
    else:
        check_money(context, record, amount, "amount", path)
        line["amount"] = context.state.round_money(amount, currency)
        if rate is None and quantity:
            line["rate"] = (amount / quantity).quantize(Decimal("1e-8")).normalize() + ZERO
        elif quantity is None and rate is None:
            line["quantity"], line["rate"] = Decimal(1), amount
    item = context.state.item(line.get("item") or "")
    if item is not None:
        line["itemType"] = item.fields.get("itemType")
        no_account = not item.fields.get("incomeAccount") and item.fields.get("itemType") != "Discount"
        if no_account and line["amount"] and context.strict and context.on("NS-39"):
            raise user_error(ITEM_WITHOUT_ACCOUNT, path)


def _discount(record: Record, subtotal: Decimal) -> Decimal:
    text = record.fields.get("discountRate")
    if not text or not record.fields.get("discountItem"):
        return ZERO
    if text.endswith("%"):
        return subtotal * Decimal(text[:-1]) / 100
    return Decimal(text)


def _totals(context: SaveContext, record: Record) -> None:
    fields, currency = record.fields, record.fields["currency"]
    lines = record.lines.get("item", [])
    subtotal = sum((line["amount"] for line in lines), ZERO)
    discount = context.state.round_money(_discount(record, subtotal), currency)
    fields["subtotal"] = subtotal
    fields["discountTotal"] = discount
    fields["taxTotal"] = _tax(context, record, subtotal)
    fields["total"] = subtotal + discount + fields["taxTotal"]


def _tax(context: SaveContext, record: Record, subtotal: Decimal) -> Decimal:
    """Rule NS-36: SuiteTax computes by tax code, else by the subsidiary's rate; an override is believed."""
    state, currency = context.state, record.fields["currency"]
    if not context.on("NS-36"):
        return ZERO
    if record.fields.get("taxDetailsOverride") and state.account["tax_engine"] == "suitetax":
        details = record.lines.get("taxDetails", [])
        return state.round_money(sum((row.get("taxAmount") or ZERO for row in details), ZERO), currency)
    home = state.get("subsidiary", record.fields["subsidiary"])
    default = home.fields["taxRate"] if home else ZERO
    if not default and not any(line.get("taxCode") for line in record.lines.get("item", [])):
        return ZERO
    factor = Decimal(1) + (record.fields["discountTotal"] / subtotal if subtotal else ZERO)
    tax = ZERO
    for line in record.lines.get("item", []):
        item = state.item(line.get("item") or "")
        code = state.get("salesTaxItem", line.get("taxCode") or "")
        rate = code.fields["rate"] if code else default
        if item is None or item.fields.get("taxable", True):
            tax += line["amount"] * rate * factor
    return state.round_money(tax, currency)


def _invoice(context: SaveContext, record: Record, customer: Record, before: dict[str, Any] | None) -> None:
    state, fields = context.state, record.fields
    if not fields.get("account"):
        fields["account"] = default_receivable(context, fields["subsidiary"], customer)
    check_account(context, record, fields["account"])
    terms_changed = before is not None and before.get("terms") != fields.get("terms")
    moved = before is not None and before.get("tranDate") != fields["tranDate"]
    if not fields.get("dueDate") or (
        (terms_changed or moved) and before and before["dueDate"] == fields["dueDate"]
    ):
        term = state.get("term", fields.get("terms") or "")
        days = int(term.fields["daysUntilNetDue"]) if term and context.on("NS-38") else 0
        fields["dueDate"] = (date.fromisoformat(fields["tranDate"]) + timedelta(days=days)).isoformat()
    if not fields.get("approvalStatus"):
        pending = state.account["invoice_approval"] == "pending" and context.strict
        fields["approvalStatus"] = "1" if pending and context.on("NS-23") else "2"
    derive(state, record)
    if before is not None:
        _check_applied(context, record, before)


def _check_applied(context: SaveContext, invoice: Record, before: dict[str, Any]) -> None:
    """Rules NS-18e and NS-20c: what was paid bounds later changes."""
    fields = invoice.fields
    if not fields["amountPaid"] or not context.strict:
        return
    if fields["amountRemaining"] < 0 and context.on("NS-18e"):
        raise user_error(LINKS_SUM)
    if context.on("NS-20c"):
        if before["entity"] != fields["entity"]:
            raise user_error(ENTITIES_DIFFER)
        if before["account"] != fields["account"]:
            raise user_error(LINKED_LINE)


def _order(context: SaveContext, record: Record, before: dict[str, Any] | None) -> None:
    fields = record.fields
    for line in record.lines.get("item", []):
        line.setdefault("quantityBilled", ZERO)
    if before is None:
        fields["status"] = fields.get("orderStatus") or context.state.account["sales_order_status"]
    elif fields.get("orderStatus") and fields["orderStatus"] != before.get("orderStatus"):
        fields["status"] = fields["orderStatus"]
    fields["orderStatus"] = fields["status"] = order_status(context, record)


def order_status(context: SaveContext, record: Record) -> str:
    """Rule NS-24b: billed when nothing is left to bill; a partly billed order keeps its letter."""
    status = str(record.fields["status"])
    open_lines = [line for line in record.lines.get("item", []) if not line.get("isClosed")]
    if not open_lines and record.lines.get("item"):
        return "H" if status != "G" else "G"
    billed = all(
        abs(line.get("quantityBilled") or ZERO) >= abs(line.get("quantity") or ZERO) for line in open_lines
    )
    some = any(line.get("quantityBilled") for line in open_lines)
    if not context.on("NS-24b"):
        return status
    if billed and some:
        return "G"
    return "F" if status == "G" else status
