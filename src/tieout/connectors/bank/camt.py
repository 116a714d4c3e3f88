"""camt.052, camt.053 and camt.054: intraday report, statement and notification, in every version.

An entry (`Ntry`) is one booking. Its transactions (`TxDtls`) become movements of their own when their amounts make up
the booking; otherwise the booking stays one movement that carries all their references. Only entries with status BOOK
are cash. Money that is told in a report or a notification has the identity it has on the statement, where the bank
gives it a reference; the movement's stage says where it was seen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from tieout.connectors.bank.camt_balances import Booked, Figures, balances_of, check_summary, foots
from tieout.connectors.bank.camt_details import (
    Details,
    day_of,
    details_of,
    figure,
    links_of,
    transaction_code,
)
from tieout.connectors.bank.camt_xml import (
    CONTAINERS,
    MESSAGES,
    BrokenXml,
    UnsafeXml,
    drop,
    either,
    events,
    first,
    kids,
    name,
    source,
    text,
)
from tieout.connectors.bank.collecting import Collector
from tieout.connectors.bank.options import BankOptions
from tieout.connectors.bank.texts import digits, fingerprint, iso_day, shown, squeezed
from tieout.domain.cash.bookings import Booking, LinkKind
from tieout.domain.cash.movements import (
    BankFile,
    MovementKind,
    Payer,
    Place,
    Rail,
    RemittanceReference,
    ReturnOf,
    Stage,
    Statement,
)

_STAGES = {"camt.053": Stage.BOOKED, "camt.052": Stage.INTERIM, "camt.054": Stage.NOTIFIED}
_FEES = frozenset({"CHRG", "FEES", "COMM", "COME", "COMI", "COMT"})
_RETURN_FAMILIES = frozenset({"RRTN", "UPDD", "PRDD", "RPCR", "RRCT", "CMBO"})


def read_camt(content: bytes, digest: str, options: BankOptions) -> BankFile:
    """Read a message; the parser is told to load nothing and to resolve nothing."""
    found = Collector(digest, "camt")
    reader = _Reader(found, options)
    try:
        reader.read(content)
    except UnsafeXml as error:
        found.note("xml_unsafe", "elements and texts", str(error), found.place("document"))
    except BrokenXml as error:
        place = found.place("document", error.line)
        if found.entries:
            found.note("camt_incomplete", "a whole document", str(error), place)
        else:
            found.note("xml_broken", "well-formed XML", str(error), place)
    else:
        if not reader.statements:
            found.note("statement_missing", "a Stmt, Rpt or Ntfctn", "none", found.place("document"))
    return found.finish()


@dataclass(slots=True)
class _Entry:
    """An entry's own figures."""

    element: Any
    place: Place
    amount: Decimal
    currency: str
    credit: bool
    cash: bool
    reversal: bool
    booked: date | None
    value_date: date | None
    reference: str
    code: str


@dataclass(slots=True)
class _Statement:
    number: int
    account: str = ""
    currency: str = ""
    figures: Figures = field(default_factory=Figures)


