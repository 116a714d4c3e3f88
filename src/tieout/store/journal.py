"""Append-only evidence: attempts and events. Nothing here is ever updated or deleted."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from tieout.flows.rows import Document, Exchange, Outcome
from tieout.store import tables as t


class Journal:
    """Rows of `attempt` and `event` within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def attempt(
        self, document: Document, outcome: Outcome, exchange: Exchange, now: datetime, detail: str = ""
    ) -> None:
        """Log an intent or an outcome, unconditionally: evidence is never fenced away."""
        self.attempts([(document, outcome, exchange, detail)], now)

    def attempts(self, ended: Iterable[tuple[Document, Outcome, Exchange, str]], now: datetime) -> None:
        """Log intents or outcomes of several documents: document, outcome, exchange, detail."""
        rows = [
            {
                "document_id": document.id,
                "number": document.attempts,
                "outcome": outcome,
                "at": now,
                "operation": exchange.operation,
                "external_id": document.external_id,
                "payload_hash": document.payload_hash,
                "request": exchange.request,
                "status": exchange.status,
                "response": exchange.response,
                "operation_id": exchange.operation_id,
                "elapsed_ms": exchange.elapsed_ms,
                "detail": detail,
            }
            for document, outcome, exchange, detail in ended
        ]
        if rows:
            self._connection.execute(insert(t.attempt), rows)

    def attempts_of(self, document_id: int) -> list[dict[str, Any]]:
        """Every intent and outcome of a document, oldest first."""
        query = select(t.attempt).where(t.attempt.c.document_id == document_id).order_by(t.attempt.c.id)
        return [dict(row) for row in self._connection.execute(query).mappings()]

    def attempts_total(self) -> dict[str, int]:
        """How many attempts ended how."""
        query = select(t.attempt.c.outcome, func.count()).group_by(t.attempt.c.outcome)
        return {str(outcome): int(count) for outcome, count in self._connection.execute(query)}

    def add(
        self,
        kind: str,
        now: datetime,
        *,
        record: int | None = None,
        document: int | None = None,
        data: Mapping[str, object] | None = None,
    ) -> None:
        """Log one event."""
        self.add_all([(kind, record, document, data)], now)

    def add_all(
        self,
        events: Iterable[tuple[str, int | None, int | None, Mapping[str, object] | None]],
        now: datetime,
    ) -> None:
        """Log events: kind, source record, document, data."""
        rows = [
            {
                "at": now,
                "kind": kind,
                "source_record_id": record,
                "document_id": document,
                "data": json.dumps(data, sort_keys=True, ensure_ascii=False, default=str) if data else "",
            }
            for kind, record, document, data in events
        ]
        if rows:
            self._connection.execute(insert(t.event), rows)

    def events_of(self, record_id: int, document_ids: Sequence[int]) -> list[dict[str, Any]]:
        """Events of a deal and its documents, oldest first."""
        event = t.event
        query = (
            select(event)
            .where((event.c.source_record_id == record_id) | event.c.document_id.in_(document_ids))
            .order_by(event.c.id)
        )
        return [dict(row) for row in self._connection.execute(query).mappings()]
