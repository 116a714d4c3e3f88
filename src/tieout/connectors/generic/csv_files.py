"""CSV files: one row per line of a deal, gathered by deal id (and version) into the shape of the JSON form.

A deal whose rows are partly wrong stays a deal, and reading it says which row is wrong and why: billing the
rows that happened to be readable would bill too little.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import StringIO
from typing import Any

from tieout.connectors.generic.columns import DEAL, LINE, place_of
from tieout.connectors.generic.mapping import CSV_NOTES, read_deal
from tieout.connectors.generic.pieces import Deal, Found, Rejection, cleaned
from tieout.domain.documents import Order
from tieout.domain.sources import SourceRef

_DELIMITERS = ",;\t"
_KEY = "deal_id"
#: Columns that a row of its own deal has, and a row that merely continues the one above has not.
_OWN = ("deal_name", "customer_id", "customer_name")


@dataclass(slots=True)
class _Row:
    line: int
    cells: dict[str, str]
    raw: str
    error: str = ""
    lines: int = 1


@dataclass(slots=True)
class _Group:
    """The rows of one deal in one version."""

    line: int
    identifier: str
    version: str
    rows: list[_Row] = field(default_factory=list)
    by_line_id: dict[str, _Row] = field(default_factory=dict)
    problems: list[dict[str, Any]] = field(default_factory=list)

    def problem(self, row: _Row, expected: str, found: str) -> None:
        """Keep what is wrong with a row."""
        self.problems.append({"line": row.line, "expected": expected, "found": found, "raw": row.raw})


def read(text: str) -> Found:
    """All deals of a CSV file, in the order they begin; rows of none are rejected."""
    header = next((line for line in StringIO(text, newline="") if line.strip()), "").rstrip("\r\n")
    delimiter = next((one for one in _DELIMITERS if _KEY in _names(header, one)), None)
    if delimiter is None:
        wanted = f"a header row with a column {_KEY}"
        return Found((), (Rejection(1, f"no column {_KEY}", wanted, repr(header[:80]), header),))
    rows = list(_rows(text, delimiter))
    if rows and rows[0].error:
        return Found(
            (), (Rejection(1, "the header is wrong", "each column once", rows[0].error, rows[0].raw),)
        )
    if len(rows) < 2:
        return Found((), (Rejection(0, "the file is empty", "at least one deal", "a header only", ""),))
    return _Gathering(rows[1:], delimiter, header).found()


def _names(header: str, delimiter: str) -> list[str]:
    cells = next(csv.reader([header], delimiter=delimiter), [])
    return [cell.strip().lower().replace(" ", "_") for cell in cells]


def _rows(text: str, delimiter: str) -> Iterator[_Row]:
    """The header, then every row that is not blank; a row that is no CSV has an `error` and no cells."""
    physical = list(StringIO(text, newline=""))
    reader = csv.reader(physical, delimiter=delimiter, strict=True)
    names: list[str] = []
    while True:
        start = reader.line_num
        try:
            cells, error = next(reader), ""
        except StopIteration:
            return
        except csv.Error as refusal:
            cells, error = [], f"not CSV: {refusal}"
        raw = "".join(physical[start : reader.line_num]).rstrip("\r\n")
        count = max(reader.line_num - start, 1)
        if not error and not any(cell.strip() for cell in cells):
            continue
        if not names:
            names = [cell.strip().lower().replace(" ", "_") for cell in cells]
            twice = sorted({name for name in names if name and names.count(name) > 1})
            yield _Row(start + 1, {}, raw, error or (f"{', '.join(twice)} twice" if twice else ""))
            continue
        if not error and len(cells) != len(names):
            error = f"{len(cells)} cells"
        pairs = zip(names, cells, strict=False)
        yield _Row(start + 1, {n: cleaned(c.strip()) for n, c in pairs if n}, raw, error, count)


class _Gathering:
    def __init__(self, rows: list[_Row], delimiter: str, header: str) -> None:
        self._rows = rows
        self._delimiter = delimiter
        self._names = _names(header, delimiter)
        self._groups: dict[tuple[str, str], _Group] = {}
        self._latest: dict[str, _Group] = {}
        self._rejected: list[Rejection] = []
        self._notes: list[str] = []

    def found(self) -> Found:
        """Everything the rows came to."""
        strays = []
        for index, row in enumerate(self._rows):
            if not row.cells.get(_KEY) or (row.error and row.lines > 1):
                strays.append(index)  # a broken row of several lines may have swallowed other deals' rows
            else:
                self._place(row)
        indexes = range(len(self._rows))
        before, after = self._neighbours(indexes), self._neighbours(reversed(indexes))
        for index in strays:
            self._stray(self._rows[index], before[index], after[index])
        deals = [self._deal(group) for group in self._groups.values()]
        return Found(tuple(deals), tuple(self._rejected), tuple(self._notes))

    def _place(self, row: _Row) -> None:
        """A row into its deal; a row without a version belongs to the version named last."""
        identifier, version = row.cells[_KEY], row.cells.get("version", "")
        if not version and identifier in self._latest:
            group = self._latest[identifier]
        else:
            group = self._groups.setdefault((identifier, version), _Group(row.line, identifier, version))
        self._latest[identifier] = group
        if row.error:
            group.problem(row, f"{len(self._names)} cells, as the header has", row.error)
            return
        line_id = row.cells.get("line_id", "")
        twin = group.by_line_id.setdefault(line_id, row) if line_id else row
        if twin is not row and twin.cells == row.cells:
            self._notes.append(f"line {row.line}: the same as line {twin.line}; ignored")
            return
        group.rows.append(row)

    def _neighbours(self, indexes: Iterable[int]) -> dict[int, str]:
        """For each row, the deal of the row met before it; empty when there is none."""
        nearest, last = {}, ""
        for index in indexes:
            nearest[index] = last
            identifier = self._rows[index].cells.get(_KEY, "")
            last = identifier if identifier in self._latest else last
        return nearest

    def _stray(self, row: _Row, before: str, after: str) -> None:
        """A row of no deal is rejected, and each deal it may have been a line of is told."""
        reason = row.error or "no deal id"
        wanted = f"a row of {len(self._names)} cells with a deal id"
        self._rejected.append(Rejection(row.line, reason, wanted, repr(row.raw[:80]), row.raw))
        for identifier in self._perhaps(row, before, after):
            found = f"row {row.line} cannot be read ({reason}) and may be one of its lines"
            self._latest[identifier].problem(row, "every row of the deal readable", found)

    def _perhaps(self, row: _Row, before: str, after: str) -> list[str]:
        within = {cells[_KEY] for cells in self._leniently(row) if cells.get(_KEY) in self._latest}
        continues = not row.error and not any(row.cells.get(name) for name in _OWN)
        if before and (before == after or continues or row.lines > 1):
            within.add(before)
        if after and row.lines > 1:
            within.add(after)
        return sorted(within)

    def _leniently(self, row: _Row) -> Iterator[dict[str, str]]:
        """What the cells of a broken row may have been, line by line."""
        for line in row.raw.splitlines() if row.error else ():
            cells = [cell.strip().strip('"') for cell in line.split(self._delimiter)]
            yield dict(zip(self._names, cells, strict=False))

    # -- one deal ------------------------------------------------------------------------------------------

    def _deal(self, group: _Group) -> Deal:
        payload: dict[str, Any] = {"id": group.identifier, "lines": []}
        if group.version:
            payload["version"] = group.version
        file_lines = []
        said: dict[str, tuple[str, int]] = {}
        for row in group.rows:
            self._head(payload, row, said, group)
            line, unknown = _line(row), _unknown(row)
            if line:
                payload["lines"].append(line | ({"columns": unknown} if unknown else {}))
                file_lines.append(row.line)
            elif unknown:
                payload.setdefault("columns", {}).update(unknown)
        reference = SourceRef(system="csv", environment="", object="deal", id=group.identifier)
        # Line numbers only where something is wrong: a good deal is the same deal wherever it stands in a file.
        readable = not group.problems and isinstance(read_deal(payload, reference), Order)
        if not readable:
            payload[CSV_NOTES] = {"lines": file_lines, "problems": group.problems}
        raw = "\n".join(row.raw for row in group.rows)
        return Deal(group.line, payload, raw, readable)

    def _head(
        self, payload: dict[str, Any], row: _Row, said: dict[str, tuple[str, int]], group: _Group
    ) -> None:
        """The columns about the deal: said once or the same each time."""
        for name, value in row.cells.items():
            place = place_of(name, DEAL)
            if place is None or not value or name == "version":
                continue
            before = said.setdefault(name, (value, row.line))
            if before[0] != value:
                group.problem(row, f"{name} {before[0]!r} as in line {before[1]}", repr(value))
                continue
            _put(payload, place, value)


def _line(row: _Row) -> dict[str, Any]:
    """The columns about a line; empty when the row has none."""
    line: dict[str, Any] = {}
    for name, value in row.cells.items():
        place = place_of(name, LINE)
        if place is not None and value:
            _put(line, place, value)
    return line


def _unknown(row: _Row) -> dict[str, str]:
    """Columns nobody documented, kept as they are."""
    known = (DEAL, LINE)
    return {
        name: value
        for name, value in row.cells.items()
        if value and all(place_of(name, columns) is None for columns in known)
    }


def _put(node: dict[str, Any], place: tuple[str, ...], value: str) -> None:
    *parents, last = place
    for parent in parents:
        node = node.setdefault(parent, {})
    node[last] = value.replace(",", " ").replace(";", " ").split() if last == "merged_ids" else value
