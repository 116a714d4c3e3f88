"""Lockbox files: one receipt a check, with the invoices its overflow records name.

The layout is data (`lockbox_layouts`). Overflow records belong to the check before them, by their physical order: the
sequence has two digits and starts again after 99.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from tieout.connectors.bank.collecting import Collector
from tieout.connectors.bank.lockbox_layouts import TEXT_ONLY, WITH_AMOUNTS, Layout
from tieout.connectors.bank.options import BankOptions
from tieout.connectors.bank.texts import cents, day, digits, shown, yymmdd
from tieout.domain.cash.movements import (
    BankFile,
    MovementKind,
    Payer,
    Place,
    Rail,
    RemittanceReference,
    Statement,
)

_CHECK_START = re.compile(r"6\d{6}\d{10}")
_TYPES = frozenset("12456789")


@dataclass(slots=True)
class _Check:
    line: int
    raw: str
    number: int
    lockbox: str
    deposited: date | None
    overflow: list[tuple[int, str]] = field(default_factory=list)


@dataclass(slots=True)
class _Sums:
    count: int = 0
    amount: Decimal = Decimal(0)

    def add(self, amount: Decimal) -> None:
        self.count += 1
        self.amount += amount


def lines_of(text: str) -> list[tuple[int, str]]:
    """The lines that are not blank, with their numbers."""
    return [
        (number, line.rstrip(" \x1a\x00"))
        for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), start=1)
        if line.strip(" \x1a\x00")
    ]


def looks_like_lockbox(text: str) -> str:
    """Why a text is (not) a lockbox file: empty when it is."""
    lines = [line for _, line in lines_of(text[:20000])][:60]
    if not lines or any(line[0] not in _TYPES for line in lines):
        return "lines begin with other digits than 1, 2, 4 to 9"
    if any(line[34:37] == "094" and line.startswith("1") for line in lines[:1]):
        return "it has the file header of a NACHA file"
    kinds = "".join(line[0] for line in lines)
    if not any(_CHECK_START.match(line) for line in lines):
        return "no check (record 6) has batch, item and amount"
    if re.match(r"1?2?(5|6)", kinds) is None:
        return f"its records come in the order {kinds[:8]}"
    return ""


def read_lockbox(text: str, digest: str, options: BankOptions) -> BankFile:
    """Read a lockbox file in the account's layout, or in the shipped one that fits its overflow records."""
    found = Collector(digest, "lockbox")
    lines = lines_of(text)
    layout = options.lockbox or _layout(lines)
    return _Reader(found, layout, options).read(lines)


def _layout(lines: list[tuple[int, str]]) -> Layout:
    """With amounts, when every overflow record has twenty digits where they stand; else invoices as text."""
    overflows = [line for _, line in lines if line.startswith("4")]
    if overflows and all(re.fullmatch(r"\d{20}", line[27:47]) for line in overflows):
        return WITH_AMOUNTS
    return TEXT_ONLY


