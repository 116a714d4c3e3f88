"""Our picture of NetSuite's open items, kept by reading what changed; matching never asks NetSuite by the payment."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import structlog

from tieout.flows.context import Context

log = structlog.get_logger(__name__)

#: What NetSuite stamps and what our clock says may differ, and a transaction takes a while to be seen.
_OVERLAP = timedelta(minutes=10)


class LedgerKeeper:
    """Reads all open items once, then what changed since the last reading, payments' and credits' effects included."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._lock = threading.Lock()

    @property
    def _cursor(self) -> str:
        return f"open-items:{self._context.netsuite.account}"

    def as_of(self) -> datetime | None:
        """When NetSuite was last asked, as far as the whole picture goes; None before the first time."""
        with self._context.store.read() as unit:
            mark = unit.records.cursor(self._cursor)
        return datetime.fromisoformat(mark) if mark else None

    def refresh(self, good_for: timedelta) -> datetime:
        """The picture, no older than `good_for`. Raises `CallError`s when NetSuite has to be asked and is silent."""
        with self._lock:
            context = self._context
            last = self.as_of()
            now = context.clock.now()
            if last is not None and now - last <= good_for:
                return last
            count = 0
            since = last - _OVERLAP if last is not None else None
            with context.slots.reading():
                for page in context.netsuite.open_items(since):
                    with context.store.write("open_items") as unit:
                        unit.cash.put_items(context.netsuite.account, page, now)
                    count += len(page)
            with context.store.write("open_items_read") as unit:
                unit.records.set_cursor(self._cursor, now.isoformat(), now)
            log.info("open items read", items=count, since=since.isoformat() if since else "")
            return now
