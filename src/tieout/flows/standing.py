"""Where deals stand, derived from their documents and open cases whenever one of them moved."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import structlog

from tieout.domain.findings import Finding
from tieout.domain.lifecycle import Standing, State
from tieout.flows.rows import Document
from tieout.flows.storage import Unit

log = structlog.get_logger(__name__)


def restand(unit: Unit, document_ids: Iterable[int], now: datetime) -> None:
    """Recompute the standing of every deal that has one of these documents in its plan."""
    ids = list(document_ids)
    if ids:
        restand_records(unit, unit.documents.records_of(ids), now)


def restand_records(unit: Unit, record_ids: Iterable[int], now: datetime) -> None:
    """Recompute the standing of these deals; those waiting to be checked are left alone."""
    states = unit.documents.states_of(record_ids)
    verdicts: dict[tuple[Standing, str], list[int]] = {}
    held = [document_id for rows in states.values() for document_id, state in rows if state is State.HELD]
    codes = {
        case.document_id: case.finding.code
        for case in unit.cases.find(document_ids=held)
        if case.document_id is not None
    }
    own = {int(case.subject) for case in unit.cases.find(record_ids=list(states)) if case.document_id is None}
    for record_id, rows in states.items():
        if record_id not in own:
            verdicts.setdefault(_verdict(rows, codes), []).append(record_id)
    for (standing, reason), members in verdicts.items():
        unit.records.restand(members, standing, reason, now)


def _verdict(rows: list[tuple[int, State]], codes: dict[int, str]) -> tuple[Standing, str]:
    held = next((document_id for document_id, state in rows if state is State.HELD), None)
    if held is not None:
        return Standing.CASE, codes.get(held, "")
    live = [state for _, state in rows if state is not State.CANCELLED]
    if live and all(state is State.CONFIRMED for state in live):
        return Standing.CONFIRMED, ""
    return Standing.PLANNED, ""


def open_case(unit: Unit, document: Document, finding: Finding, now: datetime) -> None:
    """Open the case of a document that has just been held, and say so in the journal."""
    case_id = unit.cases.open(finding, document.source_record_id, document.id, now)
    log.warning(
        "case opened",
        correlation=document.correlation,
        case=case_id,
        code=finding.code,
        external_id=document.external_id,
        found=finding.found,
    )
    unit.journal.add(
        "case_opened",
        now,
        record=document.source_record_id,
        document=document.id,
        data={"case": case_id, "code": finding.code, "cause": finding.cause},
    )
