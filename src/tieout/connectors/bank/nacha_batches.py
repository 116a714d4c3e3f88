"""A NACHA file as batches of entries with their addenda, whatever is missing around them."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from tieout.connectors.bank.collecting import Collector
from tieout.connectors.bank.nacha_records import Record, records
from tieout.connectors.bank.texts import cents, shown


@dataclass(slots=True)
class RawEntry:
    """A record 6 and the records 7 that follow it."""

    record: Record
    number: int
    addenda: list[Record] = field(default_factory=list)


@dataclass(slots=True)
class Batch:
    """Records 5 to 8. `header` or `control` is None where the file has none."""

    number: int
    header: Record | None
    entries: list[RawEntry] = field(default_factory=list)
    control: Record | None = None
    #: the file header before it; several files may be sent as one
    file_header: Record | None = None

    @property
    def sec(self) -> str:
        """The standard entry class, `PPD` …; empty without a header."""
        return self.header.field(51, 53).upper() if self.header else ""

    @property
    def service_class(self) -> str:
        """200 mixed, 220 credits, 225 debits, 280 accounting advices."""
        return self.header.field(2, 4) if self.header else ""

    @property
    def iat(self) -> bool:
        """Whether its header and entries have the layouts of international entries."""
        if self.header is None:
            return any(one.at(2, 3) == "10" for entry in self.entries for one in entry.addenda[:1])
        return self.sec == "IAT" or self.header.field(5, 20).startswith("IATCOR")

    @property
    def advice(self) -> bool:
        """Whether it holds accounting advices, which have widths of their own."""
        return self.sec == "ADV" or self.service_class == "280"

    def company_id(self) -> str:
        """The originator's identification."""
        if self.header is None:
            return self.control.field(45, 54) if self.control else ""
        return self.header.field(41, 50)

    def company(self) -> str:
        """The originator's name; international batches have none here."""
        return self.header.field(5, 20) if self.header and not self.iat else ""

    def description(self) -> str:
        """The entry description: `PAYROLL`, `REVERSAL` …"""
        return self.header.field(54, 63) if self.header else ""

    def effective(self) -> str:
        """The effective entry date as written, YYMMDD."""
        return self.header.at(70, 75) if self.header else ""


@dataclass(slots=True)
class NachaFile:
    """The records of a file, in order."""

    headers: list[Record] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)
    controls: list[Record] = field(default_factory=list)
    lines: int = 0


def batches_of(text: str, found: Collector) -> NachaFile:
    """Read the records. What stands where it should not is kept with its neighbours, and said."""
    file = NachaFile()
    batch: Batch | None = None
    entries = 0
    for record in records(text):
        file.lines += 1
        here = found.place(f"record {record.type}", record.line)
        if record.overflow.strip():
            found.note("nacha_line_long", "94 characters", f"{94 + len(record.overflow)}", here, record.text)
        if record.fill:
            continue
        if (
            record.type == "1"
            and len(file.headers) == len(file.controls)
            and not (file.batches and not file.controls)
        ):
            file.headers.append(record)
            batch = None
        elif record.type == "5":
            batch = Batch(len(file.batches) + 1, record, file_header=_last(file.headers))
            file.batches.append(batch)
            entries = 0
        elif record.type == "6":
            if batch is None or batch.control is not None:
                found.note(
                    "nacha_batch_header_missing", "a batch header before it", "none", here, record.text
                )
                batch = Batch(len(file.batches) + 1, None, file_header=_last(file.headers))
                file.batches.append(batch)
                entries = 0
            entries += 1
            batch.entries.append(RawEntry(record, entries))
        elif record.type == "7":
            if batch is None or not batch.entries or batch.control is not None:
                found.note("nacha_addenda_orphan", "an entry before it", "none", here, record.text)
            else:
                batch.entries[-1].addenda.append(record)
        elif record.type == "8" and batch is not None and batch.control is None:
            batch.control = record
        elif record.type == "9":
            file.controls.append(record)
            batch = None
        else:
            found.note(
                "nacha_record_unknown",
                "records 1, 5, 6, 7, 8 or 9 in order",
                shown(record.text),
                here,
                record.text,
            )
    return file


def _last(headers: list[Record]) -> Record | None:
    return headers[-1] if headers else None


def entry_amount(batch: Batch, entry: RawEntry) -> Decimal | None:
    """What a record 6 says it moves; None when it is no number."""
    return cents(entry.record.at(28, 39) if batch.advice else entry.record.at(30, 39))


def side(batch: Batch, entry: RawEntry) -> bool | None:
    """Whether the file counts the entry as a credit. None: the transaction code says neither.

    The second digit decides: 1 to 4 credit, 5 to 9 debit (22 and 27 on checking, 32 and 37 on savings, 42 and 47 on
    general ledger, 52 and 55 on loan accounts). A return keeps the side of what it returns: 21 and 26. Accounting
    advices have codes of their own: odd ones credit, even ones debit (81 to 88).
    """
    code = entry.record.at(2, 3)
    if not (code.isascii() and code.isdigit()):
        return None
    if code[0] == "8" and batch.advice:
        return code[1] in "1357" if code[1] in "12345678" else None
    if code[0] not in "2345" or code[1] == "0":
        return None
    return code[1] in "1234"
