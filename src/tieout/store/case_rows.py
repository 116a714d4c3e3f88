"""Cases and the decisions people took on them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from tieout.domain.cases import Case, CaseState
from tieout.domain.findings import Finding
from tieout.flows.codec import decode_finding, encode
from tieout.store import tables as t

_C = t.exception_case


def case_of(row: Row[Any]) -> Case:
    """The case of a row."""
    return Case(
        id=row.id,
        state=CaseState(row.state),
        finding=decode_finding(row.finding),
        opened_at=row.opened_at,
        subject=str(row.source_record_id),
        document_id=row.document_id,
        assignee=row.assignee,
        closed_at=row.closed_at,
    )


class Cases:
    """Rows of `exception_case`, `decision` and `redate` within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def open(self, finding: Finding, record_id: int, document_id: int | None, now: datetime) -> int:
        """Open a case, unless the same one is open already. Returns its id."""
        same = select(_C.c.id).where(
            _C.c.state == CaseState.OPEN,
            _C.c.code == finding.code,
            _C.c.cause == finding.cause[:300],
            _C.c.source_record_id == record_id,
            _C.c.document_id.is_(None) if document_id is None else _C.c.document_id == document_id,
        )
        known = self._connection.execute(same).scalar()
        if known is not None:
            return int(known)
        values = {
            "state": CaseState.OPEN,
            "code": finding.code,
            "cause": finding.cause[:300],
            "finding": encode(finding),
            "source_record_id": record_id,
            "document_id": document_id,
            "opened_at": now,
        }
        return int(self._connection.execute(insert(_C).values(**values).returning(_C.c.id)).scalar_one())

    def get(self, case_id: int) -> Case | None:
        """One case."""
        row = self._connection.execute(select(_C).where(_C.c.id == case_id)).first()
        return case_of(row) if row else None

    def find(
        self,
        *,
        state: CaseState | None = CaseState.OPEN,
        code: str = "",
        cause: str = "",
        record_ids: Sequence[int] | None = None,
        document_ids: Sequence[int] | None = None,
    ) -> list[Case]:
        """Cases by any of these, oldest first."""
        query = select(_C).order_by(_C.c.id)
        if state is not None:
            query = query.where(_C.c.state == state)
        if code:
            query = query.where(_C.c.code == code)
        if cause:
            query = query.where(_C.c.cause == cause)
        if record_ids is not None:
            query = query.where(_C.c.source_record_id.in_(record_ids))
        if document_ids is not None:
            query = query.where(_C.c.document_id.in_(document_ids))
        return [case_of(row) for row in self._connection.execute(query)]

    def close(self, case_ids: Sequence[int], state: CaseState, now: datetime) -> None:
        """Close cases as resolved or ignored."""
        self._connection.execute(update(_C).where(_C.c.id.in_(case_ids)).values(state=state, closed_at=now))

    def assign(self, case_id: int, assignee: str) -> None:
        """Name who looks after a case."""
        self._connection.execute(update(_C).where(_C.c.id == case_id).values(assignee=assignee))

    def decide(
        self, case_id: int, action: str, by: str, because: str, before: str, after: str, now: datetime
    ) -> None:
        """Log what a person decided, with the state before and after."""
        values = {"case_id": case_id, "action": action, "by": by, "because": because}
        self._connection.execute(insert(t.decision).values(**values, before=before, after=after, at=now))

    def decisions_of(self, case_id: int) -> list[dict[str, Any]]:
        """Decisions on a case, oldest first."""
        query = select(t.decision).where(t.decision.c.case_id == case_id).order_by(t.decision.c.id)
        return [dict(row) for row in self._connection.execute(query).mappings()]

    def approve_date(self, record_key: str, day: date, by: str, now: datetime) -> None:
        """Approve another transaction date for a deal."""
        values = {"day": day.isoformat(), "by": by, "at": now}
        done = self._connection.execute(
            update(t.redate).where(t.redate.c.record_key == record_key).values(**values)
        )
        if done.rowcount == 0:
            self._connection.execute(insert(t.redate).values(record_key=record_key, **values))

    def approved_dates(self) -> dict[str, date]:
        """Record key → transaction date a person approved."""
        rows = self._connection.execute(select(t.redate.c.record_key, t.redate.c.day))
        return {key: date.fromisoformat(day) for key, day in rows}
