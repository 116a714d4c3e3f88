"""A BAI2 balance report of one account and day, with the control totals of the specification."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from tieout.emulators.scenario.cash.entries import Entry, ascii_only, cents

#: kind of entry → type code of its detail record
_CODES = {"credit": "142", "returned": "557", "fee": "698", "paid_out": "475"}


def write_bai2(account: str, day: date, number: int, entries: Sequence[Entry], *, off_by: int = 0) -> str:
    """The file. `off_by` cents are added to every control total: a file of which a part was lost."""
    written = f"{day:%y%m%d}"
    credits_ = [cents(one.amount) for one in entries if one.kind == "credit"]
    debits = [cents(one.amount) for one in entries if one.kind != "credit"]
    head = f"03,{account},USD,100,{sum(credits_)},{len(credits_)},,400,{sum(debits)},{len(debits)},/"
    details = [_detail(one) for one in entries]
    total = 2 * (sum(credits_) + sum(debits)) + off_by
    return "\n".join(
        [
            f"01,HARBORBK,NORTHLIGHT,{written},2200,{number},80,,2/",
            f"02,NORTHLIGHT,HARBORBK,1,{written},2200,USD,2/",
            head,
            *details,
            f"49,{total},{len(details) + 2}/",
            f"98,{total},1,{len(details) + 4}/",
            f"99,{total},1,{len(details) + 6}/",
            "",
        ]
    )


def _detail(entry: Entry) -> str:
    start = f"16,{_CODES[entry.kind]},{cents(entry.amount)},Z,{entry.reference},"
    if entry.kind == "credit":
        name = ascii_only(entry.payer, 16)
        return (
            f"{start},{name} DES:PAYMENT ID:{name[:6].strip()} INDN:NORTHLIGHT SOFTWARE CO ID:{entry.identifier} CCD"
            f" PMT INFO:{entry.text}"
        )
    return f"{start},{entry.text}"
