"""Trace any id of any system: source event → document → findings → plan → attempts → record → write-back."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from tieout.flows.rows import Document, SourceRecord
from tieout.flows.storage import Store, Unit
from tieout.flows.storage_doors import Reach


def find_records(unit: Unit, some_id: str) -> list[SourceRecord]:
    """Source records an id leads to: a source id (15 or 18 characters), external ID, internal id or
    document number.
    """
    found = {record.id: record for record in unit.records.by_source_id(some_id)}
    for document in unit.documents.by_any_id(some_id):
        for record_id in unit.documents.records_of([document.id]):
            record = unit.records.get(record_id)
            if record is not None:
                found[record.id] = record
    return [found[key] for key in sorted(found)]


def trace(store: Store, some_id: str, reach: Reach = None) -> list[dict[str, Any]]:
    """Everything known about the deals this id leads to, as plain structures; empty when it leads nowhere."""
    with store.read() as unit:
        found = find_records(unit, some_id)
        seen = unit.listing.within([record.id for record in found], reach)
        return [_record_trace(unit, record) for record in found if record.id in seen]


def _record_trace(unit: Unit, record: SourceRecord) -> dict[str, Any]:
    documents = unit.documents.of_record(record.id)
    cases = unit.cases.find(state=None, record_ids=[record.id])
    return {
        "deal": record.source.id,
        "system": record.source.system,
        "object": record.source.object,
        "environment": record.source.environment,
        "standing": record.standing,
        "reason": record.reason,
        "correlation": record.correlation,
        "versions": [
            {
                "version": event["version"],
                "received_at": _iso(event["received_at"]),
                "taken": event["taken"],
                "deleted": event["deleted"],
                "payload_hash": event["payload_hash"][:12],
            }
            for event in unit.records.events_of(record)
        ],
        "edit": record.override,
        "cases": [
            {
                "id": case.id,
                "state": case.state,
                "code": case.finding.code,
                "expected": case.finding.expected,
                "found": case.finding.found,
                "opened_at": _iso(case.opened_at),
                "closed_at": _iso(case.closed_at),
                "decisions": [
                    {**decision, "at": _iso(decision["at"])} for decision in unit.cases.decisions_of(case.id)
                ],
            }
            for case in cases
        ],
        "documents": [_document_trace(unit, document) for document in documents],
        "events": [
            {
                "at": _iso(event["at"]),
                "kind": event["kind"],
                "document": event["document_id"],
                "data": json.loads(event["data"]) if event["data"] else {},
            }
            for event in unit.journal.events_of(record.id, [document.id for document in documents])
        ],
    }


def _document_trace(unit: Unit, document: Document) -> dict[str, Any]:
    return {
        "id": document.id,
        "kind": document.kind,
        "state": document.state,
        "claim": document.claim,
        "external_id": document.external_id,
        "internal_id": document.internal_id,
        "number": document.number,
        "payload_hash": document.payload_hash[:12],
        "needs": [str(claim) for claim in unit.documents.needs_of([document.id])[document.id]],
        "attempts": [
            {
                "number": attempt["number"],
                "at": _iso(attempt["at"]),
                "outcome": attempt["outcome"],
                "operation": attempt["operation"],
                "status": attempt["status"],
                "elapsed_ms": attempt["elapsed_ms"],
                "operation_id": attempt["operation_id"],
                "request": attempt["request"],
                "response": attempt["response"],
                "detail": attempt["detail"],
            }
            for attempt in unit.journal.attempts_of(document.id)
        ],
    }


def _iso(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None
