"""A lockbox file: one check a receipt, what the payer wrote beside it in overflow records."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from tieout.emulators.scenario.cash.entries import Entry, ascii_only, cents

_BATCH = "001"


def write_lockbox(lockbox: str, day: date, entries: Sequence[Entry]) -> str:
    """The file. An entry's reference is `lockbox/batch/item`, its identifier `routing/account`."""
    written = f"{day:%y%m%d}"
    lines = [f"1{written}2200NORTHLIGHT", f"2{lockbox}{written}", f"5{_BATCH}000{lockbox}{written}"]
    for entry in entries:
        item = entry.reference.rpartition("/")[2]
        routing, _, account = entry.identifier.partition("/")
        lines.append(
            f"6{_BATCH}{item}{cents(entry.amount):010d}{routing}{account:0>10}{int(item) + 40000:010d}{day:%m%d%y}"
            f"{ascii_only(entry.payer, 30)}"
        )
        if entry.text:
            lines.append(f"4{_BATCH}{item}6019{entry.text}")
    total = sum(cents(entry.amount) for entry in entries)
    lines.append(f"7{_BATCH}000{lockbox}{written}{len(entries):03d}{total:010d}")
    lines.append(f"8{_BATCH}000{lockbox}{written}{len(entries):04d}{total:010d}")
    lines.append(f"9{len(lines) + 1:06d}")
    return "\n".join(lines) + "\n"