class _Reader:
    def __init__(self, found: Collector, options: BankOptions) -> None:
        self._found = found
        self._options = options
        self.statements = 0
        self._statement: _Statement | None = None

    def read(self, content: bytes) -> None:
        """Go through the document. Raises `UnsafeXml` and `BrokenXml`."""
        for event, element in events(content):
            tag = name(element)
            if tag in MESSAGES and event == "start":
                self._found.format = MESSAGES[tag]
            elif tag in CONTAINERS and name(
                element.getparent() if element.getparent() is not None else element
            ) in {
                *MESSAGES,
                tag,
            }:
                if event == "start":
                    self.statements += 1
                    self._statement = _Statement(self.statements)
                    if self._found.format == "camt":
                        self._found.format = CONTAINERS[tag]
                else:
                    self._end_statement(element)
                    drop(element)
            elif tag == "Ntry" and event == "end" and self._statement is not None:
                self._head(element.getparent())
                self._take(element)
                drop(element)

    def _head(self, element: Any) -> None:
        """Account and currency, which stand before the entries."""
        statement = self._statement
        assert statement is not None
        if not statement.account:
            account = either(
                element, ("Acct", "Id", "IBAN"), ("Acct", "Id", "Othr", "Id"), ("Acct", "Id", "BBAN")
            )
            statement.account = self._options.account or account.replace(" ", "")
            statement.currency = text(element, "Acct", "Ccy")

    def _end_statement(self, element: Any) -> None:
        statement, self._statement = self._statement, None
        assert statement is not None
        self._statement = statement
        self._head(element)
        self._statement = None
        figures = statement.figures
        figures.balances = balances_of(element)
        place = self._found.place(f"statement {statement.number}", element.sourceline or 0)
        right = check_summary(element, figures, place, self._found)
        footed = foots(figures, place, self._found)
        opening, closing = figures.opening, figures.closing
        currency = statement.currency or (closing or opening or (Decimal(0), "", None))[1]
        if not currency and figures.entries:
            currency = figures.entries[0].currency
        day = closing[2] if closing else iso_day(either(element, ("FrToDt", "ToDtTm"), ("CreDtTm",)))
        self._found.statements.append(
            Statement(
                account=statement.account,
                currency=currency,
                reference=text(element, "Id"),
                as_of=day,
                opening=self._found.money(opening[0], opening[1], place, loud=False) if opening else None,
                closing=self._found.money(closing[0], closing[1], place, loud=False) if closing else None,
                foots=footed if right else False,
            )
        )

    def _take(self, element: Any) -> None:
        statement = self._statement
        assert statement is not None
        statement.figures.count += 1
        place = self._found.place(
            f"statement {statement.number} entry {statement.figures.count}", element.sourceline or 0
        )
        amount_element = first(element, "Amt")
        amount = figure(amount_element)
        currency = (amount_element.get("Ccy") if amount_element is not None else "") or statement.currency
        credit = {"CRDT": True, "DBIT": False}.get(text(element, "CdtDbtInd"))
        self._found.entry(place, credit, amount, currency)
        if amount is None:
            statement.figures.unreadable += 1
            told = "no Amt" if amount_element is None else shown(amount_element.text)
            self._found.note("amount_unreadable", "a plain decimal", told, place, source(element))
            return
        if credit is None:
            statement.figures.unreadable += 1
            told = shown(text(element, "CdtDbtInd"))
            self._found.note("direction_missing", "CRDT or DBIT", told, place, source(element))
            return
        entry = _Entry(
            element=element,
            place=place,
            amount=amount,
            currency=currency,
            credit=credit,
            cash=self._is_booked(element, place),
            reversal=text(element, "RvslInd") in {"true", "1"},
            booked=self._day(element, "BookgDt", place),
            value_date=self._day(element, "ValDt", place),
            reference=text(element, "AcctSvcrRef"),
            code=transaction_code(element),
        )
        statement.figures.entries.append(
            Booked(credit, amount, currency, entry.cash, entry.reversal, entry.value_date)
        )
        self._movements(statement, entry)

    def _is_booked(self, element: Any, place: Place) -> bool:
        status = either(element, ("Sts", "Cd"), ("Sts", "Prtry"), ("Sts",)).upper()
        if status not in {"BOOK", "PDNG", "INFO", "FUTR", ""}:
            self._found.note("camt_status", "BOOK, PDNG or INFO", shown(status), place)
        return status == "BOOK" or (not status and self._found.format != "camt.052")

    def _day(self, element: Any, tag: str, place: Place) -> date | None:
        written = day_of(element, tag)
        found = iso_day(written)
        if written and found is None:
            self._found.note("date_unreadable", f"a day in {tag}", shown(written), place)
        return found

    def _movements(self, statement: _Statement, entry: _Entry) -> None:
        parts = [
            details_of(one, entry.currency, entry.place, self._found)
            for one in kids(entry.element, "NtryDtls", "TxDtls")
        ]
        stated = [digits(text(one, "NbOfTxs")) for one in kids(entry.element, "NtryDtls", "Btch")]
        expected = sum(number for number in stated if number is not None)
        if expected > max(1, len(parts)):
            told = f"{len(parts)} came"
            self._found.note("camt_batch_unsplit", f"details of {expected} payments", told, entry.place)
        if len(parts) > 1 and expected <= len(parts) and self._split(statement, entry, parts):
            return
        single = self._notifies and len(parts) == 1 and parts[0].amount in {None, entry.amount}
        booking = self._booking(entry, parts, part=single and expected <= 1, count=expected)
        self._keep(statement, entry, _together(parts), entry.amount, entry.credit, "", booking=booking)

    @property
    def _notifies(self) -> bool:
        """Whether this tells details of what a statement books."""
        return self._found.format == "camt.054"

    def _booking(self, entry: _Entry, parts: list[Details], *, part: bool, count: int = 0) -> Booking | None:
        """The booking an entry, or a payment in it, belongs to. None where there is nothing to join: a statement's own
        single payment is the money itself.
        """
        if len(parts) == 1 and not part and count <= 1:
            return None
        amount = self._found.money(entry.amount, entry.currency, entry.place, loud=False)
        if amount is None:
            return None
        links = links_of(entry.element, entry.reference)
        strong = next((one for kind, one in links if kind in {LinkKind.SERVICER, LinkKind.ORDER}), "")
        return Booking(
            key=strong or f"{entry.place.file}/{entry.place.where}",
            amount=amount,
            credit=entry.credit,
            part=part,
            count=count,
            links=links,
        )

    def _split(self, statement: _Statement, entry: _Entry, parts: list[Details]) -> bool:
        """Keep each part, when they make up the booking, with the bank's charges if it took them off."""
        if any(one.amount is None for one in parts):
            return False
        signed = [
            (one.amount or Decimal(0)) * (1 if (entry.credit if one.credit is None else one.credit) else -1)
            for one in parts
        ]
        total = sum(signed, Decimal(0))
        booked = entry.amount if entry.credit else -entry.amount
        if -total == booked:
            # in an entry of returns the parts may name the direction of the payments they return
            signed, total = [-one for one in signed], -total
        charges = total - booked
        if charges and charges != sum((one.charges for one in parts), Decimal(0)):
            self._found.note("camt_parts_differ", f"details of {booked}", f"{total}", entry.place)
            return False
        booking = self._booking(entry, parts, part=True)
        for number, (part, amount) in enumerate(zip(parts, signed, strict=True), start=1):
            reference = part.servicer_reference or part.uetr or part.end_to_end or part.other_reference
            told = reference or fingerprint(amount, squeezed(" ".join(part.texts)), *part.names_of("debtor"))
            suffix = f"{told}/{abs(amount)}"
            self._keep(statement, entry, part, abs(amount), amount >= 0, suffix, number, booking)
        if charges:
            fee = Details(code="CHRG")
            self._keep(statement, entry, fee, abs(charges), charges < 0, "charges", len(parts) + 1, booking)
        return True

    def _keep(
        self,
        statement: _Statement,
        entry: _Entry,
        part: Details,
        amount: Decimal,
        credit: bool,
        suffix: str,
        number: int = 0,
        booking: Booking | None = None,
    ) -> None:
        where = f"{entry.place.where} details {number}" if number else entry.place.where
        place = Place(file=entry.place.file, where=where, line=entry.place.line)
        money = self._found.money(amount, entry.currency, place)
        if money is None:
            return
        kind, returned = _kind(entry, part, credit=credit)
        if not amount or not entry.cash:
            kind = MovementKind.INFORMATION
        debtor = (
            credit
            if kind not in {MovementKind.RETURN_OF_DEBIT, MovementKind.RETURN_OF_CREDIT}
            else not credit
        )
        side, other = ("debtor", "creditor") if debtor else ("creditor", "debtor")
        additional = text(entry.element, "AddtlNtryInf")
        references = list(part.references)
        if additional:
            references.append(RemittanceReference(text=additional, place=place, qualifier="AddtlNtryInf"))
        self._found.movement(
            place=place,
            kind=kind,
            credit=credit,
            amount=money,
            account=statement.account,
            identity=_identity(statement.account, entry, part, suffix),
            booked=entry.booked,
            value_date=entry.value_date,
            rail=_rail(part.code or entry.code, part),
            code=part.code or entry.code,
            bank_reference=part.servicer_reference if suffix and part.servicer_reference else entry.reference,
            customer_reference=part.end_to_end,
            check_number=part.check_number,
            payer=Payer(
                names=part.names_of(side) or (part.names_of(other) if returned else ()),
                identifiers=part.identifiers_of(side),
            ),
            references=tuple(references),
            texts=tuple(part.texts),
            returned=returned,
            stage=_STAGES.get(self._found.format, Stage.BOOKED),
            booking=booking,
            raw=source(entry.element),
        )


