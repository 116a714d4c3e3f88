"""Control totals of a NACHA file: sums that differ refuse it, counts that differ are told."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tieout.connectors.bank.collecting import Collector
from tieout.connectors.bank.nacha_batches import Batch, NachaFile, entry_amount, side
from tieout.connectors.bank.nacha_records import Record
from tieout.connectors.bank.texts import cents, digits
from tieout.domain.cash.movements import Place


@dataclass(slots=True)
class Totals:
    """What records 8 and 9 count: sums of each side, entries with addenda, and the hash of routing numbers."""

    debit: Decimal = Decimal(0)
    credit: Decimal = Decimal(0)
    records: int = 0
    routing: int = 0

    def add(self, other: Totals) -> None:
        """Take another's figures in."""
        self.debit += other.debit
        self.credit += other.credit
        self.records += other.records
        self.routing += other.routing


def check_totals(file: NachaFile, found: Collector) -> None:
    """Compare every control with the records before it."""
    whole = Totals()
    for batch in file.batches:
        totals = _totals(batch)
        whole.add(totals)
        if batch.control is not None:
            _check_batch(batch, batch.control, totals, found)
        else:
            found.note(
                "nacha_batch_control_missing",
                "a record 8",
                "none",
                found.place(f"batch {batch.number}", _line(batch)),
            )
    if not file.headers:
        found.note("nacha_file_header_missing", "a record 1", "none", found.place("file", 1))
    if not file.controls:
        found.note("nacha_file_control_missing", "a record 9", "none", found.place("file", file.lines))
    elif len(file.controls) == 1:
        _check_file(file, whole, found)
    else:
        if len(file.headers) != len(file.controls):
            told = f"{len(file.controls)} controls, {len(file.headers)} headers"
            found.note("nacha_counts", "one control a file", told, found.place("file", file.controls[1].line))
        _check_sums("nacha_file_totals", "files", _stated_of_all(file), whole, found.place("file"), found)


def _totals(batch: Batch) -> Totals:
    totals = Totals()
    for entry in batch.entries:
        amount, credit = entry_amount(batch, entry), side(batch, entry)
        totals.records += 1 + len(entry.addenda)
        totals.routing += digits(entry.record.at(4, 11)) or 0
        if amount is None or credit is None:
            continue
        if credit:
            totals.credit += amount
        else:
            totals.debit += amount
    return totals


def _check_batch(batch: Batch, control: Record, totals: Totals, found: Collector) -> None:
    place = found.place(f"batch {batch.number} control", control.line)
    if batch.advice:
        stated = (cents(control.at(21, 40)), cents(control.at(41, 60)))
    else:
        stated = (cents(control.at(21, 32)), cents(control.at(33, 44)))
    _check_sums("nacha_batch_totals", f"batch {batch.number}", stated, totals, place, found)
    _check_number("entries and addenda", control.at(5, 10), totals.records, place, found)
    _check_number("the entry hash", control.at(11, 20), totals.routing % 10**10, place, found)
    if batch.service_class in {"220", "225"} and not batch.advice:
        wrong = totals.debit if batch.service_class == "220" else totals.credit
        if wrong:
            found.note(
                "nacha_service_class",
                "only credits (220)" if batch.service_class == "220" else "only debits (225)",
                f"{wrong} on the other side",
                place,
            )


def _check_file(file: NachaFile, whole: Totals, found: Collector) -> None:
    control = file.controls[0]
    place = found.place("file control", control.line)
    _check_sums("nacha_file_totals", "the file", _stated(file, control), whole, place, found)
    _check_number("batches", control.at(2, 7), len(file.batches), place, found)
    _check_number("entries and addenda", control.at(14, 21), whole.records, place, found)
    _check_number("the entry hash", control.at(22, 31), whole.routing % 10**10, place, found)


def _stated(file: NachaFile, control: Record) -> tuple[Decimal | None, Decimal | None]:
    advice = bool(file.batches) and all(batch.advice for batch in file.batches)
    if advice:
        return cents(control.at(32, 51)), cents(control.at(52, 71))
    return cents(control.at(32, 43)), cents(control.at(44, 55))


def _stated_of_all(file: NachaFile) -> tuple[Decimal | None, Decimal | None]:
    stated = [_stated(file, control) for control in file.controls]
    debits = [debit for debit, _ in stated if debit is not None]
    credits_ = [credit for _, credit in stated if credit is not None]
    if len(debits) < len(stated) or len(credits_) < len(stated):
        return None, None
    return sum(debits, Decimal(0)), sum(credits_, Decimal(0))


def _check_sums(
    code: str,
    what: str,
    stated: tuple[Decimal | None, Decimal | None],
    totals: Totals,
    place: Place,
    found: Collector,
) -> None:
    debit, credit = stated
    if debit is None or credit is None:
        found.note("nacha_totals_unreadable", f"sums of {what}", "no numbers", place)
    elif (debit, credit) != (totals.debit, totals.credit):
        found.note(
            code,
            f"{what}: debits {debit}, credits {credit}",
            f"debits {totals.debit}, credits {totals.credit}",
            place,
        )


def _check_number(what: str, stated: str, real: int, place: Place, found: Collector) -> None:
    number = digits(stated)
    if number != real:
        told = "no number" if number is None else str(number)
        found.note("nacha_counts", f"{what}: {real}, as there are", f"{told} stated", place)


def _line(batch: Batch) -> int:
    if batch.header is not None:
        return batch.header.line
    return batch.entries[0].record.line if batch.entries else 0
