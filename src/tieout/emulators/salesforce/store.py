"""Rows in memory: copy on write, indexed, with a journal so that a whole call can be undone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from tieout.emulators.kit.http import Json

Record = dict[str, Any]


@dataclass
class Meta:
    """What the emulator knows about a row and Salesforce does not say."""

    created_at: str
    created_by: str
    request: int | None = None
    modified_at: str | None = None
    modified_by: str | None = None
    history: list[Json] = field(default_factory=list)


class Table:
    """The rows of one object. A row is replaced, never changed, so a page cut earlier keeps what it saw."""

    def __init__(self, indexed: dict[str, Callable[[Any], Any]]) -> None:
        self.rows: dict[str, Record] = {}
        self._keys = indexed
        self._index: dict[str, dict[Any, dict[str, None]]] = {name: defaultdict(dict) for name in indexed}

    def indexes(self, name: str) -> bool:
        """Whether `find` works for this field."""
        return name in self._keys

    def find(self, name: str, value: Any) -> list[Record]:
        """Rows whose indexed field has this value, deleted ones included."""
        ids = self._index[name].get(self._keys[name](value), ())
        return [self.rows[record_id] for record_id in ids]

    def set(self, record_id: str, row: Record | None) -> Record | None:
        """Put, replace or (None) remove a row; returns what was there."""
        before = self.rows.get(record_id)
        for name, key_of in self._keys.items():
            old = before.get(name) if before is not None else None
            new = row.get(name) if row is not None else None
            if old != new:
                if old is not None:
                    self._index[name][key_of(old)].pop(record_id, None)
                if new is not None:
                    self._index[name][key_of(new)][record_id] = None
        if row is None:
            self.rows.pop(record_id, None)
        else:
            self.rows[record_id] = row
        return before


class Store:
    """All tables, the delete log, and the journal of the running call."""

    def __init__(self) -> None:
        self.tables: dict[str, Table] = {}
        self.meta: dict[str, Meta] = {}
        self.delete_log: dict[str, list[tuple[str, str]]] = defaultdict(list)
        self._journal: list[tuple[str, str, Record | None, Meta | None]] | None = None

    def add_table(self, name: str, indexed: dict[str, Callable[[Any], Any]]) -> None:
        """Make room for an object."""
        self.tables[name] = Table(indexed)

    def get(self, sobject: str, record_id: str | None) -> Record | None:
        """The row of that id, deleted or not."""
        return self.tables[sobject].rows.get(record_id) if record_id is not None else None

    def put(self, sobject: str, row: Record) -> None:
        """Write a row."""
        before = self.tables[sobject].set(row["Id"], row)
        if self._journal is not None:
            self._journal.append((sobject, row["Id"], before, self.meta.get(row["Id"])))

    def remove(self, sobject: str, record_id: str) -> None:
        """Take a row away for good."""
        before = self.tables[sobject].set(record_id, None)
        if self._journal is not None and before is not None:
            self._journal.append((sobject, record_id, before, self.meta.get(record_id)))

    def live(self, sobject: str) -> Iterable[Record]:
        """Rows that are not in the recycle bin."""
        return (row for row in self.tables[sobject].rows.values() if not row.get("IsDeleted"))

    def begin(self) -> tuple[int, dict[str, int]]:
        """Start (or mark a point in) a journal; give the mark to `rollback`, or call `commit`."""
        if self._journal is None:
            self._journal = []
        return len(self._journal), {name: len(log) for name, log in self.delete_log.items()}

    def rollback(self, mark: tuple[int, dict[str, int]]) -> None:
        """Undo everything written since the mark."""
        journal, length = self._journal or [], mark[0]
        while len(journal) > length:
            sobject, record_id, before, meta = journal.pop()
            self.tables[sobject].set(record_id, before)
            if meta is None:
                self.meta.pop(record_id, None)
            else:
                self.meta[record_id] = meta
        for name, log in self.delete_log.items():
            del log[mark[1].get(name, 0) :]

    def commit(self) -> None:
        """Forget the journal: what was written stays."""
        self._journal = None
