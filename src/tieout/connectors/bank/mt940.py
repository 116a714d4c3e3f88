"""MT940 statements and MT942 interim reports.

Marks: `C` credit, `D` debit, `RC` a credit taken back (money out), `RD` a debit taken back (money in). A statement is
checked on its own: opening balance and entries make the closing balance, page by page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tieout.connectors.bank.collecting import Collector
from tieout.connectors.bank.mt940_details import Said, read_details
from tieout.connectors.bank.mt940_tags import Block, Tag, blocks
from tieout.connectors.bank.options import BankOptions
from tieout.connectors.bank.texts import day, digits, fingerprint, plain_amount, shown, squeezed, yymmdd
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
from tieout.domain.money import Money

_ENTRY = re.compile(
    r"^\s*(?P<value>\d{6})(?P<entry>\d{4}|\s{4})?\s*(?P<mark>R[CD]|E[CD]|[CD])(?P<funds>[A-Z])?\s*"
    r"(?P<amount>\d[\d.]*(?:,\d*)?|,\d+)\s*(?P<type>[A-Z][A-Z0-9]{3}|[A-Z][A-Z0-9]{2}(?=\s|$|//))?(?P<reference>.*)$"
)
_BALANCE = re.compile(r"^\s*(?P<mark>[CD])(?P<day>\d{6})(?P<currency>[A-Z]{3})\s*(?P<amount>[\d.]*,?\d*)\s*$")
_SUM = re.compile(r"^\s*(?P<count>\d{0,8})\s*(?P<currency>[A-Z]{3})\s*(?P<amount>[\d.]*,?\d*)\s*$")
_FLOOR = re.compile(r"^\s*(?P<currency>[A-Z]{3})")
_NOTHING = frozenset({"", "NONREF", "NOTPROVIDED"})
#: SWIFT transaction types of what came back
_RETURN_TYPES = frozenset({"NRTI", "FRTI", "SRTI"})
_FEE_TYPES = frozenset({"NCHG", "FCHG", "NCOM", "FCOM"})
_CHECK_TYPES = frozenset({"NCHK", "FCHK", "NECK", "FECK"})


@dataclass(frozen=True, slots=True)
class _Balance:
    amount: Decimal
    currency: str
    day: date | None


def swift_amount(text: str) -> Decimal | None:
    """`1234,5`, `1234,` or `,50`; points are taken for grouping when a comma follows."""
    body = text.strip()
    if "," in body:
        body = body.replace(".", "")
        body = body.removesuffix(",")
    return plain_amount(body) if body else None


def read_mt940(text: str, digest: str, options: BankOptions) -> BankFile:
    """Read all statements of a file."""
    found = Collector(digest, "mt940")
    reader = _Reader(found, options)
    whole = blocks(text)
    if whole and all(_interim(block) for block in whole):
        found.format = "mt942"
    for number, block in enumerate(whole, start=1):
        reader.take(number, block)
    if not whole:
        found.note("statement_missing", "tags :20: to :62F:", "none", found.place("file"))
    return found.finish()


def _interim(block: Block) -> bool:
    names = {tag.name for tag in block.tags}
    return bool(names & {"34F", "90C", "90D", "13D"}) and not names & {"60F", "60M", "62F", "62M"}


class _Reader:
    def __init__(self, found: Collector, options: BankOptions) -> None:
        self._found = found
        self._options = options
        self._account = ""
        self._currency = ""

    def take(self, number: int, block: Block) -> None:
        found = self._found
        where = f"statement {number}"
        place = found.place(where, block.line)
        for tag in block.misplaced:
            here = found.place(where, tag.line)
            found.note("mt940_tag_misplaced", "the text of an entry in :86:", "it in :25:", here, tag.body)
        opening, closing = (
            self._balance(block, where, "60F", "60M"),
            self._balance(block, where, "62F", "62M"),
        )
        account_tag = block.last("25", "25P")
        account = account_tag.body.strip() if account_tag else ""
        currency = (
            opening.currency if opening else (closing.currency if closing else self._stated_currency(block))
        )
        interim = _interim(block)
        if not account and not opening and any(tag.name == "61" for tag in block.tags):
            found.note("mt940_statement_headless", "an account and an opening balance", "none", place)
            account, currency = account or self._account, currency or self._currency
        self._account, self._currency = account, currency
        signed, unread = self._entries(block, where, self._options.account or account, currency, interim)
        reference = block.last("20")
        foots = None
        if opening and closing and opening.currency == closing.currency and not unread:
            foots = opening.amount + signed == closing.amount
            if not foots:
                found.note(
                    "balance_differs",
                    f"a closing balance of {closing.amount} {closing.currency}",
                    f"{opening.amount} and entries of {signed} make {opening.amount + signed}",
                    place,
                )
        found.statements.append(
            Statement(
                account=self._options.account or account,
                currency=currency,
                reference=reference.body.strip() if reference else "",
                as_of=closing.day if closing else None,
                opening=self._money(opening, place),
                closing=self._money(closing, place),
                foots=foots,
            )
        )

    def _money(self, balance: _Balance | None, place: Place) -> Money | None:
        return self._found.money(balance.amount, balance.currency, place, loud=False) if balance else None

    def _balance(self, block: Block, where: str, *names: str) -> _Balance | None:
        tag = block.last(*names)
        if tag is None:
            return None
        match = _BALANCE.match(tag.body)
        amount = swift_amount(match["amount"]) if match else None
        if match is None or amount is None:
            place = self._found.place(where, tag.line)
            told = shown(tag.body)
            self._found.note(
                "mt940_balance_unreadable", "C or D, YYMMDD, currency, amount", told, place, tag.body
            )
            return None
        booked, exists = yymmdd(match["day"])
        if not exists:
            self._found.note(
                "date_impossible" if booked else "date_unreadable",
                "a day that exists",
                match["day"],
                self._found.place(where, tag.line),
            )
        return _Balance(amount if match["mark"] == "C" else -amount, match["currency"], booked)

    def _stated_currency(self, block: Block) -> str:
        for tag in block.tags:
            pattern = _FLOOR if tag.name == "34F" else _SUM if tag.name in {"90C", "90D"} else None
            match = pattern.match(tag.body) if pattern else None
            if match:
                return match["currency"]
        return ""

    def _entries(
        self, block: Block, where: str, account: str, currency: str, interim: bool
    ) -> tuple[Decimal, bool]:
        """Keep the entries. Their signed sum, and whether one could not be read."""
        signed, unread, number = Decimal(0), False, 0
        sums = {True: Decimal(0), False: Decimal(0)}
        counts = {True: 0, False: 0}
        for index, tag in enumerate(block.tags):
            if tag.name != "61":
                continue
            number += 1
            text = _text_after(block.tags, index)
            place = self._found.place(f"{where} entry {number}", tag.line)
            taken = self._entry(tag, text, place, account, currency, interim)
            if taken is None:
                unread = True
                continue
            credit, amount = taken
            signed += amount if credit else -amount
            sums[credit] += amount
            counts[credit] += 1
        if not unread:
            self._check_sums(block, where, sums, counts)
        return signed, unread

    def _check_sums(
        self, block: Block, where: str, sums: dict[bool, Decimal], counts: dict[bool, int]
    ) -> None:
        for tag in block.tags:
            match = _SUM.match(tag.body) if tag.name in {"90C", "90D"} else None
            amount = swift_amount(match["amount"]) if match else None
            if match is None or amount is None:
                continue
            credit, place = tag.name == "90C", self._found.place(f"{where} :{tag.name}:", tag.line)
            if amount != sums[credit]:
                self._found.note("totals_differ", f"a sum of {amount}", f"{sums[credit]} in entries", place)
            count = digits(match["count"])
            if count is not None and count != counts[credit]:
                told = f"{count} stated"
                self._found.note("count_differs", f"{counts[credit]} entries, as there are", told, place)

    def _entry(
        self, tag: Tag, text: Tag | None, place: Place, account: str, currency: str, interim: bool
    ) -> tuple[bool, Decimal] | None:
        raw = "\n".join(
            [
                f":61:{tag.body}",
                *tag.lines[1:],
                *(["\n".join([f":86:{text.body}", *text.lines[1:]])] if text else []),
            ]
        )
        match = _ENTRY.match(tag.body)
        amount = swift_amount(match["amount"]) if match else None
        if match is None or amount is None:
            self._found.entry(place, None, None, currency or "XXX")
            told = shown(tag.body)
            self._found.note(
                "mt940_entry_unreadable", "YYMMDD, mark, amount, type, reference", told, place, raw
            )
            return None
        credit = match["mark"] in {"C", "RD", "EC"}
        self._found.entry(place, credit, amount, currency or "XXX")
        value_date, booked = self._dates(match["value"], match["entry"], place)
        if not currency:
            self._found.note("mt940_currency_missing", "a balance or a floor limit", "none", place, raw)
            return credit, amount
        money = self._found.money(amount, currency, place)
        if money is None:
            return credit, amount
        said = read_details(text.lines, place) if text else Said()
        customer, _, bank = match["reference"].partition("//")
        customer = "" if customer.strip() in _NOTHING else customer.strip()
        bank = "" if bank.strip() in _NOTHING else bank.strip()
        kind, returned = _kind(match["mark"], match["type"] or "", credit, said, customer)
        side = squeezed(" ".join(text.lines)) if text else ""
        self._found.movement(
            place=place,
            kind=kind if amount else MovementKind.INFORMATION,
            credit=credit,
            amount=money,
            account=account,
            identity=f"mt940/{account}/"
            + fingerprint(value_date, match["mark"], amount, currency, customer, bank, "".join(side.split())),
            booked=booked or value_date,
            value_date=value_date,
            rail=Rail.CHECK if match["type"] in _CHECK_TYPES else Rail.UNKNOWN,
            code=" ".join(part for part in (match["type"], said.business_code) if part),
            bank_reference=bank,
            customer_reference=said.end_to_end or customer,
            check_number=customer if match["type"] in _CHECK_TYPES else "",
            payer=Payer(names=said.names, identifiers=said.identifiers),
            references=(*said.references, *_supplementary(tag, place)),
            texts=said.texts,
            returned=returned,
            stage=Stage.INTERIM if interim else Stage.BOOKED,
            raw=raw,
        )
        return credit, amount

    def _dates(self, value: str, entry: str | None, place: Place) -> tuple[date | None, date | None]:
        """Value date, and entry date: the day MMDD next to it, in its year or the one before or after."""
        value_date, exists = yymmdd(value)
        if not exists:
            code = "date_impossible" if value_date else "date_unreadable"
            self._found.note(code, "a value date that exists", shown(value), place)
        if value_date is None or not entry or not entry.strip():
            return value_date, None
        near = [
            one
            for year in (value_date.year - 1, value_date.year, value_date.year + 1)
            if (one := day(year, int(entry[:2]), int(entry[2:]))[0]) is not None
        ]
        return value_date, min(near, key=lambda one: abs((one - value_date).days)) if near else None


def _text_after(tags: list[Tag], index: int) -> Tag | None:
    """The text of an entry: the :86: that follows it, and further ones that follow that."""
    lines: list[str] = []
    at = index + 1
    while at < len(tags) and tags[at].name == "86":
        lines += tags[at].lines
        at += 1
    return Tag("86", tags[index + 1].line, lines) if lines else None


def _supplementary(tag: Tag, place: Place) -> tuple[RemittanceReference, ...]:
    """The second line of a statement line, which some banks use for a reference."""
    written = " ".join(line.strip() for line in tag.lines[1:] if line.strip())
    return (RemittanceReference(text=written, place=place, qualifier=":61:"),) if written else ()


def _kind(
    mark: str, kind: str, credit: bool, said: Said, customer: str
) -> tuple[MovementKind, ReturnOf | None]:
    reversal = mark in {"RC", "RD"}
    if reversal or said.returned or kind in _RETURN_TYPES:
        code = re.match(r"[A-Z0-9]+", said.reason)
        returned = ReturnOf(
            code=code[0] if code else "",
            original=said.end_to_end or customer,
            reason=said.posting or said.reason or ("reversal" if reversal else ""),
        )
        if credit:
            return MovementKind.RETURN_OF_CREDIT, returned
        debit_back = said.returned and not reversal
        return (MovementKind.RETURN_OF_DEBIT if debit_back else MovementKind.RETURNED_RECEIPT), returned
    if not credit and kind in _FEE_TYPES:
        return MovementKind.FEE, None
    return (MovementKind.RECEIPT if credit else MovementKind.DISBURSEMENT), None
