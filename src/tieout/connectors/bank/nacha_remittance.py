"""Payment-related information of NACHA addenda: free text, loose X12 segments, or a whole 820 cut into pieces of 80."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from decimal import Decimal

from tieout.connectors.bank import x12, x12_references
from tieout.connectors.bank.collecting import Collector
from tieout.connectors.bank.nacha_records import WIDTH, Record
from tieout.domain.cash.movements import Place, RemittanceReference

#: addenda whose columns 4 to 83 are what the payer says: 05 everywhere, 17 in international entries
PAYMENT_RELATED = frozenset({"05", "17"})
_SLID = re.compile(r"7..(.*?\s)([0-9]{4})[0-9]{7}$")


@dataclass(frozen=True, slots=True)
class Remittance:
    """What the addenda say."""

    texts: tuple[str, ...] = ()
    references: tuple[RemittanceReference, ...] = ()
    names: tuple[str, ...] = ()
    identifiers: tuple[tuple[str, str], ...] = ()
    trace: str = ""
    read: bool = False


def remittance(
    addenda: list[Record], where: str, entry_amount: Decimal | None, currency: str, found: Collector
) -> Remittance:
    """Read the payment-related addenda of one entry.

    The 80 characters are joined as they are: X12 is cut anywhere, even inside an element, and a blank at the cut
    belongs to it. Where the joined text is X12, its items become references; the texts stay as they were written.
    """
    lines = [one for one in addenda if one.at(2, 3) in PAYMENT_RELATED]
    if not lines:
        return Remittance()
    _check_sequence(lines, where, found)
    pieces = [_information(line) for line in lines]
    starts = [80 * number for number in range(len(pieces))]

    def place(offset: int) -> Place:
        number = bisect_right(starts, offset)
        return found.place(f"{where} addenda {number}", lines[number - 1].line)

    written = tuple(piece.rstrip() for piece in pieces if piece.strip())
    segments = x12.segments("".join(pieces))
    if not segments:
        free = tuple(
            RemittanceReference(text=piece.strip(), place=place(80 * number))
            for number, piece in enumerate(pieces)
            if piece.strip()
        )
        return Remittance(texts=written, references=free)
    taxes = tuple(
        RemittanceReference(
            text="*".join(one.elements[1:]).strip(), place=place(one.offset), qualifier=one[0]
        )
        for one in segments
        if one[0] in {"TXP", "DED"}
    )
    kept: tuple[RemittanceReference, ...] = ()
    names: tuple[str, ...] = ()
    identifiers: tuple[tuple[str, str], ...] = ()
    trace = ""
    for advice in x12.advices(segments):
        money = advice.currency or currency
        kept += x12_references.references(advice, money, place, found)
        names += tuple(advice.payers)
        identifiers += tuple(advice.payer_ids)
        trace = trace or advice.key
        x12_references.check_sum(advice, entry_amount, "the entry's amount", place(advice.offset), found)
    return Remittance(written, kept + taxes, names, identifiers, trace, read=True)


def _slid(line: Record) -> re.Match[str] | None:
    body = line.text.rstrip()
    return _SLID.match(body) if len(body) != WIDTH else None


def _information(line: Record) -> str:
    """Columns 4 to 83; of a record whose last columns slid, what stands before its sequence and trace numbers."""
    if (slid := _slid(line)) is not None:
        return slid[1].rstrip().ljust(80)[:80]
    return line.at(4, 83)


def _sequence(line: Record) -> str:
    if (slid := _slid(line)) is not None:
        return slid[2]
    return line.field(84, 87)


def _check_sequence(lines: list[Record], where: str, found: Collector) -> None:
    numbers = [_sequence(line) for line in lines]
    if any(number.isdigit() for number in numbers):
        wanted = [str(number).zfill(4) for number in range(1, len(lines) + 1)]
        if numbers != wanted and len(lines) <= 9999:
            told = ", ".join(numbers[:8])
            found.note(
                "nacha_addenda_sequence",
                "0001, 0002 …",
                told,
                found.place(where, lines[0].line),
                lines[0].text,
            )