class _Reader:
    def __init__(self, found: Collector, layout: Layout, options: BankOptions) -> None:
        self._found = found
        self._layout = layout
        self._options = options
        self._lockbox = ""
        self._deposited: date | None = None
        self._check: _Check | None = None
        self._checks = 0
        self._batch = _Sums()
        self._service = _Sums()
        self._foots: bool | None = None

    def read(self, lines: list[tuple[int, str]]) -> BankFile:
        for number, line in lines:
            kind = line[:1]
            if kind == "4":
                self._overflow(number, line)
                continue
            self._end_check()
            if kind == "5":
                self._start_batch(line)
            elif kind == "6":
                self._start_check(number, line)
            elif kind in "78":
                self._total(kind, number, line)
            elif kind == "9":
                stated = digits(self._field("9", "count", line))
                if stated is not None and stated != len(lines):
                    place = self._found.place("trailer", number)
                    self._found.note("lockbox_counts", f"{len(lines)} records", f"{stated} stated", place)
            elif kind not in "12":
                place = self._found.place("record", number)
                self._found.note(
                    "lockbox_record_unknown", "a record 1, 2 or 4 to 9", shown(line), place, line
                )
        self._end_check()
        self._found.statements.append(
            Statement(
                account=self._options.account or self._lockbox,
                currency=self._options.currency,
                as_of=self._deposited,
                foots=self._foots,
            )
        )
        return self._found.finish()

    def _field(self, kind: str, name: str, line: str) -> str:
        place = self._layout.records.get(kind, {}).get(name)
        return "" if place is None else line[place[0] - 1 : place[0] - 1 + place[1]].strip()

    def _start_batch(self, line: str) -> None:
        self._lockbox = self._field("5", "lockbox", line) or self._lockbox
        self._deposited = yymmdd(self._field("5", "date", line))[0] or self._deposited

    def _start_check(self, number: int, line: str) -> None:
        self._checks += 1
        self._check = _Check(number, line, self._checks, self._lockbox, self._deposited)

    def _overflow(self, number: int, line: str) -> None:
        if self._check is None:
            place = self._found.place("record 4", number)
            self._found.note("lockbox_overflow_orphan", "a check (record 6) before it", "none", place, line)
        else:
            self._check.overflow.append((number, line))

    def _total(self, kind: str, number: int, line: str) -> None:
        sums = self._batch if kind == "7" else self._service
        what = "batch" if kind == "7" else "service"
        place = self._found.place(f"{what} total", number)
        stated, count = cents(self._field(kind, "amount", line)), digits(self._field(kind, "count", line))
        if stated is not None and stated != sums.amount:
            self._foots = False
            self._found.note("lockbox_totals", f"checks of {stated}", f"checks of {sums.amount}", place, line)
        elif stated is not None and self._foots is None:
            self._foots = True
        if count is not None and count != sums.count:
            self._found.note(
                "lockbox_counts", f"{sums.count} checks, as there are", f"{count} stated", place, line
            )
        if kind == "7":
            self._batch = _Sums()
        else:
            self._service = _Sums()

    def _end_check(self) -> None:
        check, self._check = self._check, None
        if check is None:
            return
        line = check.raw
        place = self._found.place(f"check {check.number}", check.line)
        amount = cents(self._field("6", "amount", line))
        raw = "\n".join([line, *(one for _, one in check.overflow)])
        currency = self._options.currency
        self._found.entry(place, credit=True, amount=amount, currency=currency)
        if amount is None:
            figure = self._field("6", "amount", line)
            self._found.note("amount_unreadable", "ten digits of cents", shown(figure), place, raw)
            return
        self._batch.add(amount)
        self._service.add(amount)
        money = self._found.money(amount, currency, place)
        if money is None:
            return
        references, texts = self._invoices(check, amount, place)
        number, remitter = self._field("6", "number", line), self._field("6", "remitter", line)
        routing, account = self._field("6", "routing", line), self._field("6", "account", line)
        batch, item = self._field("6", "batch", line), self._field("6", "item", line)
        self._found.movement(
            place=place,
            kind=MovementKind.RECEIPT if amount else MovementKind.INFORMATION,
            credit=True,
            amount=money,
            account=self._options.account or check.lockbox,
            identity="/".join(
                (
                    "lockbox",
                    check.lockbox,
                    check.deposited.isoformat() if check.deposited else "undated",
                    batch,
                    item,
                    number,
                    str(amount),
                )
            ),
            booked=check.deposited,
            value_date=self._check_date(line),
            rail=Rail.LOCKBOX,
            code="check",
            bank_reference=f"{check.lockbox}/{batch}/{item}",
            customer_reference=number,
            check_number=number.lstrip("0") or number,
            payer=Payer(
                names=(remitter,) if remitter else (),
                identifiers=(("micr", f"{routing}/{account}"),) if routing.strip("0") else (),
            ),
            references=references,
            texts=texts,
            raw=raw,
        )

    def _check_date(self, line: str) -> date | None:
        text = self._field("6", "date", line)
        if not (len(text) == 6 and text.isascii() and text.isdigit()):
            return None
        if self._layout.check_dates == "yymmdd":
            return yymmdd(text)[0]
        return day(2000 + int(text[4:]), int(text[:2]), int(text[2:4]))[0]

    def _invoices(
        self, check: _Check, amount: Decimal, place: Place
    ) -> tuple[tuple[RemittanceReference, ...], tuple[str, ...]]:
        references: list[RemittanceReference] = []
        texts: list[str] = []
        paid, deducted, priced = Decimal(0), Decimal(0), False
        for index, (number, line) in enumerate(check.overflow, start=1):
            here = self._found.place(f"{place.where} overflow {index}", number)
            free = self._field("4", "text", line)
            if free:
                texts.append(free)
                words = [word.strip() for word in re.split(r"\s{2,}|[,;|]", free) if word.strip()]
                references += [RemittanceReference(text=word, place=here) for word in words]
                continue
            invoice = self._field("4", "invoice", line)
            if not invoice:
                continue
            texts.append(invoice)
            part, deduction = (
                cents(self._field("4", "paid", line)),
                cents(self._field("4", "deduction", line)),
            )
            if part is not None:
                priced, paid, deducted = True, paid + part, deducted + (deduction or 0)
            references.append(
                RemittanceReference(
                    text=invoice,
                    place=here,
                    qualifier="IV",
                    paid=self._found.money(part, self._options.currency, here, loud=False)
                    if part is not None
                    else None,
                    adjustment=self._found.money(-deduction, self._options.currency, here, loud=False)
                    if deduction
                    else None,
                    adjustment_reason=self._field("4", "reason", line),
                )
            )
        # banks give what was paid before or after the deduction; either makes the check
        if priced and paid and amount not in {paid, paid - deducted}:
            self._found.note(
                "lockbox_invoices_differ", f"invoices of {amount}", f"{paid} less {deducted}", place
            )
        return tuple(references), tuple(texts)
