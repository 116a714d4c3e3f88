"""One more currency or subsidiary for a customer: resolved, read back, confirmed.

There is no uniqueness to lean on. What is in doubt waits out NetSuite's own limit; then the record is read before
anything is sent again, and when it has what was wanted, nothing is.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import structlog

from tieout.domain.drafts import ExtendCustomerDraft
from tieout.domain.extensions import Allowance
from tieout.domain.findings import Finding
from tieout.domain.ids import InternalId
from tieout.domain.lifecycle import Move, State
from tieout.domain.planning import StepKind
from tieout.flows.context import Context
from tieout.flows.errors import CallError
from tieout.flows.gate import Gate
from tieout.flows.looking_up import Resolved
from tieout.flows.rows import Document
from tieout.flows.standing import open_case, restand
from tieout.flows.storage import Unit
from tieout.flows.world import WorldKeeper

log = structlog.get_logger(__name__)


def extended_customer(draft: ExtendCustomerDraft, resolved: Resolved) -> InternalId:
    """The customer an extension is for, by internal id."""
    made = resolved.get(draft.customer) if draft.customer else None
    return draft.bound_customer or made or InternalId("")


class Extending:
    """Written extensions → confirmed (and what needs them ready), or held."""

    def __init__(self, context: Context, gate: Gate, keeper: WorldKeeper) -> None:
        self._context = context
        self._gate = gate
        self._keeper = keeper

    def run(self) -> int:
        """Read back one batch. Returns how many documents were settled."""
        context = self._context
        account, now = context.netsuite.account, context.clock.now()
        with context.store.read() as unit:
            kinds, limit = [StepKind.EXTEND_CUSTOMER], context.limits.read_back_batch
            if not unit.documents.any_due(account, State.WRITTEN, kinds, now):
                return 0
            documents = unit.documents.due(account, State.WRITTEN, kinds, now, limit)
        customers = sorted({d.internal_id for d in documents if d.internal_id})
        try:
            with context.slots.reading():
                seen = context.netsuite.allowances(customers)
        except CallError as error:
            self._gate.note(error)
            log.warning("read-back of extensions failed", error=str(error), documents=len(documents))
            with context.store.write("extension_read_failed") as unit:
                for document in documents:
                    unit.documents.postpone(document, context.clock.now() + context.limits.retry_read)
            return 0
        now = context.clock.now()
        with context.store.write() as unit:
            confirmed = [d.id for d in documents if self._settle(unit, d, seen, now)]
            unit.documents.unblock(confirmed, now)
            restand(unit, [d.id for d in documents], now)
        self._keeper.mark_stale()  # the next deal has to see what the customer may do now
        return len(documents)

    @staticmethod
    def _settle(unit: Unit, document: Document, seen: Mapping[InternalId, Allowance], now: datetime) -> bool:
        draft = document.draft
        assert isinstance(draft, ExtendCustomerDraft)
        customer = document.internal_id or InternalId("")
        allowance = seen.get(customer, Allowance())
        one = draft.extension
        if one.target in allowance.of(one.to):
            return unit.documents.move(document, Move.CONFIRM, now)
        finding = Finding(
            code="readback_mismatch",
            cause=str(one.to),
            expected=f"customer {customer} with {one.to} {one.name} ({one.target})",
            found=f"{one.to} {', '.join(sorted(allowance.of(one.to))) or 'none'}",
        )
        if unit.documents.move(document, Move.MISMATCH, now):
            open_case(unit, document, finding, now)
        return False
