"""JSON feeds: answers of a bank-data aggregator (Plaid's shape), and a plain shape of our own.

Plaid: `added`, `modified` and `removed` of a sync, or a list of `transactions`; **a positive amount is money out**.
Pending entries are information: they are removed and added again under another id. Our own shape:

    {"account": "…", "currency": "USD", "entries": [
        {"id": "…", "date": "2026-09-18", "amount": "1250.00", "text": "…", "name": "…", "reference": "…"}]}

where `amount` is signed, positive is money in, and `currency`, `account`, `value_date` and `pending` may stand in an
entry too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from tieout.connectors.bank.bai2_texts import Said, read_texts
from tieout.connectors.bank.collecting import Collector
from tieout.connectors.bank.options import BankOptions
from tieout.connectors.bank.returned_texts import return_by_text
from tieout.connectors.bank.texts import fingerprint, iso_day, plain_amount, shown, squeezed
from tieout.domain.cash.movements import (
    BankFile,
    MovementKind,
    Payer,
    Rail,
    RemittanceReference,
    ReturnOf,
    Statement,
)

_RAILS = {"ach": Rail.ACH, "wire": Rail.WIRE, "check": Rail.CHECK, "card": Rail.CARD}
_LISTS = ("added", "modified", "transactions", "entries")


def load(text: str) -> Any:
    """The JSON of a text, numbers as exact decimals; lines of objects become a list. None when it is none.

    Nesting is bounded by Python's own limit, numbers by what a decimal takes.
    """
    try:
        return json.loads(text, parse_float=Decimal, parse_int=Decimal, parse_constant=str)
    except (ValueError, RecursionError, ArithmeticError):
        pass
    rows = []
    for line in text.splitlines():
        if line.strip():
            try:
                rows.append(json.loads(line, parse_float=Decimal, parse_int=Decimal, parse_constant=str))
            except (ValueError, RecursionError, ArithmeticError):
                return None
    return rows or None


def entries_of(value: Any) -> list[tuple[str, Any]] | None:
    """The entries of a feed with the path to each; None when it is no feed."""
    if isinstance(value, list):
        return [(f"[{index}]", one) for index, one in enumerate(value)] if _any_entry(value) else None
    if not isinstance(value, dict):
        return None
    found: list[tuple[str, Any]] = []
    known = False
    for key in _LISTS:
        rows = value.get(key)
        if isinstance(rows, list) and (key in {"added", "modified"} or not rows or _any_entry(rows)):
            known = True
            found += [(f"{key}[{index}]", one) for index, one in enumerate(rows)]
    return found if known else None


def _any_entry(rows: list[Any]) -> bool:
    return any(
        isinstance(one, dict) and "amount" in one and ("date" in one or "transaction_id" in one)
        for one in rows
    )


def read_json(text: str, digest: str, options: BankOptions) -> BankFile:
    """Read a feed."""
    found = Collector(digest, "json")
    value = load(text)
    rows = entries_of(value)
    if rows is None:
        found.note(
            "json_shape_unknown",
            "entries, transactions, or added",
            shown(text.strip()[:80]),
            found.place("file"),
        )
        return found.finish()
    head: Mapping[str, Any] = value if isinstance(value, dict) else {}
    for where, row in rows:
        _take(where, row, head, options, found)
    removed = head.get("removed")
    if isinstance(removed, list) and removed:
        told = ", ".join(_text(one, "transaction_id") or shown(one) for one in removed[:20])
        found.note(
            "json_removed", "entries", f"{len(removed)} ids taken back: {told}", found.place("removed")
        )
    accounts = dict.fromkeys((one.account, one.amount.currency) for one in found.movements)
    found.statements += [Statement(account=account, currency=currency) for account, currency in accounts]
    return found.finish()


def _text(row: Any, *path: str) -> str:
    for key in path:
        row = row.get(key) if isinstance(row, dict) else None
    if isinstance(row, Decimal):
        return f"{row:f}" if row.is_finite() and abs(row.adjusted()) < 40 else ""
    return _whole(row).strip() if isinstance(row, str) else ""


def _whole(text: str) -> str:
    """Half a character, which JSON can write and nothing else can hold, becomes a question mark."""
    return text.encode("utf-8", errors="replace").decode("utf-8")


def _amount(row: Any) -> Decimal | None:
    value = row.get("amount")
    if isinstance(value, Decimal):
        return value if value.is_finite() and abs(value.adjusted()) < 30 else None
    return plain_amount(value) if isinstance(value, str) else None


def _names(row: Any) -> Iterator[str]:
    yield _text(row, "payment_meta", "payer")
    parties = row.get("counterparties")
    if isinstance(parties, list):
        for party in parties:
            yield _text(party, "name")
    yield _text(row, "merchant_name")
    yield _text(row, "payer")


def _raw(row: Any) -> str:
    """The entry as JSON; of one that is nested too deeply to be written again, its first words."""
    try:
        return _whole(json.dumps(row, ensure_ascii=False, default=str)[:4000])
    except RecursionError:
        return "an entry that is nested too deeply"


def _currency(row: Any, head: Mapping[str, Any], options: BankOptions) -> str:
    return (
        _text(row, "iso_currency_code")
        or _text(row, "unofficial_currency_code")
        or _text(row, "currency")
        or _text(head, "currency")
        or options.currency
    ).upper()


def _payer(row: Any, said: Said, name: str) -> Payer:
    company = _text(row, "payment_meta", "ppd_id")
    names = dict.fromkeys(one for one in (*_names(row), *said.names, name) if one)
    ids = dict.fromkeys(((("ach_company", company),) if company else ()) + said.identifiers)
    return Payer(names=tuple(names), identifiers=tuple(ids))


def _take(where: str, row: Any, head: Mapping[str, Any], options: BankOptions, found: Collector) -> None:
    place = found.place(where)
    raw = _raw(row)
    amount = _amount(row) if isinstance(row, dict) else None
    if not isinstance(row, dict) or amount is None:
        found.entry(place, None, None, options.currency)
        told = shown(row.get("amount")) if isinstance(row, dict) else shown(row)
        found.note("json_row_unreadable", "an object with an amount", told, place, raw)
        return
    plaid = "transaction_id" in row
    currency = _currency(row, head, options)
    credit = amount < 0 if plaid else amount >= 0
    found.entry(place, credit, abs(amount), currency)
    booked = iso_day(_text(row, "date"))
    if booked is None:
        told = shown(_text(row, "date"))
        found.note("json_row_unreadable", "a day such as 2026-09-18 in date", told, place, raw)
        return
    money = found.money(abs(amount), currency, place)
    if money is None:
        return
    account = options.account or _text(row, "account_id") or _text(row, "account") or _text(head, "account")
    text = _text(row, "original_description") or _text(row, "text") or _text(row, "description")
    name = _text(row, "name")
    texts = (text,) if text else ((name,) if name else ())
    said = read_texts(texts, credit=credit, currency=currency, place=place, found=found)
    references = [RemittanceReference(text=one, place=place) for one in texts]
    references += said.references
    own = _text(row, "payment_meta", "reference_number") or _text(row, "reference")
    if own:
        references.append(RemittanceReference(text=own, place=place, qualifier="reference"))
    kind, returned = _kind(row, amount, texts, credit=credit)
    key = _text(row, "transaction_id") or _text(row, "id")
    found.movement(
        place=place,
        kind=kind,
        credit=credit,
        amount=money,
        account=account,
        identity=f"json/{account}/{key or fingerprint(booked, amount, currency, squeezed(' '.join(texts)), own)}",
        booked=booked,
        value_date=iso_day(_text(row, "value_date")) or iso_day(_text(row, "authorized_date")),
        rail=_RAILS.get(_text(row, "payment_meta", "payment_method").casefold(), Rail.UNKNOWN),
        bank_reference=own,
        customer_reference=own,
        check_number=_text(row, "check_number"),
        payer=_payer(row, said, "" if plaid else name),
        references=tuple(references),
        texts=texts,
        returned=returned,
        raw=raw,
    )


def _kind(
    row: Mapping[str, Any], amount: Decimal, texts: tuple[str, ...], *, credit: bool
) -> tuple[MovementKind, ReturnOf | None]:
    if row.get("pending") is True or not amount:
        return MovementKind.INFORMATION, None
    failure = _text(row, "failure", "ach_return_code")
    if failure:
        kind = MovementKind.RETURN_OF_CREDIT if credit else MovementKind.RETURN_OF_DEBIT
        return kind, ReturnOf(code=failure, reason=_text(row, "failure", "description"))
    back = return_by_text(texts, credit=credit)
    if back is not None:
        return back
    return (MovementKind.RECEIPT if credit else MovementKind.DISBURSEMENT), None
