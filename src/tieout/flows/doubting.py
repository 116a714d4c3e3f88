"""Perhaps done: look until it is found, or until NetSuite cannot be working on it any more.

A timeout is a state. Found and equal → adopted; still absent after `sent + deadline + NetSuite's limit` → one
more create, which the external id makes safe. For changes there is no uniqueness to lean on: wait out the
same window, then send the same absolute values again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import structlog

from tieout.domain.comparison import Match, clash_finding
from tieout.domain.findings import Finding
from tieout.domain.ids import RecordType
from tieout.domain.lifecycle import Move, State
from tieout.domain.planning import CREATING, StepKind
from tieout.flows.context import Context
from tieout.flows.errors import CallError
from tieout.flows.gate import Gate
from tieout.flows.looking_up import (
    Resolved,
    best_match,
    create_draft,
    exhausted,
    links_of,
    look_up_key,
)
from tieout.flows.ports import LookUp
from tieout.flows.rows import Document, Exchange, Outcome
from tieout.flows.sending import doubt_end
from tieout.flows.standing import open_case, restand
from tieout.flows.storage import Unit

log = structlog.get_logger(__name__)

_FREE = {"lease_token": "", "lease_expires_at": None}


def window_is_over(document: Document, seen_at: datetime) -> bool:
    """Whether a look-up begun at `seen_at` is late enough to prove that nothing will come any more."""
    return document.doubt_until is not None and seen_at >= document.doubt_until


class Doubting:
    """In doubt → written, ready once more, or held; expired sends → in doubt."""

    def __init__(self, context: Context, gate: Gate) -> None:
        self._context = context
        self._gate = gate

    def run(self) -> int:
        """One round. Returns how many documents were looked at."""
        moved = self._expire() + self._repeat_changes()
        documents, resolved = self._due_creates()
        self._quarantine()
        if documents:
            moved += self._look(documents, resolved)
        return moved

    def _quarantine(self) -> None:
        context = self._context
        with context.store.read() as unit:
            lost = unit.documents.lost(context.netsuite.account)
        context.slots.quarantine(lost)

    def _expire(self) -> int:
        """Sends whose lease ran out: never ready again, always in doubt."""
        context = self._context
        now = context.clock.now()
        account = context.netsuite.account
        with context.store.read() as unit:
            if not unit.documents.expired(account, now):
                return 0
        with context.store.write() as unit:
            expired = unit.documents.expired(account, now)
            for document in expired:
                until = doubt_end(document, context)
                note = Exchange(operation=document.kind, request="", response="lease expired")
                unit.journal.attempt(document, Outcome.IN_DOUBT, note, now)
                unit.documents.move(
                    document, Move.EXPIRE, now, doubt="lost", doubt_until=until, due_at=now, **_FREE
                )
        log.warning("sends without an owner are in doubt", documents=len(expired))
        return len(expired)

    def _repeat_changes(self) -> int:
        context = self._context
        now = context.clock.now()
        kinds = [StepKind.UPDATE_CUSTOMER, StepKind.EXTEND_CUSTOMER, StepKind.WRITE_BACK]
        account = context.netsuite.account
        with context.store.read() as unit:
            if not unit.documents.any_due(account, State.IN_DOUBT, kinds, now):
                return 0
        with context.store.write() as unit:
            due = unit.documents.due(account, State.IN_DOUBT, kinds, now, context.limits.look_up_batch)
            held = []
            for document in due:
                if not window_is_over(document, now):
                    unit.documents.postpone(document, document.doubt_until or now)
                elif document.attempts < context.limits.max_attempts:
                    unit.documents.move(document, Move.TRY_AGAIN, now, due_at=now, doubt="")
                elif self._hold(unit, document, Move.EXHAUST, exhausted(document), now):
                    held.append(document.id)
            restand(unit, held, now)
        return len(due)

    def _due_creates(self) -> tuple[list[Document], dict[int, Resolved]]:
        context = self._context
        limit = context.limits.look_up_batch
        with context.store.read() as unit:
            now, account = context.clock.now(), context.netsuite.account
            if not unit.documents.any_due(account, State.IN_DOUBT, CREATING, now):
                return [], {}
            documents = unit.documents.due(account, State.IN_DOUBT, CREATING, now, limit)
            return documents, dict(unit.documents.needs_of([d.id for d in documents]))

    def _look(self, documents: Sequence[Document], resolved: dict[int, Resolved]) -> int:
        context = self._context
        try:
            with context.slots.reading():
                answer = context.netsuite.look_up([look_up_key(create_draft(d)) for d in documents])
        except CallError as error:
            self._gate.note(error)
            log.warning("look-up of calls in doubt failed", error=str(error), documents=len(documents))
            now = context.clock.now()
            with context.store.write("doubt_look_failed") as unit:
                for document in documents:
                    unit.documents.postpone(document, now + context.limits.retry_read)
            return 0
        now = context.clock.now()
        with context.store.write("doubt_looked") as unit:
            held = [d.id for d in documents if self._settle(unit, d, resolved[d.id], answer, now)]
            restand(unit, held, now)
        self._quarantine()
        return len(documents)

    def _settle(
        self, unit: Unit, document: Document, resolved: Resolved, answer: LookUp, now: datetime
    ) -> bool:
        """Decide about one document. Returns whether it is now held."""
        draft = create_draft(document)
        links = links_of(draft, resolved)
        best = best_match(draft, answer.found.get(draft.external_id, ()), links)
        if best is None:
            return self._absent(unit, document, answer.as_of, now)
        verdict, found = best
        if verdict is Match.EQUAL:
            note = Exchange(operation="look_up", request="", response=f"found {found.type} {found.id}")
            unit.journal.attempt(document, Outcome.FOUND, note, now)
            values = {"internal_id": found.id, "number": found.number or "", "due_at": now, "doubt": ""}
            unit.documents.move(document, Move.FIND, now, **values)
            return False
        finding = clash_finding(verdict, draft, found, links.customer, draft.trace.source)
        return self._hold(unit, document, Move.DIFFER, finding, now)

    def _absent(self, unit: Unit, document: Document, seen_at: datetime, now: datetime) -> bool:
        if document.doubt == "exists":
            return self._hold(unit, document, Move.DIFFER, unseen(document), now)
        if not window_is_over(document, seen_at):
            unit.documents.postpone(document, self._next_look(document, now))
            return False
        if document.attempts >= self._context.limits.max_attempts:
            return self._hold(unit, document, Move.EXHAUST, exhausted(document), now)
        unit.documents.move(document, Move.TRY_AGAIN, now, due_at=now, doubt="")
        return False

    def _next_look(self, document: Document, now: datetime) -> datetime:
        """Growing intervals, and one look exactly when the window ends."""
        limits = self._context.limits
        since = now - (document.sent_at or now)
        interval = min(max(limits.first_doubt_look, since / 2), limits.last_doubt_look)
        end = document.doubt_until or now
        return min(now + interval, end) if now < end else now + limits.first_doubt_look

    @staticmethod
    def _hold(unit: Unit, document: Document, move: Move, finding: Finding, now: datetime) -> bool:
        if not unit.documents.move(document, move, now, doubt=""):
            return False
        open_case(unit, document, finding, now)
        return True


def unseen(document: Document) -> Finding:
    """NetSuite says "already exists", yet a look-up that can see shows no record with our external id."""
    draft = create_draft(document)
    kind = look_up_key(draft).type
    entity = kind in {RecordType.CUSTOMER, RecordType.CONTACT}
    name = getattr(draft, "name", "") or draft.external_id
    return Finding(
        code="name_clash" if entity else "record_invisible",
        cause=name,
        expected=f"a {kind} with external ID {draft.external_id}, since NetSuite says it exists",
        found=f"none; {'another entity has the name ' + repr(name) if entity else 'invisible to our role'}",
        source=draft.trace.source,
    )
