"""Crosswalks, NetSuite's reference data and the account's state."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from tieout.domain.crosswalk import CrosswalkKind, CrosswalkRow
from tieout.domain.ids import InternalId
from tieout.domain.periods import Period
from tieout.store import tables as t


class Mappings:
    """Rows of `crosswalk`, `reference_data`, `existing_customer` and `account_state`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # -- crosswalks ----------------------------------------------------------------------------------------

    def crosswalk(self) -> list[CrosswalkRow]:
        """Every row of every version."""
        return [
            CrosswalkRow(
                kind=CrosswalkKind(row.kind),
                system=row.system,
                key=row.key,
                target=row.target,
                valid=Period(
                    date.fromisoformat(row.valid_from),
                    date.fromisoformat(row.valid_to) if row.valid_to else None,
                ),
                subsidiary=row.subsidiary,
                version=row.version,
                changed_by=row.changed_by,
                changed_at=row.changed_at,
                why=row.why,
            )
            for row in self._connection.execute(select(t.crosswalk).order_by(t.crosswalk.c.id))
        ]

    def add_crosswalk(self, rows: Iterable[CrosswalkRow]) -> int:
        """Append new versions. A row that says what the newest version says is left out. Returns how many
        were added.
        """
        newest: dict[tuple[str, str, str, str], CrosswalkRow] = {}
        for row in self.crosswalk():
            key = (row.kind, row.system, row.key, row.subsidiary)
            if key not in newest or newest[key].version < row.version:
                newest[key] = row
        added = 0
        for row in rows:
            key = (row.kind, row.system, row.key, row.subsidiary)
            last = newest.get(key)
            if last is not None and (last.target, last.valid) == (row.target, row.valid):
                continue
            version = last.version + 1 if last else 1
            self._connection.execute(
                insert(t.crosswalk).values(
                    kind=row.kind,
                    system=row.system,
                    key=row.key,
                    target=row.target,
                    valid_from=row.valid.start.isoformat(),
                    valid_to=row.valid.end.isoformat() if row.valid.end else None,
                    subsidiary=row.subsidiary,
                    version=version,
                    changed_by=row.changed_by,
                    changed_at=row.changed_at,
                    why=row.why,
                )
            )
            added += 1
        return added

    def crosswalk_size(self) -> int:
        """Number of rows: it grows with every change, so it tells whether a cached copy is old."""
        return int(self._connection.execute(select(func.count()).select_from(t.crosswalk)).scalar_one())

    # -- NetSuite's own data -------------------------------------------------------------------------------

    def reference(self, account: str) -> tuple[str, datetime] | None:
        """The cached reference data and its as-of time."""
        row = self._connection.execute(
            select(t.reference_data).where(t.reference_data.c.account == account)
        ).first()
        return (row.body, row.as_of) if row else None

    def set_reference(self, account: str, body: str, as_of: datetime) -> None:
        """Replace the cached reference data."""
        self._connection.execute(delete(t.reference_data).where(t.reference_data.c.account == account))
        self._connection.execute(insert(t.reference_data).values(account=account, body=body, as_of=as_of))

    def customers(self, account: str) -> list[str]:
        """Cached NetSuite customers, encoded."""
        query = select(t.existing_customer.c.body).where(t.existing_customer.c.account == account)
        return [str(body) for body in self._connection.execute(query).scalars()]

    def set_customers(self, account: str, rows: Sequence[tuple[InternalId, str]], as_of: datetime) -> None:
        """Insert or replace cached NetSuite customers."""
        ids = [internal_id for internal_id, _ in rows]
        table = t.existing_customer
        self._connection.execute(
            delete(table).where(table.c.account == account, table.c.internal_id.in_(ids))
        )
        if rows:
            values = [{"account": account, "internal_id": i, "body": b, "as_of": as_of} for i, b in rows]
            self._connection.execute(insert(table), values)

    # -- account state -------------------------------------------------------------------------------------

    def paused(self, account: str) -> tuple[str, datetime, datetime] | None:
        """Reason, since when, and when to try again, if the account is paused."""
        row = self._connection.execute(
            select(t.account_state).where(t.account_state.c.account == account)
        ).first()
        return (row.reason, row.since, row.probe_at) if row and row.paused else None

    def pause(self, account: str, reason: str, probe_at: datetime, now: datetime) -> bool:
        """Stop all calls to an account. True when it was not paused before (one alarm, not a thousand)."""
        before = self.paused(account)
        since = before[1] if before else now
        self._set_account(account, paused=True, reason=reason, since=since, probe_at=probe_at)
        return before is None

    def resume(self, account: str, now: datetime) -> bool:
        """Let calls go again. True when it was paused."""
        if self.paused(account) is None:
            return False
        self._set_account(account, paused=False, reason="", since=now, probe_at=now)
        return True

    def _set_account(self, account: str, **values: Any) -> None:
        table = t.account_state
        done = self._connection.execute(update(table).where(table.c.account == account).values(**values))
        if done.rowcount == 0:
            self._connection.execute(insert(table).values(account=account, **values))
