"""Crosswalks: tables that translate one system's id into NetSuite's, with effective dates and versions.

A later version of the same key replaces the earlier one from its start date on; nothing is overwritten, so
"which item did we use on that day, and who said so" always has an answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from tieout.domain.errors import DomainError
from tieout.domain.periods import Period


class CrosswalkKind(StrEnum):
    """What is translated."""

    ITEM = "item"
    TERM = "term"
    CURRENCY = "currency"
    TAX_CODE = "tax_code"
    ACCOUNT = "account"
    CLASS = "class"


@dataclass(frozen=True, slots=True, kw_only=True)
class CrosswalkRow:
    """One row: `key` of `system` is NetSuite's `target` during `valid`; `subsidiary` empty means any."""

    kind: CrosswalkKind
    system: str
    key: str
    target: str
    valid: Period
    subsidiary: str = ""
    version: int = 1
    changed_by: str
    changed_at: datetime
    why: str = ""

    def __post_init__(self) -> None:
        if not self.key or not self.target:
            raise DomainError("a crosswalk row needs a key and a target")


class Crosswalk:
    """All rows of all kinds, to be asked by key, day and subsidiary."""

    def __init__(self, rows: Iterable[CrosswalkRow]) -> None:
        self._rows: dict[tuple[str, str, str], list[CrosswalkRow]] = {}
        for row in rows:
            self._rows.setdefault((row.kind, row.system, row.key), []).append(row)

    def resolve(
        self, kind: CrosswalkKind, system: str, key: str, on: date, subsidiary: str = ""
    ) -> CrosswalkRow | None:
        """The row in force: the subsidiary's own before the general one, the highest version first."""
        rows = [
            row
            for row in self._rows.get((kind, system, key), ())
            if on in row.valid and row.subsidiary in {"", subsidiary}
        ]
        return max(rows, key=lambda row: (row.subsidiary != "", row.version), default=None)

    def history(self, kind: CrosswalkKind, system: str, key: str) -> list[CrosswalkRow]:
        """Every version of a key, oldest first."""
        return sorted(self._rows.get((kind, system, key), ()), key=lambda row: row.version)
