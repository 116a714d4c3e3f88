"""X12 segments, in whatever separators, and the 820 (payment order and remittance advice) they make.

The envelope may be whole, cut short (an ISA whose elements are not padded to 106 characters), or absent (a bare
`ST … SE`, or loose `RMR` segments in an ACH addenda record).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from tieout.connectors.bank.texts import plain_amount

#: An 820 has a few segments for each item; more are a mistake, or an attack.
MAX_SEGMENTS = 500_000
#: A free text in an element is a few hundred characters at most; a longer one is not put together any further.
MAX_ELEMENT = 10_000
_SEGMENT = re.compile(r"[A-Z][A-Z0-9]{1,2}")
#: segments an addenda record may begin with when the envelope was left out
_LOOSE = re.compile(r"(RMR|ENT|BPR|TRN|TXP|DED|NTE|REF|DTM|N1|CUR|IT1|ADX|STC|PID)([^A-Za-z0-9 ])")
#: likely terminators of loose segments, the likelier first
_TERMINATORS = ("\\~\x1c\x1d\x1e\x1f", "\n\r\x85", "'!")


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment: its elements (the first is its name) and where in the text it began."""

    elements: tuple[str, ...]
    offset: int

    def __getitem__(self, number: int) -> str:
        """Element `number` as X12 counts (0: the name), trimmed; empty where there is none."""
        return self.elements[number].strip() if number < len(self.elements) else ""


def separators(text: str) -> tuple[str, str] | None:
    """Element separator and segment terminator of a text that begins as X12 does, or None."""
    if text.startswith("ISA") and len(text) > 4 and not text[3].isalnum():
        return _from_isa(text)
    match = re.match(
        r"ST([^A-Za-z0-9 \t\r\n])\d{3}\1[A-Za-z0-9 ]{1,9}(?:\1[A-Za-z0-9]*)?([^A-Za-z0-9 ])", text
    )
    if match is not None:
        return match[1], match[2]
    match = re.match(r"GS([^A-Za-z0-9 \t\r\n])(?:[^\n]*?\1){7}[A-Za-z0-9]{1,12}([^A-Za-z0-9])", text[:200])
    if match is not None:
        return match[1], match[2]
    match = _LOOSE.match(text)
    if match is None:
        return None
    separator = match[2]
    for marks in _TERMINATORS:
        places = [(text.index(mark), mark) for mark in marks if mark in text and mark != separator]
        if places:
            return separator, min(places)[1]
    return separator, "\x00"


def _from_isa(text: str) -> tuple[str, str] | None:
    """The sixteenth separator is followed by the component separator and the terminator, padded or not."""
    separator, at = text[3], -1
    for _ in range(16):
        at = text.find(separator, at + 1)
        if at < 0 or at > 400:
            return None
    terminator = text[at + 2 : at + 3]
    if not terminator or terminator.isalnum():
        return None
    if terminator in "\r\n":
        return separator, "\n"
    return separator, terminator


def segments(text: str) -> list[Segment]:
    """The segments of a text; empty when it is no X12."""
    start = len(text) - len(text.lstrip("\ufeff \t\r\n"))
    body = text[start:]
    marks = separators(body)
    if marks is None:
        return []
    separator, terminator = marks
    found: list[Segment] = []
    offset = start
    for piece in body.split(terminator):
        lead = len(piece) - len(piece.lstrip("\r\n\t "))
        whole = (
            piece.replace("\r", "").replace("\n", "").lstrip("\t ")
            if terminator not in "\r\n"
            else piece.strip()
        )
        elements = tuple(whole.split(separator))
        if _SEGMENT.fullmatch(elements[0].strip()):
            found.append(Segment((elements[0].strip(), *elements[1:]), offset + lead))
        elif found and whole.strip():
            # a terminator inside a text: give the piece back to the segment it was cut from
            last = found[-1]
            if len(last.elements[-1]) <= MAX_ELEMENT and len(last.elements) <= MAX_ELEMENT:
                joined = last.elements[-1] + terminator + elements[0]
                found[-1] = Segment((*last.elements[:-1], joined, *elements[1:]), last.offset)
        offset += len(piece) + len(terminator)
        if len(found) >= MAX_SEGMENTS:
            break
    return found


