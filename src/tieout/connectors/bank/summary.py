"""The figures of a file, for people and machines: what `tieout ingest --dry-run` prints."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from tieout.connectors.bank.codes import CODES
from tieout.domain.cash.movements import (
    BankFile,
    Entry,
    FileFinding,
    MovementKind,
    RemittanceReference,
    Severity,
    Statement,
)
from tieout.domain.money import CURRENCY_EXPONENTS, Money

#: kinds that say that something came back
RETURNS = frozenset(
    {
        MovementKind.RETURN_OF_DEBIT,
        MovementKind.RETURN_OF_CREDIT,
        MovementKind.RETURNED_RECEIPT,
        MovementKind.DISPUTED_RETURN,
    }
)


def refusal(file: BankFile) -> str | None:
    """The code for which the file is refused as a whole, or None."""
    for finding in file.findings:
        if finding.severity is Severity.BLOCKS and CODES[finding.code].refuses:
            return finding.code
    return None


def summary(file: BankFile) -> dict[str, Any]:
    """The figures of a file. `credits` and `debits` are sums over entry-level records, exact, by currency."""
    back = [one for one in file.movements if one.kind in RETURNS]
    return {
        "format": file.format,
        "entries": len(file.entries),
        "credits": _sums(one for one in file.entries if one.credit is True),
        "debits": _sums(one for one in file.entries if one.credit is False),
        "movements": len(file.movements),
        "returns": len(back),
        "return_codes": [one.returned.code for one in back if one.returned and one.returned.code],
        "nocs": sum(one.kind is MovementKind.NOTICE_OF_CHANGE for one in file.movements),
        "remittance_texts": [text for one in file.movements for text in one.texts],
        "references": [_reference(one) for movement in file.movements for one in movement.references],
        "statements": [_statement(one) for one in file.statements],
        "findings": [_finding(one) for one in file.findings],
        "blocked": file.blocked,
        "refused": refusal(file),
    }


def _sums(entries: Iterable[Entry]) -> dict[str, str]:
    totals: dict[str, Decimal] = {}
    for one in entries:
        if one.amount is not None:
            totals[one.currency] = totals.get(one.currency, Decimal(0)) + one.amount
    return {currency: _exact(amount, currency) for currency, amount in sorted(totals.items())}


def _exact(amount: Decimal, currency: str) -> str:
    """All digits that count, and never fewer decimals than the currency has."""
    places = CURRENCY_EXPONENTS.get(currency, 2)
    text = f"{amount:f}"
    whole, _, fraction = text.partition(".")
    fraction = fraction.rstrip("0").ljust(places, "0")
    return f"{whole}.{fraction}" if fraction else whole


def _money(amount: Money | None) -> str | None:
    return None if amount is None else f"{amount.amount:f}"


def _reference(one: RemittanceReference) -> dict[str, Any]:
    told = {
        "text": one.text,
        "qualifier": one.qualifier,
        "paid": _money(one.paid),
        "gross": _money(one.gross),
        "discount": _money(one.discount),
        "adjustment": _money(one.adjustment),
        "adjustment_reason": one.adjustment_reason or None,
        "where": one.place.where,
        "line": one.place.line,
    }
    return {key: value for key, value in told.items() if value is not None}


def _statement(one: Statement) -> dict[str, Any]:
    return {
        "account": one.account,
        "currency": one.currency,
        "reference": one.reference,
        "as_of": one.as_of.isoformat() if one.as_of else None,
        "opening": _money(one.opening),
        "closing": _money(one.closing),
        "foots": one.foots,
    }


def _finding(one: FileFinding) -> dict[str, Any]:
    return {
        "code": one.code,
        "severity": one.severity.value,
        "expected": one.expected,
        "found": one.found,
        "where": one.place.where,
        "line": one.place.line,
        "remedy": one.remedy,
    }
