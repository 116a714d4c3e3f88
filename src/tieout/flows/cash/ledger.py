"""Our picture of NetSuite's open items, kept by reading what changed; matching never asks NetSuite by the payment."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import structlog

from tieout.domain.cash.ledger import ItemKind
from tieout.domain.ids import InternalId
from tieout.flows.context import Context

log = structlog.get_logger(__name__)

#: What NetSuite stamps and what our clock says may differ, and a transaction takes a while to be seen.
_OVERLAP = timedelta(minutes=10)
#: Whether every change is stamped is not known: all is read again.
_ALL_AGAIN = timedelta(days=1)
#: Deletions are looked for among documents that are not older than this.
_COUNTED = timedelta(days=365)
_SETTLERS = frozenset({ItemKind.PAYMENT, ItemKind.CREDIT_MEMO})


def read_mark(account: str) -> str:
    """Name of the mark: when NetSuite was last asked what changed."""
    return f"open-items:{account}"


class LedgerKeeper:
    """Reads all open items once a day, and in between what changed, payments' and credits' effects included.

    An application that somebody took back leaves no link, and the invoice's stamp need not move: so what each payment
    and credit is applied to is kept, and what it no longer is applied to is read again. A deleted document appears
    in no query by date: the number of documents tells, and only when it differs are their ids compared.
    """

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
            count, settled = self._read_items(since, now)
            gone = set[InternalId]() if all_again else self._gone(now)
            freed = self._freed(settled, gone)
            if not all_again:
                self._read_again(freed - gone, now)
            with context.store.write("open_items_read") as unit:
                account = context.netsuite.account
                unit.settlements.put(account, settled)
                unit.settlements.forget(account, gone)
                unit.records.set_cursor(self._read, now.isoformat(), now)
                if all_again:
                    unit.settlements.close_unseen(account, now)
                    unit.records.set_cursor(self._whole, now.isoformat(), now)
            since_told = since.isoformat() if since else ""
            log.info("open items read", items=count, since=since_told, freed=len(freed), gone=len(gone))
            return now

    def _read_items(
        self, since: datetime | None, now: datetime
    ) -> tuple[int, dict[InternalId, set[InternalId]]]:
        """Take in what changed. Returns how many items, and what the payments and credits among them settle."""
        context = self._context
        count, settled = 0, dict[InternalId, set[InternalId]]()
        with context.slots.reading():
            for page in context.netsuite.open_items(since):
                settlers = [item.id for item in page if item.kind in _SETTLERS]
                # A deposit that is deleted leaves its order to be paid again.
                deposits = [item for item in page if item.kind is ItemKind.CUSTOMER_DEPOSIT]
                settled.update({item.id: {item.made_from} if item.made_from else set() for item in deposits})
                if settlers:
                    settled.update(context.netsuite.settled_by(settlers))
                with context.store.write("open_items") as unit:
                    unit.cash.put_items(context.netsuite.account, page, now)
                count += len(page)
        return count, settled

    def _gone(self, now: datetime) -> set[InternalId]:
        """Documents of the picture that NetSuite no longer has."""
        context = self._context
        first = (now - _COUNTED).date()
        with context.store.read() as unit:
            known = unit.settlements.documents_since(context.netsuite.account, first)
        with context.slots.reading():
            if context.netsuite.count_since(first) == len(known):
                return set()
            for page in context.netsuite.ids_since(first):
                known.difference_update(page)
        return known

    def _freed(self, settled: dict[InternalId, set[InternalId]], gone: set[InternalId]) -> set[InternalId]:
        """Items that a payment or credit was applied to when it was last read, and is no more."""
        with self._context.store.read() as unit:
            before = unit.settlements.of(self._context.netsuite.account, [*settled, *gone])
        return {item for settler, items in before.items() for item in items - settled.get(settler, set())}

    def _read_again(self, items: set[InternalId], now: datetime) -> None:
        context = self._context
        if not items:
            return
        with context.slots.reading():
            found = context.netsuite.items_now(sorted(items))
        with context.store.write("open_items") as unit:
            unit.cash.put_items(context.netsuite.account, found, now)