@dataclass(slots=True)
class Adjustment:
    """An ADX segment: its amount (negative: a deduction), reason and reference."""

    amount: Decimal | None
    reason: str
    reference: str = ""


@dataclass(slots=True)
class Item:
    """An RMR segment and what belongs to it: one thing that is paid."""

    segment: Segment
    qualifier: str
    reference: str
    paid: Decimal | None
    gross: Decimal | None
    discount: Decimal | None
    reason: str
    adjustment: Decimal | None
    others: list[tuple[str, str]] = field(default_factory=list)
    adjustments: list[Adjustment] = field(default_factory=list)


@dataclass(slots=True)
class Advice:
    """One 820: the payment it speaks of, who pays, and the items."""

    offset: int
    handling: str = ""
    amount: Decimal | None = None
    amount_text: str = ""
    direction: str = ""
    method: str = ""
    account: str = ""
    company_id: str = ""
    settlement: str = ""
    trace: str = ""
    trace_company: str = ""
    currency: str = ""
    payers: list[str] = field(default_factory=list)
    payer_ids: list[tuple[str, str]] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    header_adjustments: list[Adjustment] = field(default_factory=list)
    others: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    control: str = ""
    segments: int = 0
    stated_segments: str = ""
    closed: bool = False

    @property
    def items_total(self) -> Decimal | None:
        """What the items and header adjustments come to; None when no item names an amount."""
        paid = [item.paid for item in self.items if item.paid is not None]
        if not paid:
            return None
        headers = [one.amount for one in self.header_adjustments if one.amount is not None]
        return sum(paid, Decimal(0)) + sum(headers, Decimal(0))

    @property
    def key(self) -> str:
        """What joins a remittance to the money: the trace and who gave it."""
        return "/".join(part for part in (self.trace, self.trace_company) if part)


def advices(found: list[Segment]) -> Iterator[Advice]:
    """The 820s among segments; a set without `ST` is one too, when it holds what an 820 holds."""
    advice: Advice | None = None
    skipping = False
    for segment in found:
        name = segment[0]
        if name == "ST":
            if advice is not None and not skipping:
                yield advice
            skipping = segment[1] != "820"
            advice = None if skipping else Advice(offset=segment.offset, control=segment[2])
            if advice is not None:
                advice.segments = 1
            continue
        if name in {"ISA", "GS", "GE", "IEA"} or skipping:
            continue
        if advice is None:
            if name not in {"BPR", "RMR", "TRN", "ENT", "N1", "REF", "DTM", "CUR"}:
                continue
            advice = Advice(offset=segment.offset)
        advice.segments += 1
        if name == "SE":
            advice.closed = True
            advice.stated_segments = segment[1]
            yield advice
            advice = None
        else:
            _read(advice, segment)
    if advice is not None:
        yield advice


def _read(advice: Advice, segment: Segment) -> None:
    name = segment[0]
    if name == "BPR":
        advice.handling, advice.direction, advice.method = segment[1], segment[3], segment[4]
        advice.amount, advice.amount_text = plain_amount(segment[2]), segment[2]
        advice.company_id, advice.account, advice.settlement = segment[10], segment[15], segment[16]
    elif name == "TRN" and not advice.trace:
        advice.trace, advice.trace_company = segment[2], segment[3]
    elif name == "CUR" and not advice.currency:
        advice.currency = segment[2].upper()
    elif name == "N1" and segment[1] == "PR":
        if segment[2]:
            advice.payers.append(segment[2])
        if segment[4]:
            advice.payer_ids.append((f"x12_{segment[3] or 'id'}", segment[4]))
    elif name == "RMR":
        advice.items.append(
            Item(
                segment=segment,
                qualifier=segment[1],
                reference=segment[2],
                paid=plain_amount(segment[4]),
                gross=plain_amount(segment[5]),
                discount=plain_amount(segment[6]),
                reason=segment[7],
                adjustment=plain_amount(segment[8]),
            )
        )
    elif name == "REF":
        value = segment[2] or segment[3]
        if value:
            (advice.items[-1].others if advice.items else advice.others).append((segment[1], value))
    elif name == "ADX":
        one = Adjustment(plain_amount(segment[1]), segment[2], segment[4])
        (advice.items[-1].adjustments if advice.items else advice.header_adjustments).append(one)
    elif name == "NTE" and segment[2]:
        advice.notes.append(segment[2])
