"""Amounts and dates of exports: their style is decided over the whole column, never cell by cell."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tieout.connectors.bank.csv_headers import normal
from tieout.connectors.bank.texts import day
from tieout.domain.money import is_currency, parse_decimal

_SYMBOLS = {
    "$": "USD",
    "US$": "USD",
    "€": "EUR",
    "£": "GBP",
    "¥": "JPY",
    "zł": "PLN",
    "R$": "BRL",
    "Kč": "CZK",
}
_MARKED = re.compile(r"^(?P<pre>[^\d.,()+\-]*)(?P<body>[\d.,' ]*\d[\d.,' ]*)(?P<post>[^\d]*)$")
#: no amount and no date is longer; a longer cell is a text
_LONGEST = 60
_BLANKS = "\u00a0\u202f\u2009\u2007"
_MINUS = "\u2212\u2013\u2012\ufe63\uff0d"
_ISO = re.compile(r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?$")
_COMPACT = re.compile(r"^(\d{4})(\d{2})(\d{2})(?:\d{6})?$")
_PARTS = re.compile(r"^(\d{1,2})([-/. ])(\d{1,2})[-/. ](\d{4}|\d{2})(?:[ T,].*)?$")
_NAMED_DAY = re.compile(r"^(?:[a-z]{2,10}\s+)?(\d{1,2})\s+([a-z]{3,10})\s+(\d{4}|\d{2})(?:\s.*)?$")
_NAMED_MONTH = re.compile(r"^(?:[a-z]{2,10}\s+)?([a-z]{3,10})\s+(\d{1,2})\s+(\d{4}|\d{2})(?:\s.*)?$")
_MONTHS = (
    ("jan", "ene", "gen", "sty"),
    ("feb", "fev", "lut"),
    ("mar", "mrz", "maa", "mae"),
    ("apr", "avr", "abr", "kwi"),
    ("may", "mai", "mag", "mei", "maj"),
    ("jun", "juin", "giu", "cze"),
    ("jul", "juil", "lug", "lip"),
    ("aug", "aou", "ago", "sie"),
    ("sep", "set", "wrz"),
    ("oct", "okt", "ott", "out", "paz"),
    ("nov", "lis"),
    ("dec", "dez", "dic", "des", "gru"),
)


@dataclass(frozen=True, slots=True)
class Cell:
    """An amount cell taken apart: digits with their separators, its sign, and the currency it shows."""

    body: str
    negative: bool
    currency: str


def cell_of(text: str) -> Cell | None:
    """Take an amount cell apart: `$1,250.00`, `(1,250.00)`, `1.234,56-`, `12,50 EUR`, `100.00 DR`. None: no amount."""
    if len(text) > _LONGEST:
        return None
    plain = text.strip().translate(
        {ord(mark): "-" for mark in _MINUS} | {ord(blank): " " for blank in _BLANKS}
    )
    negative = False
    if plain.startswith("(") and plain.endswith(")"):
        negative, plain = True, plain[1:-1].strip()
    currency = ""
    for sign in ("-", "+"):
        if plain.endswith(sign):
            plain, negative = plain[:-1].strip(), negative != (sign == "-")
        for _ in range(2):
            if plain.startswith(sign):
                plain, negative = plain[1:].strip(), negative != (sign == "-")
    match = _MARKED.match(plain)
    if match is None:
        inner = re.match(r"^([^\d.,()+\-]{1,4})\s*([-+])\s*(.*)$", plain)
        if inner is None:
            return None
        negative = negative != (inner[2] == "-")
        match = _MARKED.match(f"{inner[1]}{inner[3]}")
        if match is None:
            return None
    for mark in (match["pre"].strip(), match["post"].strip()):
        if not mark:
            continue
        upper = mark.upper().rstrip(".")
        if upper in {"DR", "D", "DB"}:
            negative = True
        elif upper in {"CR", "C"}:
            negative = False
        elif mark in _SYMBOLS:
            currency = _SYMBOLS[mark]
        elif is_currency(upper):
            currency = upper
        else:
            return None
    return Cell(match["body"].strip(), negative, currency)


def decimal_mark(bodies: Iterable[str], delimiter: str) -> str:
    """The decimal sign of a column: what comes last where two signs stand, and what one or two digits follow.

    Where every amount has three digits after its only sign, the delimiter tells: commas between columns leave the
    point for decimals, semicolons come from countries with decimal commas.
    """
    votes = {".": 0, ",": 0}
    for body in bodies:
        last_point, last_comma = body.rfind("."), body.rfind(",")
        if last_point >= 0 and last_comma >= 0:
            votes["." if last_point > last_comma else ","] += 3
            continue
        for mark, at in ((".", last_point), (",", last_comma)):
            if at >= 0:
                after = len(body) - at - 1
                if body.count(mark) > 1:
                    votes["," if mark == "." else "."] += 1
                elif after != 3:
                    votes[mark] += 2
    if votes["."] == votes[","]:
        return "," if delimiter == ";" else "."
    return max(votes, key=lambda mark: votes[mark])


def number_of(body: str, mark: str) -> Decimal | None:
    """The number of a cell's digits, given the decimal sign. Groups are of three, but for the first."""
    other = "," if mark == "." else "."
    if body.count(mark) > 1:
        return None
    whole, _, fraction = body.partition(mark)
    groups = re.split(rf"[{re.escape(other)}' ]", whole)
    if len(groups) > 1 and (not 1 <= len(groups[0]) <= 3 or any(len(group) != 3 for group in groups[1:])):
        return None
    if not fraction.isdigit() and fraction:
        return None
    digits = "".join(groups)
    if not digits and not fraction:
        return None
    return parse_decimal(f"{digits or '0'}.{fraction}" if fraction else digits)


