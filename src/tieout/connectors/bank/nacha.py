"""NACHA (ACH) files: entries received, entries sent, returns and notifications of change.

**Whose file it is** cannot be read from the file. It is an option of the account, `perspective`: by default we are the
receiver, and a credit entry is money that came in. Addenda 99 (returns) and 98 (notifications) are recognised by
themselves, whatever the transaction code says, and mean the same in either perspective.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tieout.connectors.bank.collecting import Collector
from tieout.connectors.bank.nacha_batches import Batch, NachaFile, RawEntry, batches_of, entry_amount, side
from tieout.connectors.bank.nacha_entries import addenda_of, movement_of
from tieout.connectors.bank.nacha_records import Record
from tieout.connectors.bank.nacha_totals import check_totals
from tieout.connectors.bank.options import BankOptions
from tieout.connectors.bank.texts import shown, yymmdd
from tieout.domain.cash.movements import BankFile, Statement

#: credits below a dollar, offset by one debit: an account is being verified
_MICRO = Decimal(1)
_VERIFICATIONS = frozenset({"ACCTVERIFY"})


def read_nacha(text: str, digest: str, options: BankOptions) -> BankFile:
    """Read a NACHA file. Amounts are US dollars unless the account says otherwise; IAT amounts are dollars too."""
    found = Collector(digest, "nacha")
    file = batches_of(text, found)
    for batch in file.batches:
        passing = _offsets(batch)
        for entry in batch.entries:
            _take(batch, entry, entry.number in passing, _created(batch.file_header), options, found)
    check_totals(file, found)
    header = file.headers[0] if file.headers else None
    found.statements.append(
        Statement(
            account=options.account,
            currency=options.currency,
            reference=" ".join((header.field(14, 23), header.field(24, 34))) if header else "",
            as_of=_created(header),
            foots=_foots(file, found),
        )
    )
    return found.finish()


def _created(header: Record | None) -> date | None:
    return yymmdd(header.at(24, 29))[0] if header else None


def _foots(file: NachaFile, found: Collector) -> bool | None:
    codes = {finding.code for finding in found.findings}
    if codes & {"nacha_batch_totals", "nacha_file_totals"}:
        return False
    return True if file.controls and "nacha_totals_unreadable" not in codes else None


def _take(
    batch: Batch, entry: RawEntry, offset: bool, created: date | None, options: BankOptions, found: Collector
) -> None:
    place = found.place(f"batch {batch.number} entry {entry.number}", entry.record.line)
    amount, credit = entry_amount(batch, entry), side(batch, entry)
    found.entry(place, credit, amount, options.currency)
    if amount is None:
        found.note(
            "amount_unreadable",
            "digits in columns 30 to 39",
            shown(entry.record.at(30, 39)),
            place,
            _raw(entry),
        )
    elif credit is None:
        code = entry.record.at(2, 3)
        found.note("nacha_transaction_code", "a code such as 22 or 27", shown(code), place, _raw(entry))
    else:
        movement_of(
            batch,
            entry,
            credit=credit,
            amount=amount,
            perspective=options.perspective,
            created=created,
            account=options.account,
            currency=options.currency,
            offset=offset,
            found=found,
        )


def _raw(entry: RawEntry) -> str:
    return "\n".join(one.text.rstrip() for one in (entry.record, *entry.addenda))


def _offsets(batch: Batch) -> frozenset[int]:
    """Numbers of entries that are no payment of anybody's: micro-deposits, and the offset of a balanced batch.

    A balanced batch has one entry on one side that equals all those on the other; it is the sender's own account.
    Micro-deposits are credits below a dollar with such an offset, or carry Nacha's description for them.
    """
    if batch.advice or any(addenda_of(entry, kind) for entry in batch.entries for kind in ("98", "99")):
        return frozenset()
    everything = frozenset(entry.number for entry in batch.entries)
    if batch.description().upper() in _VERIFICATIONS:
        return everything
    credits_: list[tuple[int, Decimal]] = []
    debits: list[tuple[int, Decimal]] = []
    for entry in batch.entries:
        amount, credit = entry_amount(batch, entry), side(batch, entry)
        if amount and credit is not None:
            (credits_ if credit else debits).append((entry.number, amount))
    for one, many in ((debits, credits_), (credits_, debits)):
        if len(one) == 1 and many and sum((amount for _, amount in many), Decimal(0)) == one[0][1]:
            if all(amount < _MICRO for _, amount in many) and many is credits_:
                return everything
            if len(many) > 1:
                return frozenset({one[0][0]})
    return frozenset()
