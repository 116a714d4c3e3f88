"""From a NACHA entry to a movement: who paid, what it is, and what came back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tieout.connectors.bank.collecting import Collector
from tieout.connectors.bank.nacha_batches import Batch, RawEntry
from tieout.connectors.bank.nacha_codes import CHANGES, RETURNS, contested, corrected, disputed
from tieout.connectors.bank.nacha_records import CHECKS, COUNTED, MONEYLESS, Record
from tieout.connectors.bank.nacha_remittance import Remittance, remittance
from tieout.connectors.bank.options import Perspective
from tieout.connectors.bank.texts import fingerprint, yymmdd
from tieout.domain.cash.movements import MovementKind, Payer, Rail, ReturnOf
from tieout.domain.money import Money


def addenda_of(entry: RawEntry, kind: str) -> Record | None:
    """The entry's addenda record of a type (`98`, `99`), or None."""
    return next((one for one in entry.addenda if one.at(2, 3) == kind), None)


def return_of(record: Record, company: str, *, iat: bool = False) -> ReturnOf:
    """What an addenda 99 says. Dishonored, contested and international returns have columns of their own."""
    code = record.at(4, 6).strip().upper()
    original = record.field(7, 21)
    if contested(code):
        reason = (
            f"return {record.field(39, 53)} (R{record.field(57, 58)}),"
            f" dishonored by {record.field(59, 73)} (R{record.field(77, 78)})"
        )
    elif disputed(code):
        reason = f"return {record.field(39, 53)} (R{record.field(57, 58)}) {record.field(59, 79)}".rstrip()
    else:
        reason = record.field(46, 79) if iat else record.field(36, 79)
    told = RETURNS.get(code, "")
    return ReturnOf(
        code=code, original=_original(company, original), reason="; ".join(p for p in (told, reason) if p)
    )


def change_of(record: Record, company: str) -> ReturnOf:
    """What an addenda 98 says: the change code, and the corrected data part by part."""
    code = record.at(4, 6).strip().upper()
    meaning = CHANGES.get(code, ("refused notification of change" if code[:2] == "C6" else "", ()))[0]
    return ReturnOf(
        code=code,
        original=_original(company, record.field(7, 21)),
        reason=meaning,
        corrected=corrected(code, record.at(36, 64)),
    )


def _original(company: str, trace: str) -> str:
    return f"ach/{company}/{trace}" if trace else ""


def movement_of(
    batch: Batch,
    entry: RawEntry,
    *,
    credit: bool,
    amount: Decimal,
    perspective: Perspective,
    created: date | None,
    account: str,
    currency: str,
    offset: bool,
    found: Collector,
) -> None:
    """Keep the movement of an entry. `credit` is the side the file counts it on.

    As a receiver, a credit is money in and a debit money out; as an originator it is the other way round. A return
    does not depend on the perspective: of a debit, money we pulled goes back; of a credit, money we sent comes back.
    """
    record = entry.record
    where = f"batch {batch.number} entry {entry.number}"
    place = found.place(where, record.line)
    money = found.money(amount, currency, place)
    if money is None:
        return
    back, change = addenda_of(entry, "99"), addenda_of(entry, "98")
    ours = credit if perspective is Perspective.RECEIVER or back else not credit
    company = batch.company_id()
    kind, returned = _kind(batch, entry, credit=credit, ours=ours, amount=amount, offset=offset)
    if back is not None:
        returned = return_of(back, company, iat=batch.iat)
        if returned.code not in RETURNS:
            found.note(
                "nacha_return_unknown", "a code of Nacha's list", repr(returned.code), place, back.text
            )
    elif change is not None:
        returned = change_of(change, company)
        found.note("nacha_correction", "the stored bank details", returned.corrected, place, change.text)
        money = Money.zero(currency)
    said = remittance(entry.addenda, where, None if change or back else amount, currency, found)
    effective, _ = yymmdd(batch.effective())
    individual, name = identity_and_name(batch, record)
    trace = record.field(80, 94) or _short_trace(entry)
    day = effective or created
    receiver = perspective is Perspective.RECEIVER and back is None and change is None
    found.movement(
        place=place,
        kind=kind,
        credit=ours,
        amount=money,
        account=account or (_account(batch, record) if receiver else company),
        identity=_identity(
            company, day, trace, amount, credit=credit, returned=returned, individual=individual
        ),
        booked=day,
        value_date=_settled(batch, day) or effective,
        rail=Rail.ACH,
        code=f"{batch.sec or '???'} {record.at(2, 3)}",
        bank_reference=trace,
        customer_reference=said.trace or individual,
        check_number=individual if batch.sec in CHECKS else "",
        payer=_payer(batch, entry, said, name, receiver=receiver),
        references=said.references,
        texts=said.texts,
        texts_read=said.read,
        returned=returned,
        raw="\n".join(one.text.rstrip() for one in (record, *entry.addenda)),
    )


