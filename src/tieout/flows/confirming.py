"""Read back after every write: what NetSuite stored must be what was sent. Only then is it confirmed."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from tieout.domain.comparison import (
    Observed,
    application_differences,
    change_differences,
    differences,
)
from tieout.domain.drafts import ApplyDraft, CustomerUpdateDraft, Settling, TransactionDraft
from tieout.domain.findings import Finding
from tieout.domain.ids import InternalId, RecordType
from tieout.domain.lifecycle import Move, State
from tieout.domain.planning import CREATING, StepKind
from tieout.domain.sources import SourceRef
from tieout.flows.codec import encode
from tieout.flows.context import Context
from tieout.flows.errors import CallError
from tieout.flows.gate import Gate
from tieout.flows.looking_up import Resolved, create_draft, links_of, look_up_key
from tieout.flows.rows import Document
from tieout.flows.standing import open_case, restand
from tieout.flows.storage import Unit, chunks

log = structlog.get_logger(__name__)

_KINDS = [*CREATING, StepKind.OBSERVE_INVOICE]
#: Extensions are read back by a lane of their own (`flows.extending`).
_CHANGES = [StepKind.UPDATE_CUSTOMER, StepKind.APPLY_PAYMENT]
_FREE = {"lease_token": "", "lease_expires_at": None}


class Confirming:
    """Written → confirmed (and its dependants ready), or held."""

    def __init__(self, context: Context, gate: Gate) -> None:
        self._context = context
        self._gate = gate

    def run(self) -> int:
        """Read back one batch. Returns how many documents were settled."""
        context = self._context
        documents, resolved = self._lease()
        if not documents:
            return 0
        try:
            with context.slots.reading():
                seen = context.netsuite.read_back([_key(d) for d in documents])
        except CallError as error:
            self._gate.note(error)
            log.warning("read-back failed", error=str(error), documents=len(documents))
            with context.store.write("read_back_failed") as unit:
                for document in documents:
                    unit.documents.postpone(document, context.clock.now() + context.limits.retry_read)
            return 0
        now = context.clock.now()
        for some in chunks(documents):
            with context.store.write() as unit:
                confirmed = [
                    d.id for d in some if self._settle(unit, d, resolved[d.id], seen.get(_key(d)), now)
                ]
                unit.documents.unblock(confirmed, now)
                restand(unit, [d.id for d in some], now)
        return len(documents)

    def _lease(self) -> tuple[list[Document], dict[int, Resolved]]:
        """What has lingered long enough, and all that lingers with it; another process leaves it alone meanwhile."""
        context, limits = self._context, self._context.limits
        account, now = context.netsuite.account, context.clock.now()
        with context.store.read() as unit:
            creates = self._gathered(unit, now)
            changes = unit.documents.any_due(account, State.WRITTEN, _CHANGES, now)
        if not (creates or changes):
            return [], {}
        soon = now + limits.read_back_linger
        until = now + limits.lease_margin + timedelta(seconds=context.netsuite.deadline_seconds)
        with context.store.write("lease_written") as unit:
            due = [
                *(
                    unit.documents.due(account, State.WRITTEN, _KINDS, soon, limits.read_back_batch)
                    if creates
                    else ()
                ),
                *(unit.documents.due(account, State.WRITTEN, _CHANGES, now, limits.read_back_batch)),
            ]
            documents = unit.documents.lease(due, context.token(), until)
            return documents, dict(unit.documents.needs_of([d.id for d in documents]))

    def _gathered(self, unit: Unit, now: datetime) -> bool:
        """Whether a written record has lingered long enough for others to come along, or none can come."""
        account, limits, any_due = (
            self._context.netsuite.account,
            self._context.limits,
            unit.documents.any_due,
        )
        if any_due(account, State.WRITTEN, _KINDS, now):
            return True
        if not any_due(
            account, State.WRITTEN, _KINDS, now + limits.read_back_linger - limits.read_back_least
        ):
            return False
        waiting = any(any_due(account, state, CREATING, now) for state in (State.CLEARED, State.READY))
        return not waiting and unit.documents.count(account, [State.SENDING]) == 0

    def _settle(
        self, unit: Unit, document: Document, resolved: Resolved, seen: Observed | None, now: datetime
    ) -> bool:
        """Decide about one document. Returns whether it is confirmed."""
        if seen is None:
            return self._missing(unit, document, now)
        problem = mismatch(document, resolved, seen)
        if problem is not None:
            if unit.documents.move(document, Move.MISMATCH, now, observed=encode(seen), **_FREE):
                open_case(unit, document, problem, now)
            return False
        if document.kind is StepKind.CREATE_SALES_ORDER and not seen.approved:
            unit.documents.postpone(document, now + self._context.limits.observe_every)
            return False
        values = {"number": seen.number or "", "observed": encode(seen), **_FREE}
        done = unit.documents.move(document, Move.CONFIRM, now, **values)
        if done and isinstance(document.draft, Settling):
            taken = document.draft.takes
            unit.cash.settle(document.account, document.id, taken, document.sent_at or now, now)
        return done

    def _missing(self, unit: Unit, document: Document, now: datetime) -> bool:
        limits = self._context.limits
        written_for = now - (document.sent_at or now)
        if written_for < limits.last_doubt_look:
            unit.documents.postpone(document, now + limits.retry_read)
            return False
        finding = Finding(
            code="record_vanished",
            cause=document.external_id or document.claim,
            expected=f"record {document.internal_id}, written a moment ago",
            found="no such record for our role",
            source=_source(document),
        )
        if unit.documents.move(document, Move.MISMATCH, now, **_FREE):
            open_case(unit, document, finding, now)
        return False


def mismatch(document: Document, resolved: Resolved, seen: Observed) -> Finding | None:
    """The case for a record that NetSuite stored differently from what was sent."""
    if isinstance(document.draft, CustomerUpdateDraft):
        found = change_differences(document.draft, seen)
        sent = f"customer {document.internal_id}"
    elif isinstance(document.draft, ApplyDraft):
        found = application_differences(document.draft.with_entries(resolved), seen)
        sent = f"payment {document.internal_id}"
    else:
        draft = create_draft(document)
        found = differences(draft, seen, links_of(draft, resolved).customer)
        sent = draft.external_id
    if document.kind is StepKind.OBSERVE_INVOICE:
        # Made by NetSuite's own workflow: it carries no external id, trace or date of ours.
        ours = {"external ID", "installation", "source id", "date"}
        found = [d for d in found if d.field not in ours and not d.field.endswith("source line")]
    if not found:
        return None
    return Finding(
        code="readback_mismatch",
        cause=", ".join(sorted({d.field for d in found}))[:200],
        expected=f"{document.kind} {sent} as sent",
        found=f"{seen.type} {seen.id}: " + "; ".join(map(str, found)),
        source=_source(document),
    )


def _source(document: Document) -> SourceRef | None:
    trace = getattr(document.draft, "trace", None)
    return trace.source if trace else None


def _key(document: Document) -> tuple[RecordType, InternalId]:
    if isinstance(document.draft, CustomerUpdateDraft):
        return RecordType.CUSTOMER, document.internal_id or InternalId("")
    if isinstance(document.draft, ApplyDraft):
        return RecordType.CUSTOMER_PAYMENT, document.internal_id or InternalId("")
    return look_up_key(create_draft(document)).type, document.internal_id or InternalId("")


class Observing:
    """Sales orders that NetSuite's own workflow bills: wait for the invoice, then check it like our own."""

    def __init__(self, context: Context, gate: Gate) -> None:
        self._context = context
        self._gate = gate

    def run(self) -> int:
        """One round. Returns how many invoices were found."""
        context = self._context
        account, now = context.netsuite.account, context.clock.now()
        with context.store.read() as unit:
            limit = context.limits.read_back_batch
            kinds = [StepKind.OBSERVE_INVOICE]
            documents = unit.documents.due(account, State.READY, kinds, now, limit)
            resolved = unit.documents.needs_of([d.id for d in documents])
        if not documents:
            return 0
        orders = {d.id: _order_of(d, resolved[d.id]) for d in documents}
        try:
            with context.slots.reading():
                found = context.netsuite.invoices_of([one for one in orders.values() if one])
        except CallError as error:
            self._gate.note(error)
            return 0
        now, seen = context.clock.now(), 0
        with context.store.write() as unit:
            for document in documents:
                order = orders[document.id]
                invoices = found.get(order, []) if order else []
                if not invoices:
                    unit.documents.postpone(document, now + context.limits.observe_every)
                    continue
                values = {"internal_id": invoices[0].id, "due_at": now, "sent_at": now}
                seen += unit.documents.move(document, Move.OBSERVE, now, **values)
        return seen


def _order_of(document: Document, resolved: Resolved) -> InternalId | None:
    draft = document.draft
    if not isinstance(draft, TransactionDraft) or draft.created_from is None:
        return None
    return resolved.get(draft.created_from)
