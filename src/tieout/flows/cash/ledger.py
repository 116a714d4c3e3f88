"""Our picture of NetSuite's open items, kept by reading what changed; matching never asks NetSuite by the payment."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import structlog

from tieout.flows.context import Context

log = structlog.get_logger(__name__)

#: What NetSuite stamps and what our clock says may differ, and a transaction takes a while to be seen.
_OVERLAP = timedelta(minutes=10)
#: Whether every change is stamped is not known (an application taken back leaves no link): all is read again.
_ALL_AGAIN = timedelta(days=1)


def read_mark(account: str) -> str:
    """Name of the mark: when NetSuite was last asked what changed."""
    return f"open-items:{account}"


class LedgerKeeper:
    """Reads all open items once a day, and in between what changed, payments' and credits' effects included."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._lock = threading.Lock()
        self._read = read_mark(context.netsuite.account)
        self._whole = f"open-items-whole:{context.netsuite.account}"

    def _marks(self) -> tuple[datetime | None, datetime | None]:
        with self._context.store.read() as unit:
            marks = unit.records.cursor(self._read), unit.records.cursor(self._whole)
        last, whole = (datetime.fromisoformat(mark) if mark else None for mark in marks)
        return last, whole

    def refresh(self, good_for: timedelta) -> datetime:
        """The picture, no older than `good_for`. Raises `CallError`s when NetSuite has to be asked and is silent."""
        with self._lock:
            context = self._context
            last, whole = self._marks()
            now = context.clock.now()
            if last is not None and now - last <= good_for:
                return last
            all_again = last is None or whole is None or now - whole > _ALL_AGAIN
            since = None if all_again or last is None else last - _OVERLAP
            count = 0
            with context.slots.reading():
                for page in context.netsuite.open_items(since):
                    with context.store.write("open_items") as unit:
                        unit.cash.put_items(context.netsuite.account, page, now)
                    count += len(page)
            with context.store.write("open_items_read") as unit:
                unit.records.set_cursor(self._read, now.isoformat(), now)
                if all_again:
                    unit.records.set_cursor(self._whole, now.isoformat(), now)
            log.info("open items read", items=count, since=since.isoformat() if since else "")
            return now
