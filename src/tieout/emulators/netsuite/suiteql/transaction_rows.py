"""The rows a transaction contributes: header, lines, ledger lines, links to what it was made from or settles."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tieout.emulators.netsuite.balances import ZERO, key_of
from tieout.emulators.netsuite.catalog import ITEM_LINES, POSTING, STATIC, TYPE_CODES, entity_field
from tieout.emulators.netsuite.state import Record, State
from tieout.emulators.netsuite.suiteql.cells import (
    Row,
    bool_cell,
    custom_values,
    day_cell,
    int_cell,
    number_cell,
    stamps,
)
from tieout.emulators.netsuite.suiteql.ledger import Posting, item_account, postings

On = Callable[[str], bool]
# `Payment` is seen in public queries; how credits and deposits that a payment draws on are linked is our choice.
_LINK_TYPES = {"apply": "Payment", "credit": "ApplyCred", "deposit": "DepAppl"}


def transaction_rows(state: State, record: Record, on: On) -> list[tuple[str, Row]]:
    """All rows, as (table, row)."""
    rate = record.fields.get("exchangeRate") or Decimal(1)
    fields, number = record.fields, int(record.id)
    base: Row = {
        "transaction": number, "subsidiary": int_cell(fields.get("subsidiary")),
        "createdfrom": int_cell(fields.get("createdFrom") or fields.get("salesOrder")),
        "_type": record.type, "taxline": "F",
        "entity": int_cell(fields.get(entity_field(record.type))),
    }  # fmt: skip
    rows = [("transaction", _header(state, record, rate, on))]
    entries = postings(state, record, on)
    for position, entry in enumerate(entries):
        rows.append(("transactionline", base | _ledger_line(entry, rate, main=position == 0)))
        rows[-1][1]["memo"] = entry.memo or (fields.get("memo") if position == 0 else None)
    if record.type in ITEM_LINES:
        items, more = _item_lines(state, record, rate)
        rows += [("transactionline", base | row) for row in items]
        entries += more
    if record.type in POSTING:
        rows += [("transactionaccountingline", _accounting(record, entry, rate)) for entry in entries]
    return rows + _links(state, record)


def _header(state: State, record: Record, rate: Decimal, on: On) -> Row:
    fields = record.fields
    negative = record.type in ("creditMemo", "customerRefund") and on("NS-26l")
    total = -fields["total"] if negative else fields["total"]
    return {
        "id": int(record.id), "tranid": fields.get("tranId"), "externalid": fields.get("externalId"),
        "type": TYPE_CODES[record.type], "recordtype": record.type.lower(),
        "entity": int_cell(fields.get(entity_field(record.type))),
        "trandate": day_cell(fields["tranDate"]), "duedate": day_cell(fields.get("dueDate")),
        "status": fields.get("status"), "currency": int_cell(fields["currency"]), "exchangerate": number_cell(rate),
        "foreigntotal": number_cell(total), "total": number_cell(total * rate),
        "taxtotal": number_cell(fields.get("taxTotal")), "memo": fields.get("memo"),
        "postingperiod": int_cell(fields.get("postingPeriod")), "transactionnumber": fields.get("transactionNumber"),
        "approvalstatus": int_cell(fields.get("approvalStatus")),
        "otherrefnum": fields.get("otherRefNum") or fields.get("checkNumber"),
        "terms": int_cell(fields.get("terms")), "customform": int_cell(fields.get("customForm")),
        "startdate": day_cell(fields.get("startDate")), "enddate": day_cell(fields.get("endDate")),
        "posting": bool_cell(_is_posting(record)), "voided": bool_cell(fields.get("voided")),
        "source": fields.get("source"), "_subsidiary": int_cell(fields.get("subsidiary")),
    } | _open_amounts(record) | stamps(state, record, "createddate") | custom_values(fields)  # fmt: skip


def _is_posting(record: Record) -> bool:
    pending = record.fields.get("approvalStatus", "2") != "2" or record.fields.get("approved") is False
    return record.type in POSTING and not pending


def _open_amounts(record: Record) -> Row:
    """What is paid of a claim, or used of money: only one of the two pairs is filled (source: PRO)."""
    fields = record.fields
    if record.type == "invoice":
        return {"foreignamountpaid": number_cell(fields["amountPaid"]),
                "foreignamountunpaid": number_cell(fields["amountRemaining"])}  # fmt: skip
    if record.type in ("customerPayment", "creditMemo"):
        return {"foreignpaymentamountused": number_cell(fields["applied"]),
                "foreignpaymentamountunused": number_cell(fields["unapplied"])}  # fmt: skip
    if record.type == "customerDeposit":
        return {"foreignpaymentamountused": number_cell(fields["total"] - fields["remaining"]),
                "foreignpaymentamountunused": number_cell(fields["remaining"])}  # fmt: skip
    return {}


def _ledger_line(entry: Posting, rate: Decimal, *, main: bool) -> Row:
    row: Row = {
        "id": entry.line, "linesequencenumber": entry.line, "mainline": bool_cell(main),
        "foreignamount": number_cell(entry.amount), "amount": number_cell(entry.amount * rate),
        "netamount": number_cell(entry.amount * rate), "account": int_cell(entry.account),
        "uniquekey": int_cell(entry.key),
    }  # fmt: skip
    return row | ({"entity": int_cell(entry.entity)} if entry.entity else {})


def _item_lines(state: State, record: Record, rate: Decimal) -> tuple[list[Row], list[Posting]]:
    """Revenue lines are negative, the header is positive; a credit memo's lines are the other way round."""
    sign = 1 if record.type == "creditMemo" else -1
    rows: list[Row] = []
    entries: list[Posting] = []
    last = 0
    for line in record.lines.get("item", []):
        last = max(last, line["line"])
        account = item_account(state, line)
        rows.append(_item_line(line, rate, sign) | {"account": int_cell(account)})
        entries.append(Posting(line["line"], account, sign * line["amount"]))
    tax = record.fields.get("taxTotal")
    if tax:
        rows.append({
            "id": last + 1, "linesequencenumber": last + 1, "mainline": "F", "taxline": "T",
            "foreignamount": number_cell(sign * tax), "amount": number_cell(sign * tax * rate),
            "netamount": number_cell(sign * tax * rate),
        })  # fmt: skip
        entries.append(Posting(last + 1, None, sign * tax))
    return rows, entries