def date_order(texts: Iterable[str]) -> str:
    """`dmy`, `mdy`, `mixed`, or empty when no date tells: dates like `18/09/2026`, over the whole file."""
    orders = set()
    for text in texts:
        match = _PARTS.match(text.strip()[:_LONGEST])
        if match is None:
            continue
        one, two = int(match[1]), int(match[3])
        if match[2] == "." or one > 12 >= two:
            orders.add("dmy")
        elif two > 12 >= one:
            orders.add("mdy")
    if len(orders) > 1:
        return "mixed"
    return orders.pop() if orders else ""


def ambiguous(texts: Iterable[str]) -> bool:
    """Whether dates stand in a form that two orders fit."""
    return any(
        (match := _PARTS.match(text.strip()[:_LONGEST])) is not None and match[2] != "." for text in texts
    )


def date_of(text: str, order: str) -> date | None:
    """A date in any form that is known; `order` decides between `18/09` and `09/18`."""
    plain = text.strip()
    if len(plain) > _LONGEST:
        return None
    match = _ISO.match(plain) or _COMPACT.match(plain)
    if match is not None:
        return _real(int(match[1]), int(match[2]), int(match[3]))
    match = _PARTS.match(plain)
    if match is not None:
        one, two, year = int(match[1]), int(match[3]), _year(match[4])
        month_first = order == "mdy" and match[2] != "."
        if one > 12 >= two:
            month_first = False
        elif two > 12 >= one:
            month_first = True
        return _real(year, one, two) if month_first else _real(year, two, one)
    words = normal(plain)
    match = _NAMED_DAY.match(words)
    if match is not None and (month := _month(match[2])):
        return _real(_year(match[3]), month, int(match[1]))
    match = _NAMED_MONTH.match(words)
    if match is not None and (month := _month(match[1])):
        return _real(_year(match[3]), month, int(match[2]))
    return None


def _year(text: str) -> int:
    year = int(text)
    return year if len(text) == 4 else year + (1900 if year >= 70 else 2000)


def _month(word: str) -> int:
    return next((number for number, names in enumerate(_MONTHS, start=1) if word.startswith(names)), 0)


def _real(year: int, month: int, number: int) -> date | None:
    found, exists = day(year, month, number)
    return found if exists else None
