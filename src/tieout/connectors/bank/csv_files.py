"""CSV exports of a bank's website: a header in any of many languages, or a mapping of one's own.

Styles of amounts and dates are decided over the whole file. A row that cannot be read is rejected by itself; a row that
only states a balance is none. Equal rows of one day are told apart by their ordinals.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise

from tieout.connectors.bank import csv_values
from tieout.connectors.bank.bai2_texts import read_texts
from tieout.connectors.bank.collecting import Collector
from tieout.connectors.bank.csv_table import Row, Table, guessed, table_of
from tieout.connectors.bank.options import BankOptions
from tieout.connectors.bank.returned_texts import return_by_text
from tieout.connectors.bank.texts import fingerprint, shown, squeezed
from tieout.domain.cash.movements import (
    BankFile,
    MovementKind,
    Payer,
    Place,
    RemittanceReference,
    ReturnOf,
    Statement,
)
from tieout.domain.money import is_currency

_BALANCE = re.compile(
    r"^\W*(opening|closing|beginning|ending|starting|previous|new|current|ledger|available)?\s*(balance|saldo|solde)\b"
    r"|\b(anfangs|end|alt|neu|start|schluss)saldo\b|\bsaldo (anterior|inicial|final|iniziale|finale|actual)\b"
    r"|^\W*(total|totals|summe|gesamt|totale|totaal|suma)\b|^\W*kontostand\b",
    re.IGNORECASE,
)
_DEBITS = frozenset(
    {"d", "dr", "db", "debit", "dbit", "s", "soll", "af", "a", "cargo", "debe", "dare", "debito", "out"}
)
_CREDITS = frozenset(
    {"c", "cr", "credit", "crdt", "h", "haben", "bij", "b", "abono", "haber", "avere", "credito", "in"}
)
#: cells of a text column that only say the side again
_MARKERS = frozenset({"debit", "credit", "dr", "cr", "d", "c", "*"})
#: no money yet, or none after all
_PENDING = frozenset(
    {
        "pending", "pdng", "reserved", "vorgemerkt", "en attente", "pendiente", "in sospeso", "authorised",
        "authorized", "failed", "declined", "rejected", "reverted", "cancelled", "canceled", "void", "voided",
        "deleted", "expired", "abgelehnt", "storniert", "echoue", "échoué", "refuse", "refusé", "annule", "annulé",
        "rechazado", "cancelado", "rifiutato", "annullato", "mislukt", "geweigerd", "geannuleerd",
    }
)  # fmt: skip


def read_csv(text: str, digest: str, options: BankOptions) -> BankFile:
    """Read an export."""
    found = Collector(digest, "csv")
    table = table_of(text, options.columns)
    if table is None and (table := guessed(text)) is not None:
        place = found.place("header", table.rows[0].line)
        found.note(
            "csv_header_missing", "a line that names the columns", shown(table.rows[0].cells[0]), place
        )
    if table is None:
        found.note(
            "csv_no_header",
            "a line that names date and amount",
            shown(text.strip()[:80]),
            found.place("file", 1),
        )
        return found.finish()
    _Reader(found, table, options).read()
    return found.finish()


@dataclass(frozen=True, slots=True)
class _Figure:
    credit: bool
    amount: Decimal


class _Reader:
    def __init__(self, found: Collector, table: Table, options: BankOptions) -> None:
        self._found = found
        self._table = table
        self._options = options
        self._columns = dict(table.header.columns)
        self._settle_columns()
        cells = [
            cell
            for row in table.rows
            for role in ("amount", "debit", "credit")
            if role in self._columns
            and (cell := csv_values.cell_of(row.cell(self._columns[role]))) is not None
        ]
        self._mark = csv_values.decimal_mark((cell.body for cell in cells), table.delimiter)
        self._shown_currencies = {cell.currency for cell in cells if cell.currency}
        self._order = self._date_order()
        self._account = options.account or self._own_account()
        self._card = self._is_card()
        self._debit_sign = self._usual_sign("debit")
        self._credit_sign = self._usual_sign("credit")
        self._assumed = False
        self._balances: list[tuple[Row, Decimal, Decimal]] = []

    def read(self) -> None:
        """Take every row."""
        for number, row in enumerate(self._table.rows, start=1):
            self._take(number, row)
        self._check_balances()
        currencies = {entry.currency for entry in self._found.entries}
        self._found.statements.append(
            Statement(account=self._account, currency=currencies.pop() if len(currencies) == 1 else "")
        )

    def _settle_columns(self) -> None:
        """`Valuta` is a currency in some languages and a date in others; its cells say which."""
        column = self._columns.pop("valuta", None)
        if column is None:
            return
        cells = [row.cell(column) for row in self._table.rows if row.cell(column)]
        role = "currency" if cells and all(is_currency(cell.upper()) for cell in cells) else "value_date"
        self._columns.setdefault(role, column)

    def _date_order(self) -> str:
        dates = [
            row.cell(self._columns.get(role)) for row in self._table.rows for role in ("date", "value_date")
        ]
        order = csv_values.date_order(dates)
        if order in {"dmy", "mdy"} or not csv_values.ambiguous(dates):
            return order
        if self._options.date_order in {"dmy", "mdy"}:
            return self._options.date_order
        american = (
            "USD" in self._shown_currencies
            or self._table.header.currency == "USD"
            or any(row.cell(self._columns.get("currency")).upper() == "USD" for row in self._table.rows[:50])
        )
        chosen = "mdy" if american else "dmy"
        place = self._found.place("date column", self._table.rows[0].line if self._table.rows else 0)
        example = next((text for text in dates if text), "")
        self._found.note(
            "csv_dates_ambiguous",
            "a date with a day above 12" if order == "" else "dates of one order",
            f"{shown(example)}, taken as {chosen}",
            place,
        )
        return chosen

    def _own_account(self) -> str:
        column = self._columns.get("own_account")
        if column is not None and "name" in self._columns and self._distinct(column) > 1:
            # beside a counterparty's name, accounts that change from row to row are the counterparties'
            self._columns.setdefault("other_account", self._columns.pop("own_account"))
            column = None
        if column is None and "iban" in self._columns:
            column = self._columns["iban"] if self._distinct(self._columns["iban"]) == 1 else None
            if column is None:
                self._columns.setdefault("other_account", self._columns["iban"])
        if column is not None:
            return next((row.cell(column) for row in self._table.rows if row.cell(column)), "")
        for row in self._table.preamble:
            joined = " ".join(cell.strip() for cell in row.cells if cell.strip())
            match = re.match(
                r"(?i)(?:account|konto|iban|compte|cuenta|conto|rekening)[^:]*:\s*(\S.*)$", joined
            )
            if match is not None:
                return match[1].strip()
        return ""

    def _distinct(self, column: int) -> int:
        return len({row.cell(column) for row in self._table.rows} - {""})

    def _account_of(self, row: Row) -> str:
        """A row's own account: exports of several accounts name it in each row."""
        if self._options.account:
            return self._options.account
        return row.cell(self._columns.get("own_account")) or self._account

    def _is_card(self) -> bool:
        if self._options.card is not None:
            return self._options.card
        if "card" not in self._columns or "amount" not in self._columns or "marker" in self._columns:
            return False
        # An account's export names a card beside the few rows that were paid with one, keeps a balance, or writes
        # what was spent with a minus; a card's own names it in every row, and what was spent without one.
        rows = [row for row in self._table.rows if row.cell(self._columns["amount"])]
        named = sum(bool(row.cell(self._columns["card"])) for row in rows)
        if "balance" in self._columns or named * 2 <= len(rows) or self._usual_sign("amount"):
            return False
        place = self._found.place("header", self._table.rows[0].line - 1 if self._table.rows else 0)
        self._found.note("csv_card_signs", "a bank account", "a column of card numbers", place)
        return True

    def _usual_sign(self, role: str) -> bool:
        """Whether a debit or credit column is written with minus signs as a rule."""
        column = self._columns.get(role)
        if column is None:
            return False
        cells = [csv_values.cell_of(row.cell(column)) for row in self._table.rows]
        signs = [cell.negative for cell in cells if cell is not None and cell.body.strip("0., ")]
        return sum(signs) * 2 > len(signs)

    def _take(self, number: int, row: Row) -> None:
        place = self._found.place(f"row {number}", row.line)
        cells = (row.cell(column) for column in self._table.header.texts)
        texts = tuple(dict.fromkeys(text for text in cells if text and text.casefold() not in _MARKERS))
        written = row.cell(self._columns.get("date")) or row.cell(self._columns.get("value_date"))
        booked = csv_values.date_of(written, self._order)
        raw = self._table.delimiter.join(row.cells)
        figure, trouble = self._figure(row)
        label = next(
            (cell.strip() for cell in row.cells if cell.strip() and not cell.strip()[0].isdigit()), ""
        )
        told = " ".join(texts) or label
        balance_only = figure is None and not trouble and row.cell(self._columns.get("balance"))
        if (booked is None or balance_only or not self._amount_text(row)) and _BALANCE.search(told):
            self._found.note("csv_balance_row", "an entry", shown(told), place, raw)
            return
        if booked is None and figure is None and not trouble:
            self._found.note("csv_row_short", f"{self._table.header.width} columns", shown(raw), place, raw)
            return
        currency = self._currency(row, place)
        if figure is None or booked is None:
            credit, amount = (figure.credit, figure.amount) if figure else (None, None)
            self._found.entry(place, credit, amount, currency)
            expected = "an amount" if figure is None else "a date"
            found = trouble or (shown(written) if figure else shown(self._amount_text(row)))
            self._found.note("csv_row_unreadable", expected, found, place, raw)
            return
        self._found.entry(place, figure.credit, figure.amount, currency)
        self._keep(row, figure, booked, currency, texts, place, raw)

    def _amount_text(self, row: Row) -> str:
        roles = [role for role in ("amount", "debit", "credit") if role in self._columns]
        return " ".join(text for role in roles if (text := row.cell(self._columns[role])))

    def _figure(self, row: Row) -> tuple[_Figure | None, str]:
        """Side and amount of a row, or what keeps them from being read."""
        amount = row.cell(self._columns.get("amount"))
        if amount:
            value, negative, trouble = self._number(amount)
            if value is None:
                return None, trouble
            marker = row.cell(self._columns.get("marker")).casefold()
            if marker and marker in _DEBITS | _CREDITS | {"-", "+"}:
                return _Figure((marker in _CREDITS or marker == "+") != negative, value), ""
            return _Figure(negative == self._card or value == 0, value), ""
        sides = []
        for role, usual in (("credit", self._credit_sign), ("debit", self._debit_sign)):
            text = row.cell(self._columns.get(role))
            if not text:
                continue
            value, negative, trouble = self._number(text)
            if value is None:
                return None, trouble
            sides.append(_Figure((role == "credit") == (negative == usual), value))
        real = [one for one in sides if one.amount]
        if len(real) > 1:
            return None, "both debit and credit"
        return (real[0] if real else (sides[0] if sides else None)), ""

    def _number(self, text: str) -> tuple[Decimal | None, bool, str]:
        cell = csv_values.cell_of(text)
        value = csv_values.number_of(cell.body, self._mark) if cell is not None else None
        if cell is None or value is None:
            return None, False, shown(text)
        return value, cell.negative, ""

    def _currency(self, row: Row, place: Place) -> str:
        written = row.cell(self._columns.get("currency")).upper()
        if written:
            return written
        cell = csv_values.cell_of(self._amount_text(row))
        stated = (cell.currency if cell else "") or self._table.header.currency
        if not stated and len(self._shown_currencies) == 1:
            stated = next(iter(self._shown_currencies))
        if not stated and not self._assumed:
            self._assumed = True
            self._found.note(
                "csv_currency_assumed", "a currency column or sign", self._options.currency, place
            )
        return stated or self._options.currency

    def _keep(
        self,
        row: Row,
        figure: _Figure,
        booked: date,
        currency: str,
        texts: tuple[str, ...],
        place: Place,
        raw: str,
    ) -> None:
        balance_cell = csv_values.cell_of(row.cell(self._columns.get("balance")))
        if balance_cell is not None:
            balance = csv_values.number_of(balance_cell.body, self._mark)
            if balance is not None:
                signed = -balance if balance_cell.negative else balance
                self._balances.append((row, figure.amount if figure.credit else -figure.amount, signed))
        money = self._found.money(figure.amount, currency, place)
        if money is None:
            return
        said = read_texts(texts, credit=figure.credit, currency=currency, place=place, found=self._found)
        name, other = row.cell(self._columns.get("name")), row.cell(self._columns.get("other_account"))
        references = [RemittanceReference(text=text, place=place) for text in texts]
        references += said.references
        columns = self._table.header.references
        given = [text for column in columns if (text := row.cell(column))]
        references += [RemittanceReference(text=text, place=place, qualifier="reference") for text in given]
        own = row.cell(self._columns.get("id"))
        pending = row.cell(self._columns.get("status")).casefold() in _PENDING
        kind, returned = self._kind(figure, texts, pending=pending)
        key = own or fingerprint(
            booked, figure.amount, figure.credit, currency, squeezed(" ".join((*texts, name))), *given
        )
        check = row.cell(self._columns.get("check"))
        self._found.movement(
            place=place,
            kind=kind,
            credit=figure.credit,
            amount=money,
            account=self._account_of(row),
            identity=f"csv/{self._account_of(row)}/{key}",
            booked=booked,
            value_date=csv_values.date_of(row.cell(self._columns.get("value_date")), self._order),
            code=row.cell(self._columns.get("status")),
            bank_reference=own or (given[0] if given else ""),
            customer_reference=given[0] if given else "",
            check_number=check.lstrip("0") if check.isdigit() else "",
            payer=Payer(
                names=tuple(dict.fromkeys(one for one in (name, *said.names) if one)),
                identifiers=((("bank_account", other),) if other else ()) + said.identifiers,
            ),
            references=tuple(references),
            texts=texts,
            returned=returned,
            raw=raw,
        )

    def _kind(
        self, figure: _Figure, texts: tuple[str, ...], *, pending: bool
    ) -> tuple[MovementKind, ReturnOf | None]:
        if pending or not figure.amount:
            return MovementKind.INFORMATION, None
        back = return_by_text(texts, credit=figure.credit)
        if back is not None:
            return back
        return (MovementKind.RECEIPT if figure.credit else MovementKind.DISBURSEMENT), None

    def _check_balances(self) -> None:
        """A running balance follows from the amounts, down or up. Told where most rows agree and some do not."""
        rows = self._balances
        if len(rows) < 3:
            return
        pairs = list(pairwise(rows))
        down = [one for one in pairs if one[0][2] + one[1][1] != one[1][2]]
        up = [one for one in pairs if one[1][2] + one[0][1] != one[0][2]]
        wrong = min(down, up, key=len)
        if wrong and len(wrong) * 2 < len(pairs):
            row, amount, balance = wrong[0][1]
            place = self._found.place("balance column", row.line)
            told = f"{amount} and a balance of {balance}"
            self._found.note(
                "csv_balance_differs", "a balance that follows from the row beside it", told, place
            )
