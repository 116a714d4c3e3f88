"""Write back to the CRM: a step of its own, whose failure never undoes NetSuite."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby

import structlog

from tieout.domain.drafts import WriteBackDraft
from tieout.domain.findings import Finding
from tieout.domain.lifecycle import Move, State
from tieout.domain.planning import StepKind
from tieout.flows.context import Context
from tieout.flows.errors import CallError, MaybeSent, Throttled
from tieout.flows.ports import Note, NoteResult, Source
from tieout.flows.rows import Document, Exchange, Outcome
from tieout.flows.standing import open_case
from tieout.flows.storage import Unit

log = structlog.get_logger(__name__)

_FREE = {"lease_token": "", "lease_expires_at": None}


class WritingBack:
    """Confirmed records → notes on their source records."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def run(self) -> int:
        """One batch per source. Returns how many notes were settled."""
        context = self._context
        now = context.clock.now()
        with context.store.read() as unit:
            if not unit.documents.any_due(context.netsuite.account, State.READY, [StepKind.WRITE_BACK], now):
                return 0
        with context.store.write() as unit:
            ready = self._due(unit, now, context.limits.write_back_batch)
            calls = [pair for document in ready if (pair := self._begin(unit, document, now)) is not None]
        calls.sort(key=lambda pair: pair[1].target.system)
        for system, group in groupby(calls, key=lambda pair: pair[1].target.system):
            self._send(context.sources[system], list(group))
        return len(calls)

    def _due(self, unit: Unit, now: datetime, limit: int) -> list[Document]:
        kinds = [StepKind.WRITE_BACK]
        return unit.documents.due(self._context.netsuite.account, State.READY, kinds, now, limit)

    def _begin(self, unit: Unit, document: Document, now: datetime) -> tuple[Document, Note] | None:
        context = self._context
        values = {
            "attempts": document.attempts + 1,
            "sent_at": now,
            "lease_token": context.token(),
            "lease_expires_at": now + timedelta(minutes=10),
        }
        if not unit.documents.move(document, Move.SEND_CHANGE, now, **values):
            return None
        sent = unit.documents.get(document.id)
        if sent is None or not isinstance(sent.draft, WriteBackDraft):
            return None
        unit.journal.attempt(sent, Outcome.INTENT, Exchange(operation=sent.kind, request=""), now)
        draft = sent.draft
        written = unit.documents.by_claims([draft.of]) if draft.of else {}
        record = written.get(draft.of) if draft.of else None
        internal_id = draft.internal_id or (record.internal_id if record else None)
        if internal_id is None:
            return None
        note = Note(
            target=draft.target,
            record=draft.record,
            external_id=draft.external_id,
            internal_id=internal_id,
            number=record.number if record else "",
            status=draft.status,
        )
        return sent, note

    def _send(self, source: Source, calls: Sequence[tuple[Document, Note]]) -> None:
        context = self._context
        error: CallError | None = None
        results: list[NoteResult] = []
        try:
            results = source.write_back([note for _, note in calls])
        except CallError as failure:
            error = failure
            log.warning("write-back failed", source=source.name, error=str(failure), notes=len(calls))
        context.probe.hit(f"after-response:{StepKind.WRITE_BACK}")
        now = context.clock.now()
        with context.store.write() as unit:
            if error is not None:
                for document, _ in calls:
                    self._unanswered(unit, document, error, now)
                return
            for (document, note), result in zip(calls, results, strict=True):
                self._answered(unit, document, note, result, now)

    def _unanswered(self, unit: Unit, document: Document, error: CallError, now: datetime) -> None:
        note = Exchange(operation=document.kind, request="", response=error.raw or str(error))
        if isinstance(error, MaybeSent):
            unit.journal.attempt(document, Outcome.IN_DOUBT, note, now, str(error))
            later = now + self._context.limits.first_doubt_look
            values = {"doubt": "lost", "doubt_until": later, "due_at": later, **_FREE}
            unit.documents.move(document, Move.DOUBT, now, **values)
            return
        unit.journal.attempt(document, Outcome.NOT_SENT, note, now, str(error))
        long = isinstance(error, Throttled) and error.stop
        later = now + (timedelta(minutes=15) if long else self._context.limits.retry_read)
        attempts = document.attempts - 1
        unit.documents.move(document, Move.GIVE_BACK, now, attempts=attempts, due_at=later, **_FREE)

    def _answered(
        self, unit: Unit, document: Document, note: Note, result: NoteResult, now: datetime
    ) -> None:
        outcome = Outcome.DONE if result.done else Outcome.REFUSED
        said = "already says so" if result.skipped else result.message
        exchange = Exchange(operation=document.kind, request=_request(note), response=said)
        unit.journal.attempt(document, outcome, exchange, now)
        if result.done:
            values = {"internal_id": note.internal_id, "number": note.number, **_FREE}
            if unit.documents.move(document, Move.SUCCEED, now, **values):
                self._confirm(unit, document.id, now)
            return
        if result.retry and document.attempts < self._context.limits.max_attempts:
            later = now + self._context.limits.retry_read * document.attempts
            unit.documents.move(document, Move.GIVE_BACK, now, due_at=later, **_FREE)
            return
        if unit.documents.move(document, Move.REFUSE, now, **_FREE):
            finding = Finding(
                code="write_back_refused",
                cause=result.message[:200] or note.target.object,
                expected=f"{note.target} takes NetSuite's {note.record} {note.internal_id}",
                found=result.message,
                source=note.target,
            )
            open_case(unit, document, finding, now)

    @staticmethod
    def _confirm(unit: Unit, document_id: int, now: datetime) -> None:
        written = unit.documents.get(document_id)
        if written is not None and written.state is State.WRITTEN:
            unit.documents.move(written, Move.CONFIRM, now)


def _request(note: Note) -> str:
    return f"{note.record} {note.internal_id} {note.number} {note.external_id} {note.status}"