def _together(parts: list[Details]) -> Details:
    """All details of a booking that stays whole."""
    if len(parts) == 1:
        return parts[0]
    whole = Details()
    for part in parts:
        whole.names += part.names
        whole.identifiers += part.identifiers
        whole.references += part.references
        whole.texts += part.texts
        whole.returned = whole.returned or part.returned
        whole.code = whole.code or part.code
    return whole


def _kind(entry: _Entry, part: Details, *, credit: bool) -> tuple[MovementKind, ReturnOf | None]:
    """A return or a reversal never becomes a receipt: what came back is said by the side it is booked on."""
    codes = set((part.code or entry.code).split("/"))
    if part.returned is not None or codes & _RETURN_FAMILIES:
        kind = MovementKind.RETURN_OF_CREDIT if credit else MovementKind.RETURN_OF_DEBIT
        return kind, part.returned or ReturnOf(code="", original=part.end_to_end)
    if entry.reversal:
        kind = MovementKind.RETURN_OF_CREDIT if credit else MovementKind.RETURNED_RECEIPT
        return kind, ReturnOf(code="", original=part.end_to_end, reason="reversal")
    if not credit and codes & _FEES:
        return MovementKind.FEE, None
    return (MovementKind.RECEIPT if credit else MovementKind.DISBURSEMENT), None


