"""BAI2 balance and transaction reporting files.

Signs come from the type code, amounts have the implied decimals of their currency (account, else group, else US
dollars). Groups that delete, correct or test are told and booked nowhere; interim groups are marked so, and their
entries have the identity they will have on the final report.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from tieout.connectors.bank import bai2_codes
from tieout.connectors.bank.bai2_records import Fields, Logical, amount, logical_records, take_funds
from tieout.connectors.bank.bai2_texts import kind_by_text, read_texts
from tieout.connectors.bank.bai2_totals import Level, Trailers, close
from tieout.connectors.bank.collecting import Collector
from tieout.connectors.bank.options import BankOptions
from tieout.connectors.bank.texts import digits, fingerprint, shown, squeezed, yymmdd, yyyymmdd
from tieout.domain.cash.movements import (
    BankFile,
    Movement,
    MovementKind,
    Payer,
    Place,
    ReturnOf,
    Stage,
    Statement,
)
from tieout.domain.money import CURRENCY_EXPONENTS

_STATUS = {"2": "bai2_group_deletion", "3": "bai2_group_correction", "4": "bai2_group_test"}


@dataclass(slots=True)
class _Group:
    level: Level
    status: str = "1"
    as_of: date | None = None
    currency: str = ""
    interim: bool = False


@dataclass(slots=True)
class _Account:
    level: Level
    number: str
    currency: str
    figures: dict[str, tuple[Decimal, int | None]] = field(default_factory=dict)
    first_movement: int = 0
    details: int = 0
    sums: dict[bool, Decimal] = field(default_factory=lambda: {True: Decimal(0), False: Decimal(0)})
    counts: dict[bool, int] = field(default_factory=lambda: {True: 0, False: 0})
    unread: bool = False


def read_bai2(text: str, digest: str, options: BankOptions) -> BankFile:
    """Read a BAI2 file."""
    return _Reader(Collector(digest, "bai2"), options).read(text)


class _Reader:
    def __init__(self, found: Collector, options: BankOptions) -> None:
        self._found = found
        self._options = options
        self._file = Level(found.place("file", 1))
        self._group: _Group | None = None
        self._account: _Account | None = None
        self._trailers = Trailers()
        self._accounts = 0

    def read(self, text: str) -> BankFile:
        unknown: list[tuple[int, str]] = []
        for record in logical_records(text, unknown):
            self._take(record)
        for line, body in unknown:
            place = self._found.place("record", line)
            self._found.note("bai2_record_unknown", "a record number and a comma", shown(body), place, body)
        self._end_account()
        self._end_group()
        self._trailers.outer(self._file)
        self._trailers.tell(self._found)
        return self._found.finish()

    def _take(self, record: Logical) -> None:
        if record.code == "02":
            self._end_account()
            self._end_group()
            self._start_group(record)
        elif record.code == "03":
            self._end_account()
            self._start_account(record)
        self._count(record)
        if record.code == "16":
            self._detail(record)
        elif record.code == "49":
            if self._account is None:
                self._misplaced(record)
            else:
                close(self._account.level, record, self._exponent(), self._found)
                self._end_account()
        elif record.code == "98":
            self._end_account()
            if self._group is None:
                self._misplaced(record)
            else:
                close(self._group.level, record, self._group_exponent(), self._found)
                self._end_group()
        elif record.code == "99":
            self._end_account()
            self._end_group()
            close(self._file, record, self._group_exponent(), self._found)

    def _count(self, record: Logical) -> None:
        self._file.records += record.physical
        if self._group is not None and record.code not in {"01", "99"}:
            self._group.level.records += record.physical
        if self._account is not None and record.code in {"03", "16", "49"}:
            self._account.level.records += record.physical

    def _misplaced(self, record: Logical) -> None:
        place = self._found.place(f"record {record.code}", record.line)
        self._found.note("bai2_record_misplaced", "an open account or group", "none", place, record.raw[0])

    def _start_group(self, record: Logical) -> None:
        fields = Fields(record.lines)
        _receiver, _originator, status, as_of, _time, currency, modifier = (fields.take() for _ in range(7))
        self._file.parts += 1
        place = self._found.place(f"group {self._file.parts}", record.line)
        day, exists = yymmdd(as_of) if len(as_of) != 8 else (yyyymmdd(as_of), True)
        if day is None or not exists:
            self._found.note("date_unreadable", "an as-of date YYMMDD", shown(as_of), place, record.raw[0])
        self._group = _Group(
            Level(place), status or "1", day, currency.upper(), interim=modifier in {"1", "3"}
        )
        if status in _STATUS:
            self._found.note(
                _STATUS[status], "an update (group status 1)", f"status {status}", place, record.raw[0]
            )

    def _end_group(self) -> None:
        if self._group is None:
            return
        self._trailers.outer(self._group.level)
        self._file.stated_parts.append(self._group.level.stated)
        self._group = None

    def _start_account(self, record: Logical) -> None:
        fields = Fields(record.lines)
        number, currency = fields.take(), fields.take().upper()
        self._accounts += 1
        place = self._found.place(f"account {self._accounts}", record.line)
        group_currency = self._group.currency if self._group else ""
        account = _Account(
            Level(place),
            self._options.account or number,
            currency or group_currency or self._options.currency,
            first_movement=len(self._found.movements),
        )
        self._account = account
        if self._group is not None:
            self._group.level.parts += 1
        while fields.more:
            code = fields.take()
            if not code:
                continue
            if not (code.isascii() and code.isdigit() and len(code) == 3):
                self._found.note("bai2_summary_unreadable", "a type code of three digits", shown(code), place)
                break
            figure = fields.take()
            count = digits(fields.take())
            take_funds(fields)
            value = amount(figure, self._exponent())
            if value is not None:
                account.figures[code] = (value, count)
                account.level.unsigned += value
                account.level.signed += value if not code.startswith("4") else -value

    def _exponent(self) -> int:
        return CURRENCY_EXPONENTS.get(self._account.currency, 2) if self._account else 2

    def _group_exponent(self) -> int:
        currency = (self._group.currency if self._group else "") or self._options.currency
        return CURRENCY_EXPONENTS.get(currency, 2)

    def _detail(self, record: Logical) -> None:
        fields = Fields(record.lines)
        code, figure = fields.take(), fields.take()
        if self._account is None:
            self._accounts += 1
            place = self._found.place(f"account {self._accounts}", record.line)
            self._found.note(
                "bai2_record_misplaced", "an account (record 03) before it", "none", place, record.raw[0]
            )
            level = Level(place, closed=True)
            self._account = _Account(
                level,
                self._options.account,
                self._options.currency,
                first_movement=len(self._found.movements),
            )
        account = self._account
        account.details += 1
        place = self._found.place(f"{account.level.place.where} detail {account.details}", record.line)
        value = amount(figure, self._exponent())
        side = bai2_codes.credit(code)
        if value is not None:
            account.level.unsigned += value
            account.level.details += value
            account.level.signed += value if side is not False else -value
        raw = "\n".join(record.raw)
        if bai2_codes.moneyless(code):
            value, side = Decimal(0), True
        if value is None or side is None:
            self._found.entry(place, side, value, account.currency)
            account.unread = True
            if value is None:
                self._found.note("amount_unreadable", "digits, decimals implied", shown(figure), place, raw)
            else:
                self._found.note("bai2_type_code", "a credit or debit type code", shown(code), place, raw)
            return
        if value < 0:
            self._found.note("bai2_signed_detail", "an amount without sign", shown(figure), place, raw)
            value, side = -value, not side
        self._found.entry(place, side, value, account.currency)
        if code not in bai2_codes.SUMMARIES and not bai2_codes.moneyless(code):
            account.sums[side] += value
            account.counts[side] += 1
        self._movement(code, value, side, fields, place, raw)

    def _movement(
        self, code: str, value: Decimal, side: bool, fields: Fields, place: Place, raw: str
    ) -> None:
        account, group = self._account, self._group
        assert account is not None
        funds = take_funds(fields)
        bank_reference, customer_reference = fields.take(), fields.take()
        lines = tuple(line.rstrip() for line in fields.rest() if line.strip())
        money = self._found.money(value, account.currency, place)
        if money is None:
            account.unread = True
            return
        kind = kind_by_text(lines) if code in bai2_codes.ANY_DEBIT else None
        kind = kind or bai2_codes.kind(code, on_credit=side)
        if kind is MovementKind.SUMMARY:
            self._found.note("bai2_total_as_detail", "a detail type code", code, place, raw)
        if bai2_codes.moneyless(code) or (group is not None and group.status in _STATUS):
            kind = MovementKind.INFORMATION
        said = read_texts(lines, credit=side, currency=account.currency, place=place, found=self._found)
        returned = None
        if kind in {
            MovementKind.RETURN_OF_CREDIT,
            MovementKind.RETURN_OF_DEBIT,
            MovementKind.RETURNED_RECEIPT,
        }:
            returned = ReturnOf(
                code=said.reason, original=customer_reference, reason=lines[0] if lines else ""
            )
        as_of = group.as_of if group else None
        told = (
            (bank_reference, customer_reference)
            if bank_reference
            else (customer_reference, squeezed(" ".join(lines)))
        )
        self._found.movement(
            place=place,
            kind=kind,
            credit=side,
            amount=money,
            account=account.number,
            identity=f"bai2/{account.number}/{fingerprint(as_of, code, value, account.currency, *told)}",
            booked=as_of,
            value_date=yymmdd(funds.value_date)[0],
            rail=bai2_codes.rail(code),
            code=code,
            bank_reference=bank_reference,
            customer_reference=customer_reference,
            check_number=customer_reference if code in {"475", "555"} else "",
            payer=Payer(names=said.names, identifiers=said.identifiers),
            references=said.references,
            texts=lines,
            texts_read=said.read,
            returned=returned,
            stage=Stage.INTERIM if group is not None and group.interim else Stage.BOOKED,
            raw=raw,
        )

    def _end_account(self) -> None:
        account = self._account
        if account is None:
            return
        self._account = None
        self._items(account)
        foots = self._foots(account)
        self._trailers.account(account.level)
        if self._group is not None:
            self._group.level.stated_parts.append(account.level.stated)
        opening, closing = account.figures.get("010"), account.figures.get("015")
        place = account.level.place
        money = self._found.money
        self._found.statements.append(
            Statement(
                account=account.number,
                currency=account.currency,
                as_of=self._group.as_of if self._group else None,
                opening=money(opening[0], account.currency, place, loud=False) if opening else None,
                closing=money(closing[0], account.currency, place, loud=False) if closing else None,
                foots=foots,
            )
        )

    def _foots(self, account: _Account) -> bool | None:
        """015 = 010 + 100 - 400 where all are given; 100 and 400 against as many details as they count."""
        figures: Mapping[str, tuple[Decimal, int | None]] = account.figures
        place, foots = account.level.place, None
        if all(code in figures for code in ("010", "015", "100", "400")):
            real = figures["010"][0] + figures["100"][0] - figures["400"][0]
            foots = real == figures["015"][0]
            if not foots:
                self._found.note(
                    "balance_differs", f"a closing ledger of {figures['015'][0]}", f"{real}", place
                )
        for code, side in (("100", True), ("400", False)):
            if code not in figures or account.unread:
                continue
            stated, count = figures[code]
            if count and count == account.counts[side] and stated != account.sums[side]:
                foots = False
                told = f"{account.sums[side]} in {count} details"
                self._found.note("totals_differ", f"{stated} as total {code}", told, place)
        return foots

    def _items(self, account: _Account) -> None:
        """A deposit and its items are one money: the finer source stays cash when both come to the same."""
        mine = self._found.movements[account.first_movement :]
        for item_code, deposit_code in bai2_codes.ITEMS_OF.items():
            items = [one for one in mine if one.code == item_code]
            deposits = [one for one in mine if one.code == deposit_code]
            if not items or not deposits:
                continue
            of_items = sum((one.amount.amount for one in items), Decimal(0))
            of_deposits = sum((one.amount.amount for one in deposits), Decimal(0))
            if of_items == of_deposits:
                self._rename(account, deposits, MovementKind.SUMMARY)
            else:
                self._rename(account, items, MovementKind.INFORMATION)
                told = f"{of_items} in items {item_code}"
                self._found.note(
                    "bai2_items_differ", f"{of_deposits} in {deposit_code}", told, account.level.place
                )

    def _rename(self, account: _Account, which: list[Movement], kind: MovementKind) -> None:
        places = {one.place for one in which}
        movements = self._found.movements
        for index in range(account.first_movement, len(movements)):
            one = movements[index]
            if one.place in places and one.kind is not MovementKind.INFORMATION:
                movements[index] = replace(one, kind=kind)
