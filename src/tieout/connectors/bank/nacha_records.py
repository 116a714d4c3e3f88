"""The physical form of a NACHA file, and the columns of its records (1-based, inclusive, as the rules count them).

Columns are those of the record layouts in Nacha's operating rules; IAT, CTX and ADV entries have layouts of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

#: characters in a record
WIDTH = 94
_LINE_ENDS = re.compile(r"\r\n|\n|\r|\x85")
_TYPES = frozenset("156789")
#: lines a bank's own job control may put before the file header
_BEFORE = 4

#: standard entry classes whose entry carries the number of addenda and a short company name
COUNTED = frozenset({"CTX", "ATX", "ENR"})
#: entry classes that never move money: acknowledgements, enrolments, death notices, advices
MONEYLESS = frozenset({"ACK", "ATX", "ENR", "DNE", "ADV"})
#: entry classes of checks, where the individual identification holds the check's number
CHECKS = frozenset({"ARC", "BOC", "RCK", "XCK", "TRC"})


@dataclass(frozen=True, slots=True)
class Record:
    """One 94-character record and the line it stood on (from 1)."""

    text: str
    line: int
    overflow: str = ""

    @property
    def type(self) -> str:
        """Its first character."""
        return self.text[:1]

    def at(self, first: int, last: int) -> str:
        """Columns `first` to `last`, untrimmed."""
        return self.text[first - 1 : last]

    def field(self, first: int, last: int) -> str:
        """Columns `first` to `last`, without outer blanks."""
        return self.at(first, last).strip()

    @property
    def fill(self) -> bool:
        """Whether it only fills the last block of ten records."""
        return self.text.strip().strip("9") == "" and len(self.text.strip()) > 1


def records(text: str) -> Iterator[Record]:
    """The records of a file: one a line, short ones padded; a file without line ends is cut every 94 characters."""
    for number, line in enumerate(_LINE_ENDS.split(text), start=1):
        body = line.rstrip("\x1a\x00\f\v ")
        if not body.strip():
            continue
        if body[:1] == " " and body.lstrip()[:1] in _TYPES and len(body) > WIDTH:
            body = body.lstrip()
        if len(body) <= WIDTH:
            yield Record(body.ljust(WIDTH), number)
        elif _several(body):
            for start in range(0, len(body), WIDTH):
                piece = body[start : start + WIDTH]
                if piece.strip():
                    yield Record(piece.ljust(WIDTH), number)
        else:
            yield Record(body[:WIDTH], number, body[WIDTH:])


def _several(body: str) -> bool:
    """Whether a long line is several records: each 94 characters begin with a record type."""
    starts = [body[start] for start in range(0, len(body), WIDTH)]
    return len(body) >= WIDTH + 10 and all(start in _TYPES for start in starts[: max(2, len(starts) - 1)])


def looks_like_nacha(text: str) -> str:
    """Why a text is (not) a NACHA file: empty when it is."""
    first: list[Record] = []
    for record in records(text[:20000]):
        first.append(record)
        if len(first) == 12:
            break
    if not first:
        return "no records"
    for record in first[:_BEFORE]:
        header = record.text
        if re.match(r"1[0-9 ]{2}", header) and (header[34:37] == "094" or header[34:40] == "   101"):
            return ""
    header = first[0].text
    for one, two in pairwise(first):
        if re.match(r"5[0-9 ]{3}.{46}[A-Z]{3}", one.text) and re.match(r"[68]", two.text):
            return ""
    if all(record.type in _TYPES for record in first) and any(_entry_like(record) for record in first):
        return ""
    return f"its first record is {header[:20].rstrip()!r}, not a file header (101…) or batch header (5…)"


def _entry_like(record: Record) -> bool:
    return (
        bool(re.match(r"6[2-58][0-9]{10}", record.text))
        and record.field(30, 39).isdigit()
        and len(record.text.rstrip()) > 79
    )
