"""What the store keeps of who settles what in NetSuite, and of what NetSuite no longer has."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Protocol

from tieout.domain.ids import InternalId


class Settlements(Protocol):
    """Rows within one transaction."""

    def of(self, account: str, settlers: Iterable[InternalId]) -> dict[InternalId, set[InternalId]]:
        """Payment or credit → what it was applied to when it was last read."""
        ...

    def put(self, account: str, settled: Mapping[InternalId, Collection[InternalId]]) -> None:
        """Replace what these settle."""
        ...

    def documents_since(self, account: str, first: date) -> set[InternalId]:
        """Documents of the picture (no lines of journal entries), dated on or after a day."""
        ...

    def forget(self, account: str, gone: Collection[InternalId]) -> None:
        """NetSuite has these no more: they leave the picture."""
        ...

    def close_unseen(self, account: str, before: datetime) -> None:
        """What a reading of everything did not bring is no longer open."""
        ...
