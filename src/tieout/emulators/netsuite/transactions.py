"""Saving sales orders and invoices (reference 6.4, 6.5, 8; rules NS-08 … NS-16, NS-33, NS-35 … NS-38)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tieout.emulators.netsuite.context import SaveContext
from tieout.emulators.netsuite.customers import check_currency_of
from tieout.emulators.netsuite.errors import (
    CLOSED_EDIT,
    ITEM_WITHOUT_ACCOUNT,
    NO_LINES,
    invalid_field_value,
    user_error,
)
from tieout.emulators.netsuite.state import Record

ZERO = Decimal(0)


def complete_transaction(context: SaveContext, record: Record, before: dict[str, Any] | None) -> None:
    """Defaults, checks and amounts of a transaction about to be saved. `before` is None on create."""
    fields = record.fields
    customer = _customer(context, record)
    _subsidiary(context, record, customer)
    if not fields.get("currency"):
        fields["currency"] = customer.fields["currency"]
    check_currency_of(context, customer, fields["currency"])
    currency = context.state.get("currency", fields["currency"])
    fields.setdefault("exchangeRate", currency.fields["exchangeRate"] if currency else Decimal(1))
    if not fields.get("tranDate"):
        fields["tranDate"] = context.state.today().isoformat()
    if not fields.get("terms") and "terms" not in fields:
        fields["terms"] = customer.fields.get("terms")
    _period(context, record, before)
    _lines(context, record)
    _totals(context, record)
    if record.type == "invoice":
        _invoice(context, record, customer, before)
    else:
        _order(context, record, before)
    prefix = "INV" if record.type == "invoice" else "SO"
    fields.setdefault("tranId", f"{prefix}{context.state.next_id(prefix, 10001)}")
    if not fields.get("transactionNumber"):
        fields["transactionNumber"] = f"{record.type.upper()[:6]}{record.id}"
    fields["source"] = fields.get("source") or ("restWebServices" if context.strict else None)


def _customer(context: SaveContext, record: Record) -> Record:
    customer = context.state.get("customer", record.fields.get("entity") or "")
    if customer is None:
        raise invalid_field_value(record.fields.get("entity"), "entity", "entity")
    if context.strict and context.on("NS-09"):
        hidden = not context.role.sees(customer.fields.get("subsidiary"))
        if hidden or (
            customer.fields.get("isInactive") and record.id not in context.state.groups.get("transaction", {})
        ):
            raise invalid_field_value(customer.id, "entity", "entity")
    return customer


def _subsidiary(context: SaveContext, record: Record, customer: Record) -> None:
    own = customer.fields.get("subsidiary")
    wanted = record.fields.get("subsidiary") or own
    shared = any(
        row.fields.get("entity") == customer.id and row.fields.get("subsidiary") == wanted
        for row in context.state.all("customerSubsidiaryRelationship")
    )
    if wanted != own and not shared and context.strict and context.on("NS-11"):
        raise user_error(f"Invalid subsidiary reference key {wanted} for entity {customer.id}.")
    record.fields["subsidiary"] = wanted


def _period(context: SaveContext, record: Record, before: dict[str, Any] | None) -> None:
    state, fields = context.state, record.fields
    day = fields["tranDate"]
    posting = record.type == "invoice"
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
        decimals = -amount.normalize().as_tuple().exponent if amount else 0  # type: ignore[operator]
        if decimals > context.state.precision(currency) and context.strict and context.on("NS-37"):
            raise invalid_field_value(amount, "amount", path)
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
        fields["account"] = _default_receivable(context, fields["subsidiary"], customer)
    account = state.get("account", fields["account"] or "")
    home = state.get("subsidiary", fields["subsidiary"])
    available = account.fields.get("subsidiary") or [] if account else []
    if account and home and available and home.id not in available and context.strict and context.on("NS-10"):
        raise user_error(
            f"The {account.fields['acctName']} account cannot be used with the {home.fields['name']} subsidiary."
        )
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
    fields["amountPaid"] = fields.get("amountPaid") or ZERO
    fields["amountRemaining"] = fields["total"] - fields["amountPaid"]
    fields["status"] = invoice_status(fields)


def invoice_status(fields: dict[str, Any]) -> str:
    """A open, B paid in full, D pending approval, E rejected."""
    if fields["approvalStatus"] == "1":
        return "D"
    if fields["approvalStatus"] == "3":
        return "E"
    return "A" if fields["amountRemaining"] > 0 else "B"


def _default_receivable(context: SaveContext, subsidiary: str, customer: Record) -> str | None:
    preferred = customer.fields.get("receivablesAccount") or context.state.account["default_ar_account"]
    if preferred:
        return str(preferred)
    for account in context.state.all("account"):
        fields = account.fields
        usable = not fields.get("subsidiary") or subsidiary in fields["subsidiary"]
        if fields["acctType"] == "AcctRec" and usable and not fields.get("isInactive"):
            return account.id
    return None


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
