"""Lockbox record layouts as data: record digit → field → (first column, length), columns counted from 1.

No two banks agree; what is shipped are two families, and an account's options may bring one of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Columns = Mapping[str, tuple[int, int]]

_CHECK: Columns = {
    "batch": (2, 3),
    "item": (5, 3),
    "amount": (8, 10),
    "routing": (18, 9),
    "account": (27, 10),
    "number": (37, 10),
    "date": (47, 6),
    "remitter": (53, 30),
}
_BATCH: Columns = {"batch": (2, 3), "item": (5, 3), "lockbox": (8, 7), "date": (15, 6)}
_BATCH_TOTAL: Columns = {**_BATCH, "count": (21, 3), "amount": (24, 10)}
_SERVICE_TOTAL: Columns = {**_BATCH, "count": (21, 4), "amount": (25, 10)}
_OVERFLOW: Columns = {"batch": (2, 3), "item": (5, 3), "of": (8, 1), "sequence": (9, 2), "last": (11, 1)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One family of lockbox files. `check_dates` is the order of the digits in a check's date."""

    name: str
    records: Mapping[str, Columns]
    check_dates: str = "mmddyy"
    deposit_dates: str = "yymmdd"


#: One invoice a record, with the amount paid and a deduction (SAP FLB24 widths; "BAI2 lockbox").
WITH_AMOUNTS = Layout(
    name="overflow with amounts",
    records={
        "5": _BATCH,
        "6": _CHECK,
        "4": {**_OVERFLOW, "invoice": (12, 16), "paid": (28, 10), "deduction": (38, 10), "reason": (48, 3)},
        "7": _BATCH_TOTAL,
        "8": _SERVICE_TOTAL,
        "9": {"count": (2, 6)},
    },
)
#: Invoices as text, no amounts ("BAI"; Silicon Valley widths).
TEXT_ONLY = Layout(
    name="overflow as text",
    records={**WITH_AMOUNTS.records, "4": {**_OVERFLOW, "text": (12, 149)}},
)
