"""Leases of processes: blocks of NetSuite's slots, and the right to poll a source."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from tieout.store import tables as t

_B = t.slot_block
_P = t.poll_lease


class Leases:
    """Rows of `slot_block` and `poll_lease` within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def blocks(self, account: str, now: datetime) -> dict[str, int]:
        """Holder → slots, of the blocks that have not run out; those that have are removed."""
        self._connection.execute(delete(_B).where(_B.c.account == account, _B.c.expires_at <= now))
        rows = self._connection.execute(select(_B.c.holder, _B.c.slots).where(_B.c.account == account))
        return {str(holder): int(slots) for holder, slots in rows}

    def held(self, account: str, now: datetime) -> dict[str, int]:
        """Holder → slots, of the blocks that have not run out; nothing is removed."""
        where = (_B.c.account == account, _B.c.expires_at > now)
        rows = self._connection.execute(select(_B.c.holder, _B.c.slots).where(*where))
        return {str(holder): int(slots) for holder, slots in rows}

    def set_block(self, account: str, holder: str, slots: int, until: datetime) -> None:
        """This holder has so many slots until then."""
        where = (_B.c.account == account, _B.c.holder == holder)
        values = {"slots": slots, "expires_at": until}
        if self._connection.execute(update(_B).where(*where).values(**values)).rowcount == 0:
            self._connection.execute(insert(_B).values(account=account, holder=holder, **values))

    def lease_poll(self, source: str, holder: str, until: datetime, now: datetime) -> bool:
        """Whether this holder may poll the source until then; nobody else does meanwhile."""
        row = self._connection.execute(select(_P).where(_P.c.source == source)).first()
        if row is None:
            self._connection.execute(insert(_P).values(source=source, holder=holder, expires_at=until))
            return True
        taken = row.holder not in {"", holder} and row.expires_at is not None and row.expires_at > now
        if not taken:
            values = {"holder": holder, "expires_at": until}
            self._connection.execute(update(_P).where(_P.c.source == source).values(**values))
        return not taken

    def polled(self, source: str, holder: str, began: datetime) -> None:
        """A complete poll of this source by this holder began then and has ended; its lease, too."""
        self._connection.execute(update(_P).where(_P.c.source == source).values(polled_at=began))
        freed = {"holder": "", "expires_at": None}
        mine = (_P.c.source == source, _P.c.holder == holder)
        self._connection.execute(update(_P).where(*mine).values(**freed))

    def last_polls(self) -> dict[str, datetime | None]:
        """Source → when its last complete poll began."""
        rows = self._connection.execute(select(_P.c.source, _P.c.polled_at))
        return {str(source): polled_at for source, polled_at in rows}

    def release(self, holder: str) -> None:
        """Give back all that this holder has."""
        self._connection.execute(delete(_B).where(_B.c.holder == holder))
        freed = {"holder": "", "expires_at": None}
        self._connection.execute(update(_P).where(_P.c.holder == holder).values(**freed))
