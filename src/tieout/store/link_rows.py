"""Links between accounts and customers: rows are added, and neither changed nor removed."""

from __future__ import annotations

from sqlalchemy import Connection, func, insert, select

from tieout.domain.bindings import Link, LinkAction, LinkStage
from tieout.domain.ids import InternalId
from tieout.store import tables as t

_L = t.customer_link


class Links:
    """Rows of `customer_link` within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def history(self, record_key: str = "") -> list[Link]:
        """Every statement, oldest first; of one account, or of all."""
        query = select(_L).order_by(_L.c.id)
        if record_key:
            query = query.where(_L.c.record_key == record_key)
        return [
            Link(
                record_key=row.record_key,
                action=LinkAction(row.action),
                stage=LinkStage(row.stage),
                internal_id=InternalId(row.internal_id),
                by=row.by,
                entered_by=row.entered_by,
                because=row.because,
                at=row.at,
                evidence=row.evidence,
                seen=row.seen,
            )
            for row in self._connection.execute(query)
        ]

    def size(self) -> int:
        """Number of rows."""
        return int(self._connection.execute(select(func.count()).select_from(_L)).scalar_one())

    def add(self, link: Link) -> None:
        """Append a statement."""
        self._connection.execute(
            insert(_L).values(
                record_key=link.record_key,
                action=link.action,
                stage=link.stage,
                internal_id=link.internal_id,
                by=link.by,
                entered_by=link.entered_by,
                because=link.because,
                evidence=link.evidence,
                seen=link.seen,
                at=link.at,
            )
        )