def _item_line(line: dict[str, Any], rate: Decimal, sign: int) -> Row:
    amount, quantity = sign * line["amount"], line.get("quantity")
    return {
        "id": line["line"], "uniquekey": int_cell(line["lineUniqueKey"]), "linesequencenumber": line["line"],
        "mainline": "F", "item": int_cell(line.get("item")),
        "quantity": number_cell(sign * quantity) if quantity else None, "rate": number_cell(line.get("rate")),
        "foreignamount": number_cell(amount), "amount": number_cell(amount * rate),
        "netamount": number_cell(amount * rate), "memo": line.get("description"), "class": int_cell(line.get("class")),
        "department": int_cell(line.get("department")), "location": int_cell(line.get("location")),
        "isclosed": bool_cell(line.get("isClosed")), "quantitybilled": number_cell(line.get("quantityBilled")),
    } | custom_values(line)  # fmt: skip


def _accounting(record: Record, entry: Posting, rate: Decimal) -> Row:
    """One ledger line in base currency."""
    amount = entry.amount * rate
    row: Row = {
        "transaction": int(record.id), "transactionline": entry.line, "accountingbook": 1,
        "account": int_cell(entry.account), "posting": bool_cell(_is_posting(record)), "amount": number_cell(amount),
        "netamount": number_cell(amount), "debit": number_cell(amount) if amount > 0 else None,
        "credit": number_cell(-amount) if amount < 0 else None, "_type": record.type,
        "_subsidiary": int_cell(record.fields.get("subsidiary")),
    }  # fmt: skip
    if entry.open is not None:
        settled, rest = (number_cell((part or ZERO) * rate) for part in (entry.settled, entry.open))
        names = ("amountpaid", "amountunpaid") if amount > 0 else ("paymentamountused", "paymentamountunused")
        row |= dict(zip(names, (settled, rest), strict=True))
    return row


def _links(state: State, record: Record) -> list[tuple[str, Row]]:
    by_line = {line["line"]: line for line in record.lines.get("item", [])}
    rows = [
        _link(state, record, previous, previous_line, own_line, "OrdBill", by_line[own_line]["amount"])
        for previous, previous_line, own_line in state.links.get(record.id, [])
        if own_line in by_line
    ]
    for name in STATIC.get(record.type, ()):
        for line in record.lines.get(name, []):
            document, number = key_of(line)
            rows.append(_link(state, record, document, number, 0, _LINK_TYPES[name], line["amount"]))
    if record.type == "depositApplication" and record.fields.get("deposit"):
        rows.append(_link(state, record, record.fields["deposit"], 0, 0, "DepAppl", record.fields["total"]))
    for line in record.lines.get("payment", []):
        rows.append(_link(state, record, line["id"], 0, 0, "DepRcpt", line["amount"]))
    return [
        (table, row) for row in rows for table in ("nexttransactionlinelink", "previoustransactionlinelink")
    ]


def _link(
    state: State, record: Record, previous: str, previous_line: int, own_line: int, kind: str, amount: Decimal
) -> Row:
    document = state.groups["transaction"].get(previous)
    return {
        "previousdoc": int(previous), "previousline": previous_line,
        "previoustype": TYPE_CODES[document.type] if document is not None else None,
        "nextdoc": int(record.id), "nextline": own_line, "nexttype": TYPE_CODES[record.type], "linktype": kind,
        "foreignamount": number_cell(amount), "_subsidiary": int_cell(record.fields.get("subsidiary")),
    }  # fmt: skip
