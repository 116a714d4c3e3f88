"""A CSV export as rows with their lines: which delimiter, and where the header stands."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from tieout.connectors.bank.csv_headers import Header, header_of
from tieout.connectors.bank.csv_values import cell_of, date_of

#: how far down a header is looked for: exports put account, period and balances before it
_PREAMBLE = 60
#: lines one quoted cell may run over
_LONGEST_CELL = 40
#: rows that must agree before columns are told without a header
_ROWS_TO_GUESS = 2
_DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a row and the line it begins on."""

    line: int
    cells: tuple[str, ...]

    def cell(self, column: int | None) -> str:
        """A cell without outer blanks; empty beyond the end."""
        return self.cells[column].strip() if column is not None and column < len(self.cells) else ""

    @property
    def blank(self) -> bool:
        """Whether nothing stands in it."""
        return not any(cell.strip() for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Table:
    """Delimiter, header, rows before and after it."""

    delimiter: str
    header: Header
    preamble: tuple[Row, ...]
    rows: tuple[Row, ...]


def rows_of(text: str, delimiter: str) -> list[Row]:
    """The rows. A quote that never closes would swallow the lines after it: those are split as they are."""
    lines = text.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    usual = _usual(lines, delimiter)
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=delimiter)
    rows: list[Row] = []
    start = 0
    try:
        for cells in reader:
            taken = lines[start : reader.line_num]
            if len(taken) > _LONGEST_CELL:
                raise csv.Error("a quoted cell of too many lines")
            if len(taken) > 1 and usual and all(line.count(delimiter) == usual for line in taken):
                rows += [_plain(start + index, line, delimiter) for index, line in enumerate(taken, start=1)]
            else:
                rows.append(Row(start + 1, tuple(cells)))
            start = reader.line_num
    except csv.Error:
        return [_plain(number, line, delimiter) for number, line in enumerate(lines, start=1)]
    return rows


def _usual(lines: list[str], delimiter: str) -> int:
    """How many delimiters most lines have."""
    counts = Counter(line.count(delimiter) for line in lines if line.strip())
    return counts.most_common(1)[0][0] if counts else 0


def _plain(number: int, line: str, delimiter: str) -> Row:
    return Row(number, tuple(cell.strip().strip('"') for cell in line.split(delimiter)))


def guessed(text: str) -> Table | None:
    """A table without a header, when every row has one column of dates, one of amounts, and a text beside them.

    Some large banks export so. One row that does not fit, and nothing is guessed.
    """
    for delimiter in _DELIMITERS:
        rows = tuple(row for row in rows_of(text, delimiter) if not row.blank) if delimiter in text else ()
        widths = {len(row.cells) for row in rows}
        if len(rows) < _ROWS_TO_GUESS or len(widths) != 1 or (width := widths.pop()) < 3:
            continue
        dates = [at for at in range(width) if all(date_of(row.cell(at), "") for row in rows)]
        amounts = [
            at for at in range(width) if at not in dates and all(_amount_like(row.cell(at)) for row in rows)
        ]
        texts = [at for at in range(width) if all(any(map(str.isalpha, row.cell(at))) for row in rows)]
        if dates and amounts and texts:
            header = Header(-1, width, {"date": dates[0], "amount": amounts[0]}, texts)
            return Table(delimiter, header, (), rows)
    return None


def _amount_like(text: str) -> bool:
    cell = cell_of(text)
    return cell is not None and re.search(r"[.,]\d\d$", cell.body) is not None


def table_of(text: str, mapping: Mapping[str, str]) -> Table | None:
    """The table whose header names most columns, or None when no line names a date and an amount."""
    head = "\n".join(text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[: _PREAMBLE + 5])
    best: tuple[int, str, int] | None = None
    for delimiter in _DELIMITERS:
        if delimiter not in head:
            continue
        for index, row in enumerate(rows_of(head, delimiter)[:_PREAMBLE]):
            header = header_of(index, row.cells, mapping)
            if header.usable and len(row.cells) > 1:
                score = len(header.columns)
                if best is None or score > best[0]:
                    best = (score, delimiter, index)
                break
    if best is None:
        return None
    _, delimiter, index = best
    rows = rows_of(text, delimiter)
    if index >= len(rows):
        return None
    header = header_of(index, rows[index].cells, mapping)
    kept = tuple(row for row in rows[index + 1 :] if not row.blank)
    return Table(delimiter, header, tuple(rows[:index]), kept)
