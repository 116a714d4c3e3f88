"""Who settles what in NetSuite, on one connection."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import Connection, delete, insert, select, update

from tieout.domain.cash.ledger import ItemKind
from tieout.domain.ids import InternalId
from tieout.store import cash_tables as c

_I, _S = c.open_item, c.settlement
_LINES = (ItemKind.JOURNAL.value, ItemKind.JOURNAL_CREDIT.value)
_AT_ONCE = 400


class Settlements:
    """Rows within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, account: str, settlers: Iterable[InternalId]) -> dict[InternalId, set[InternalId]]:
        """Payment or credit → what it was applied to when it was last read."""
        found: dict[InternalId, set[InternalId]] = {}
        for some in _portions(sorted(set(settlers))):
            query = select(_S.c.settler, _S.c.item_id).where(_S.c.account == account, _S.c.settler.in_(some))
            for row in self._connection.execute(query):
                found.setdefault(InternalId(row.settler), set()).add(InternalId(row.item_id))
        return found

    def put(self, account: str, settled: Mapping[InternalId, Collection[InternalId]]) -> None:
        """Replace what these settle."""
        self._drop(account, settled)
        rows = [
            {"account": account, "settler": settler, "item_id": item}
            for settler, items in settled.items()
            for item in items
        ]
        if rows:
            self._connection.execute(insert(_S), rows)

    def _drop(self, account: str, settlers: Iterable[InternalId]) -> None:
        for some in _portions(sorted(set(settlers))):
            self._connection.execute(delete(_S).where(_S.c.account == account, _S.c.settler.in_(some)))

    def documents_since(self, account: str, first: date) -> set[InternalId]:
        """Documents of the picture (no lines of journal entries), dated on or after a day."""
        query = select(_I.c.internal_id).where(
            _I.c.account == account, _I.c.day >= first.isoformat(), _I.c.kind.not_in(_LINES)
        )
        return {InternalId(one) for one in self._connection.execute(query).scalars()}

    def forget(self, account: str, gone: Collection[InternalId]) -> None:
        """NetSuite has these no more: they leave the picture."""
        for some in _portions(sorted(gone)):
            self._connection.execute(delete(_I).where(_I.c.account == account, _I.c.internal_id.in_(some)))
        self._drop(account, gone)

    def close_unseen(self, account: str, before: datetime) -> None:
        """What a reading of everything did not bring is no longer open."""
        self._connection.execute(
            update(_I)
            .where(_I.c.account == account, _I.c.as_of < before, _I.c.open_minor > 0)
            .values(open_minor=0)
        )


def _portions(values: Sequence[InternalId]) -> Iterator[Sequence[InternalId]]:
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]
