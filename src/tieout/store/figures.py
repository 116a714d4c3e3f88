"""Counts over whole tables, for a scrape."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, select

from tieout.domain.cases import CaseState
from tieout.domain.lifecycle import Standing, State
from tieout.domain.planning import StepKind
from tieout.flows.storage_doors import Tally
from tieout.store import tables as t

_D, _C, _R, _B = t.document, t.exception_case, t.source_record, t.slot_block


class Figures:
    """Counts within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def documents(self) -> list[Tally]:
        """Documents by state and kind."""
        query = select(
            _D.c.state, _D.c.kind, func.count(), func.min(_D.c.due_at, type_=t.Instant())
        ).group_by(_D.c.state, _D.c.kind)
        return [
            Tally(state=State(state), kind=StepKind(kind), count=count, oldest_due=due)
            for state, kind, count, due in self._connection.execute(query)
        ]

    def doubts(self, account: str) -> tuple[int, datetime | None]:
        """Calls in doubt, and when the oldest of them was sent."""
        where = (_D.c.account == account, _D.c.state == State.IN_DOUBT)
        query = select(func.count(), func.min(_D.c.sent_at, type_=t.Instant())).where(*where)
        count, oldest = self._connection.execute(query).one()
        return int(count), oldest

    def open_cases(self) -> dict[str, int]:
        """Code → open cases."""
        query = select(_C.c.code, func.count()).where(_C.c.state == CaseState.OPEN).group_by(_C.c.code)
        return {str(code): int(count) for code, count in self._connection.execute(query)}

    def oldest_received(self) -> datetime | None:
        """When the oldest input that waits to be checked is due."""
        query = select(func.min(_R.c.due_at, type_=t.Instant())).where(_R.c.standing == Standing.RECEIVED)
        return self._connection.execute(query).scalar()

    def leased_slots(self, account: str, now: datetime) -> int:
        """Slots in blocks that have not run out."""
        where = (_B.c.account == account, _B.c.expires_at > now)
        query = select(func.coalesce(func.sum(_B.c.slots), 0)).where(*where)
        return int(self._connection.execute(query).scalar_one())

    def polls(self) -> dict[str, datetime]:
        """Source → when something of a poll was last stored, be it only that nothing is new."""
        rows = self._connection.execute(select(t.cursor.c.source, t.cursor.c.updated_at))
        return {str(source): at for source, at in rows}
