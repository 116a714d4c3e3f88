"""What was sold lately, as the sources tell it: from the store, or read from the source and kept nowhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from tieout.domain.documents import Customer, Order
from tieout.flows.checking import read_order
from tieout.flows.context import Context
from tieout.flows.ports import Sighting, Source

#: A source nobody has polled yet is read for so many pages at most.
_PAGES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Sales:
    """Won deals since a day. `evidence`: where they came from, and how many could not be read."""

    since: date
    orders: tuple[Order, ...]
    evidence: tuple[str, ...]

    @property
    def payers(self) -> list[Customer]:
        """Everybody who was billed, once each."""
        found = {order.payer.source.record_key: order.payer for order in self.orders if order.payer.source.id}
        return [found[key] for key in sorted(found)]


def recent_sales(context: Context, since: date) -> Sales:
    """Won deals of all sources. Raises `CallError`s of sources that have to be asked."""
    orders: list[Order] = []
    evidence = []
    with context.store.read() as unit:
        records = unit.records.all()
    for name, source in context.sources.items():
        stored = [record for record in records if record.source.system == name]
        if stored:
            read = [read_order(source, record) for record in stored if not record.deleted]
            origin = "from the store"
        else:
            read = [source.read(sighting) for sighting in _newest(source)]
            origin = "read from the source, not stored"
        sold = [one for one in read if isinstance(one, Order) and _sold(one, since)]
        unreadable = sum(not isinstance(one, Order) for one in read)
        orders += sold
        note = f", {unreadable} could not be read" if unreadable else ""
        evidence.append(f"{name}: {len(sold)} won since {since.isoformat()} of {len(read)} {origin}{note}")
    return Sales(since=since, orders=tuple(orders), evidence=tuple(evidence))


def _sold(order: Order, since: date) -> bool:
    return order.won and order.closed and order.close_date >= since


def _newest(source: Source) -> Sequence[Sighting]:
    """The newest version of each deal the source shows; a deleted one is none."""
    found: dict[tuple[str, str], Sighting] = {}
    for sighting in _pages(source):
        found[sighting.object, sighting.object_id] = sighting
    return [sighting for sighting in found.values() if not sighting.deleted]


def _pages(source: Source) -> Iterator[Sighting]:
    cursor = None
    for _ in range(_PAGES):
        batch = source.poll(cursor)
        yield from batch.sightings
        if not batch.more:
            return
        cursor = batch.cursor
