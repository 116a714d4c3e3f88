"""Whose money an identifier brings, taught from a file: bad rows are named, good ones are learned."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tieout.domain.cash.payers import OWN_SCHEME, Alias
from tieout.domain.ids import InternalId
from tieout.flows.context import Context

#: Columns of the file; the last one may be empty.
COLUMNS = ("scheme", "value", "customer", "evidence")


@dataclass(frozen=True, slots=True)
class RejectedPayer:
    """A row that was not learned: its line, why, and what it said."""

    line: int
    reason: str
    row: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taught:
    """What a file came to: aliases that are new, those known already, rows that cannot be used."""

    learned: int
    known: int
    rejected: tuple[RejectedPayer, ...]

    def as_json(self) -> dict[str, Any]:
        """A plain structure."""
        rejected = [{"line": r.line, "reason": r.reason, "row": dict(r.row)} for r in self.rejected]
        return {"learned": self.learned, "known": self.known, "rejected": rejected}


def teach_file(context: Context, file: Path, by: str) -> Taught:
    """Learn every good row of a CSV of `COLUMNS`: the identifier stands for the customer until it is unlearned.

    `customer` is the internal id of a NetSuite customer. Raises `OSError` for a file that cannot be read, `ValueError`
    for one that is no UTF-8 or whose header lacks a column.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{file.name}: expected UTF-8, found other bytes ({error.reason})") from error
    reader = csv.DictReader(io.StringIO(text), restkey="", restval="")
    missing = [name for name in COLUMNS[:3] if name not in (reader.fieldnames or ())]
    if missing:
        found = ", ".join(reader.fieldnames or ()) or "nothing"
        raise ValueError(f"{file.name}:1: expected the columns {', '.join(COLUMNS)}, found {found}")
    learned = known = 0
    rejected = []
    now = context.clock.now()
    with context.store.write("payers_taught") as unit:
        for row in reader:
            values = {name: str(row.get(name) or "").strip() for name in COLUMNS}
            if (reason := _wrong(values)) is not None:
                rejected.append(RejectedPayer(reader.line_num, reason, values))
                continue
            alias = Alias(
                scheme=values["scheme"],
                value=values["value"],
                customer=InternalId(values["customer"]),
                taught_by=by,
                taught_at=now,
                evidence=values["evidence"] or f"{file.name}, line {reader.line_num}",
            )
            if not unit.cash.teach(alias):
                known += 1
                continue
            learned += 1
            data = {**values, "by": by, "evidence": alias.evidence}
            unit.journal.add("payer_learned", now, data=data)
    return Taught(learned=learned, known=known, rejected=tuple(rejected))


def _wrong(values: Mapping[str, str]) -> str | None:
    """Why a row cannot be used."""
    for name in COLUMNS[:3]:
        if not values[name]:
            return f"{name}: expected a value, found none"
    if values["scheme"] == OWN_SCHEME:
        return (
            f"scheme: expected an identifier of the payer's, found {OWN_SCHEME}, which is the customer itself"
        )
    if not (values["customer"].isascii() and values["customer"].isdigit()):
        return f"customer: expected the internal id of a NetSuite customer, found {values['customer']!r}"
    return None
