"""BAI2 records: logical records with their continuations, and their fields.

A record ends with a slash, unless it ends in text, which runs to the end of its line and on through continuation
records (88). Real banks leave the slash out, put slashes into texts, several records on a line, `88:` for `88,`, and
break lines anywhere; all of that is read here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

#: the records and what may follow their number
_START = re.compile(r"\s*(01|02|03|16|49|98|99)\s*,|\s*(88)\s*[,:]?")
#: a second record on the same line: after a slash, and looking like one beyond doubt
_NEXT = re.compile(
    r"/\s*(?=02,[^,/]*,[^,/]*,[1-4]?,|03,[^,/]+,[A-Z]{0,3},|16,\d{3},[-+]?\d*,|88,|49,[-+]?\d*,\d|98,[-+]?\d*,\d|99,[-+]?\d*,\d)"
)
_AMOUNT = re.compile(r"[-+]?\d{1,25}(\.\d{1,5})?")


@dataclass(slots=True)
class Logical:
    """One record and the continuations that belong to it: `lines` are what follows the numbers, slash removed."""

    code: str
    line: int
    lines: list[str]
    raw: list[str] = field(default_factory=list)
    physical: int = 1


def logical_records(text: str, unknown: list[tuple[int, str]]) -> Iterator[Logical]:
    """The records of a file. Lines that begin no record continue the text before them, or go to `unknown`."""
    current: Logical | None = None
    for number, code, body in _physical(text):
        if code == "88" and current is not None:
            current.lines.append(_without_slash(body))
            current.raw.append(f"88,{body}")
            current.physical += 1
        elif code == "":
            if current is not None and current.code == "16":
                current.lines.append(_without_slash(body))
                current.raw.append(body)
            else:
                unknown.append((number, body))
        elif code == "88":
            unknown.append((number, f"88,{body}"))
        else:
            if current is not None:
                yield current
            current = Logical(code, number, [_without_slash(body)], [f"{code},{body}"])
    if current is not None:
        yield current


def _physical(text: str) -> Iterator[tuple[int, str, str]]:
    for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), start=1):
        if not line.strip(" \t\x1a\x00"):
            continue
        for piece in _NEXT.split(line):
            match = _START.match(piece)
            if match is None:
                yield number, "", piece
            else:
                yield number, match[1] or match[2], piece[match.end() :]


def _without_slash(body: str) -> str:
    stripped = body.rstrip()
    return stripped.removesuffix("/")


class Fields:
    """A cursor over the fields of a record and its continuations."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = [line.split(",") for line in lines]
        self._line = 0
        self._field = 0

    def take(self) -> str:
        """The next field, from the next continuation when this line has no more; empty at the end."""
        while self._line < len(self._lines):
            fields = self._lines[self._line]
            if self._field < len(fields):
                self._field += 1
                return fields[self._field - 1].strip()
            self._line, self._field = self._line + 1, 0
        return ""

    @property
    def more(self) -> bool:
        """Whether there is a field left."""
        if self._line >= len(self._lines):
            return False
        return self._field < len(self._lines[self._line]) or self._line + 1 < len(self._lines)

    def rest(self) -> list[str]:
        """What is left, line by line: a text, whose commas are its own."""
        if self._line >= len(self._lines):
            return []
        left = [",".join(self._lines[self._line][self._field :])]
        left += [",".join(fields) for fields in self._lines[self._line + 1 :]]
        self._line = len(self._lines)
        return left


@dataclass(frozen=True, slots=True)
class Funds:
    """A funds type and its fields: value date for `V`, parts by availability for `S` and `D`."""

    type: str = ""
    value_date: str = ""
    parts: tuple[str, ...] = ()


def take_funds(fields: Fields) -> Funds:
    """Read a funds type; `S`, `V` and `D` bring fields of their own, which shift everything after them."""
    kind = fields.take().upper()
    if kind == "V":
        day = fields.take()
        fields.take()  # the time, which may be blank
        return Funds(kind, value_date=day)
    if kind == "S":
        return Funds(kind, parts=(fields.take(), fields.take(), fields.take()))
    if kind == "D":
        count = fields.take()
        pairs = int(count) if count.isascii() and count.isdigit() and len(count) < 3 else 0
        return Funds(kind, parts=tuple(fields.take() for _ in range(2 * pairs)))
    return Funds(kind)


def amount(text: str, exponent: int) -> Decimal | None:
    """An amount with the currency's implied decimals; a decimal point, which some banks write, is believed."""
    body = text.strip()
    if _AMOUNT.fullmatch(body) is None:
        return None
    return Decimal(body) if "." in body else Decimal(body).scaleb(-exponent)
