"""Crosswalk files: every bad row is named with line and reason, every good row is loaded."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from tieout.domain.crosswalk import CrosswalkKind, CrosswalkRow
from tieout.domain.errors import DomainError
from tieout.domain.ids import InternalId
from tieout.domain.periods import Period
from tieout.flows.context import Context
from tieout.flows.machine import Machine
from tieout.flows.storage_doors import Reach

#: Columns of a crosswalk file; the first three are required.
COLUMNS = ("system", "key", "target", "valid_from", "valid_to", "subsidiary", "why")
_REQUIRED = COLUMNS[:3]
_EXTRA = "_extra"
_BEGINNING = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that was not loaded."""

    line: int
    reason: str
    row: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did."""

    added: int
    unchanged: int
    rejected: tuple[RejectedRow, ...]
    rejected_file: Path | None

    def as_json(self) -> dict[str, Any]:
        """A plain structure."""
        return {
            "added": self.added,
            "unchanged": self.unchanged,
            "rejected": [{"line": r.line, "reason": r.reason, "row": dict(r.row)} for r in self.rejected],
            "rejected_file": str(self.rejected_file) if self.rejected_file else None,
        }


def import_file(context: Context, kind: CrosswalkKind, file: Path, by: str, why: str) -> Imported:
    """Load a CSV file. Rejected rows are written to `<file>.rejected.csv` with line and reason."""
    try:
        content = file.read_bytes()
    except OSError as error:
        content, unreadable = b"", [RejectedRow(1, f"expected a readable UTF-8 file: {error}", {})]
        imported = _store(context, kind, ([], unreadable), by, file.name)
    else:
        imported = import_csv(context, kind, content, by, why, name=file.name)
    target = file.with_suffix(".rejected.csv") if imported.rejected else None
    if target is not None:
        with target.open("w", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, ("line", "reason", *COLUMNS), extrasaction="ignore")
            writer.writeheader()
            writer.writerows({"line": r.line, "reason": r.reason, **r.row} for r in imported.rejected)
    return replace(imported, rejected_file=target)


def import_csv(
    context: Context,
    kind: CrosswalkKind,
    content: bytes,
    by: str,
    why: str,
    *,
    name: str,
    reach: Reach = None,
) -> Imported:
    """Load the text of a crosswalk file. With a `reach`, rows of other subsidiaries, and rows for all of them, are
    rejected.
    """
    return _store(context, kind, read_csv(context, kind, content, by, why, reach), by, name)


def import_rows(
    context: Context,
    kind: CrosswalkKind,
    rows: Sequence[Mapping[str, str]],
    by: str,
    why: str,
    *,
    name: str,
    reach: Reach = None,
) -> Imported:
    """Load rows that came one by one; their lines are counted from 1."""
    numbered = enumerate(rows, start=1)
    return _store(context, kind, _judged(context, kind, numbered, by, why, reach), by, name)


def _store(
    context: Context,
    kind: CrosswalkKind,
    judged: tuple[list[CrosswalkRow], list[RejectedRow]],
    by: str,
    name: str,
) -> Imported:
    good, rejected = judged
    with context.store.write("crosswalk_import") as unit:
        added = unit.mappings.add_crosswalk(good)
        unit.journal.add(
            "crosswalk_imported",
            context.clock.now(),
            data={"kind": kind, "file": name, "added": added, "rejected": len(rejected), "by": by},
        )
    return Imported(added, len(good) - added, tuple(rejected), None)


def read_csv(
    context: Context, kind: CrosswalkKind, content: bytes, by: str, why: str, reach: Reach = None
) -> tuple[list[CrosswalkRow], list[RejectedRow]]:
    """Good rows and rejected rows of a file; an unreadable file is one rejected row at line 1."""
    try:
        text = content.decode("utf-8-sig")
        if "\x00" in text:
            raise ValueError("it holds a NUL character")
        reader = csv.DictReader(io.StringIO(text, newline=""), restkey=_EXTRA)
        found_columns = reader.fieldnames or []
    except (csv.Error, ValueError) as error:
        return [], [RejectedRow(1, f"expected a readable UTF-8 file: {error}", {})]
    missing = [name for name in _REQUIRED if name not in found_columns]
    if missing:
        found = ", ".join(found_columns) or "nothing"
        return [], [RejectedRow(1, f"expected columns {', '.join(_REQUIRED)}; found {found}", {})]
    return _judged(context, kind, _lines(reader), by, why, reach)


def _lines(reader: csv.DictReader[str]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        yield reader.line_num, {_EXTRA: [f"what no CSV reader can read: {error}"]}


def _judged(
    context: Context,
    kind: CrosswalkKind,
    rows: Iterable[tuple[int, Mapping[str, Any]]],
    by: str,
    why: str,
    reach: Reach,
) -> tuple[list[CrosswalkRow], list[RejectedRow]]:
    good: list[CrosswalkRow] = []
    rejected: list[RejectedRow] = []
    seen: dict[tuple[str, str, str], int] = {}
    for line, row in rows:
        plain = {name: (row.get(name) or "").strip() for name in COLUMNS}
        reason = _reason(row, plain, seen, line) or _beyond(plain, reach)
        parsed = _parse(context, kind, plain, by, why) if reason is None else reason
        if isinstance(parsed, str):
            rejected.append(RejectedRow(line, parsed, plain))
        else:
            good.append(parsed)
    return good, rejected


def _beyond(plain: Mapping[str, str], reach: Reach) -> str | None:
    if reach is None or plain["subsidiary"] in reach:
        return None
    found = plain["subsidiary"] or "all of them"
    return f"subsidiary: expected one the key acts for ({', '.join(sorted(reach))}), found {found}"


def _reason(
    row: Mapping[str, Any], plain: Mapping[str, str], seen: dict[tuple[str, str, str], int], line: int
) -> str | None:
    if _EXTRA in row:
        return f"expected {len(COLUMNS)} columns at most, found more: {row[_EXTRA]}"
    for name in _REQUIRED:
        if not plain[name]:
            return f"{name} is empty; it is required"
    if not plain["target"].isdigit():
        return f"target: expected a NetSuite internal id (digits), found {plain['target']!r}"
    key = (plain["system"], plain["key"], plain["subsidiary"])
    if key in seen:
        return f"key {plain['key']!r} stands on line {seen[key]} already; keep one"
    seen[key] = line
    return None


def _parse(
    context: Context, kind: CrosswalkKind, plain: Mapping[str, str], by: str, why: str
) -> CrosswalkRow | str:
    try:
        start = date.fromisoformat(plain["valid_from"]) if plain["valid_from"] else _BEGINNING
        end = date.fromisoformat(plain["valid_to"]) if plain["valid_to"] else None
    except ValueError:
        return f"dates are written YYYY-MM-DD, found {plain['valid_from']!r} and {plain['valid_to']!r}"
    try:
        return CrosswalkRow(
            kind=kind,
            system=plain["system"],
            key=plain["key"],
            target=plain["target"],
            valid=Period(start, end),
            subsidiary=plain["subsidiary"],
            changed_by=by,
            changed_at=context.clock.now(),
            why=plain["why"] or why,
        )
    except DomainError as error:
        return str(error)


def rows_as_text(context: Context, kind: CrosswalkKind) -> list[dict[str, str]]:
    """The newest version of every key, as rows of a crosswalk file."""
    newest: dict[tuple[str, str, str], CrosswalkRow] = {}
    with context.store.read() as unit:
        for row in unit.mappings.crosswalk():
            if row.kind is kind:
                newest[row.system, row.key, row.subsidiary] = row
    return [
        {
            "system": row.system,
            "key": row.key,
            "target": row.target,
            "valid_from": row.valid.start.isoformat(),
            "valid_to": row.valid.end.isoformat() if row.valid.end else "",
            "subsidiary": row.subsidiary,
            "why": row.why,
        }
        for row in newest.values()
    ]


def check_rows(machine: Machine) -> list[str]:
    """Rows whose target NetSuite has not, or has inactive. Raises `CallError`s."""
    around = machine.keeper.surroundings()
    reference = around.world.reference
    problems = []
    with machine.context.store.read() as unit:
        rows = unit.mappings.crosswalk()
    for row in rows:
        name = f"{row.kind} {row.system} {row.key} → {row.target}"
        if row.kind is CrosswalkKind.ITEM:
            item = reference.items.get(InternalId(row.target))
            if item is None:
                problems.append(f"{name}: NetSuite has no such item; map another")
            elif not item.active:
                problems.append(f"{name}: item {item.name!r} is inactive; reactivate or replace it")
        elif row.kind is CrosswalkKind.TERM and row.target not in reference.terms:
            problems.append(f"{name}: NetSuite has no such active term")
        elif row.kind is CrosswalkKind.ACCOUNT and row.target not in reference.accounts:
            problems.append(f"{name}: NetSuite has no such active A/R account")
    return problems