def _rail(code: str, part: Details) -> Rail:
    families = set(code.split("/"))
    if families & {"RCHQ", "ICHQ", "CCHQ"} or part.check_number:
        return Rail.CHECK
    if families & {"RRCT", "IRCT"}:
        return Rail.INSTANT
    if families & {"MCRD", "CCRD", "POSD", "POSC"}:
        return Rail.CARD
    if families & {"RCDT", "ICDT", "RDDT", "IDDT"}:
        return Rail.TRANSFER
    return Rail.UNKNOWN


def _identity(account: str, entry: _Entry, part: Details, suffix: str) -> str:
    """The bank's reference of the booking; without one, that of the transaction, else a hash of what it says.

    The entry's reference is on the statement, the report and the notification alike, so the same money meets. `NtryRef`
    is none: banks use it for the account or for a running number of the message.
    """
    side = "C" if entry.credit else "D"
    if entry.reference:
        key = f"{entry.reference}/{entry.amount}{side}"
    elif part.uetr or part.servicer_reference:
        key = f"{part.uetr or part.servicer_reference}/{entry.amount}{side}"
    else:
        key = fingerprint(
            entry.booked,
            entry.value_date,
            entry.amount,
            entry.currency,
            side,
            part.end_to_end or part.other_reference,
            squeezed(" ".join(part.texts)),
        )
    return f"camt/{account}/{key}" + (f"/{suffix}" if suffix else "")