def _payer(batch: Batch, entry: RawEntry, said: Remittance, name: str, *, receiver: bool) -> Payer:
    """The other side: of an entry we receive, its originator; of ours, and of what came back to us, the receiver."""
    record, company = entry.record, batch.company_id()
    foreign_names, foreign_ids = _foreign(entry) if batch.iat else ((), ())
    names = (batch.company(), *said.names, *foreign_names) if receiver else (name, *foreign_names)
    identifiers: tuple[tuple[str, str], ...] = said.identifiers if receiver else ()
    if not receiver:
        identifiers = (("bank_account", f"{record.field(4, 12)}/{_account(batch, record)}"),)
    elif company:
        identifiers = (("ach_company", company), *identifiers)
    return Payer(
        names=tuple(dict.fromkeys(one for one in names if one)),
        identifiers=identifiers + foreign_ids,
    )


def _kind(
    batch: Batch, entry: RawEntry, *, credit: bool, ours: bool, amount: Decimal, offset: bool
) -> tuple[MovementKind, ReturnOf | None]:
    back = addenda_of(entry, "99")
    if addenda_of(entry, "98") is not None or (batch.sec == "COR" and back is None):
        return MovementKind.NOTICE_OF_CHANGE, None
    if back is not None:
        if disputed(back.at(4, 6)):
            return MovementKind.DISPUTED_RETURN, None
        return (MovementKind.RETURN_OF_CREDIT if credit else MovementKind.RETURN_OF_DEBIT), None
    if batch.advice:
        return MovementKind.SUMMARY, None
    if batch.sec in MONEYLESS or amount == 0 or offset or entry.record.at(3, 3) in "3489":
        return MovementKind.INFORMATION, None
    if batch.description().upper() == "REVERSAL":
        kind = MovementKind.RETURN_OF_CREDIT if ours else MovementKind.RETURNED_RECEIPT
        return kind, ReturnOf(code="REVERSAL", reason="the sender takes its own entry back")
    return (MovementKind.RECEIPT if ours else MovementKind.DISBURSEMENT), None


def identity_and_name(batch: Batch, record: Record) -> tuple[str, str]:
    """Individual identification and name, which some entry classes lay out differently."""
    if batch.iat:
        return "", ""
    if batch.advice:
        return record.field(49, 53), record.field(55, 76)
    if batch.sec in COUNTED:
        return record.field(40, 54), record.field(59, 74)
    if batch.sec == "CIE":
        return record.field(55, 76), record.field(40, 54)
    if batch.sec == "MTE":
        return record.field(62, 76), record.field(40, 61)
    if batch.sec == "POP":
        return record.field(40, 48), record.field(55, 76)
    return record.field(40, 54), record.field(55, 76)


def _account(batch: Batch, record: Record) -> str:
    if batch.iat:
        return record.field(40, 74)
    return record.field(13, 27) if batch.advice else record.field(13, 29)


def _short_trace(entry: RawEntry) -> str:
    return entry.addenda[0].field(88, 94) if entry.addenda else ""


def _settled(batch: Batch, day: date | None) -> date | None:
    """The settlement date: columns 76 to 78 of the batch header, a day of the year, filled in by the operator."""
    text = batch.header.at(76, 78) if batch.header else ""
    if day is None or not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= 366:
        return None
    candidates = [
        date.fromordinal(date(year, 1, 1).toordinal() + int(text) - 1)
        for year in (day.year - 1, day.year, day.year + 1)
    ]
    nearest = min(candidates, key=lambda one: abs((one - day).days))
    return nearest if abs((nearest - day).days) <= 30 else None


def _foreign(entry: RawEntry) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """Names and ids of an international entry: receiver (addenda 10), originator (11), receiver's id (15)."""
    names: list[str] = []
    ids: list[tuple[str, str]] = []
    for one in entry.addenda:
        kind = one.at(2, 3)
        if kind == "11":
            names.insert(0, one.field(4, 38))
        elif kind == "10":
            names.append(one.field(47, 81))
        elif kind == "13" and one.field(41, 74):
            ids.append(("foreign_bank", one.field(41, 74)))
    return tuple(name for name in names if name), tuple(ids)


def _identity(
    company: str,
    day: date | None,
    trace: str,
    amount: Decimal,
    *,
    credit: bool,
    returned: ReturnOf | None,
    individual: str,
) -> str:
    """A trace restarts daily, so company, date, amount and side belong to it; a return is named by what it undoes."""
    side = "C" if credit else "D"
    told = (
        f"{company}/{day.isoformat() if day else 'undated'}/{trace or fingerprint(individual)}/{amount}{side}"
    )
    if returned is None or returned.code == "REVERSAL":
        return f"ach/{told}"
    return f"ach-{returned.code}/{returned.original.removeprefix('ach/')}/{told}"
