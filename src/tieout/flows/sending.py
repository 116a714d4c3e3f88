"""Intent, then wave: nothing leaves before its intent is committed, and no transaction is open over HTTP.

A wave is no larger than the free slots. Each call runs under a lease longer than its total deadline, so an
expired lease means that the call has ended, one way or another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from tieout.domain.drafts import ApplyDraft, CustomerUpdateDraft, ExtendCustomerDraft
from tieout.domain.findings import Finding
from tieout.domain.ids import InternalId
from tieout.domain.lifecycle import Move, State
from tieout.domain.planning import CHANGING, CREATING
from tieout.flows.context import Context
from tieout.flows.extending import extended_customer
from tieout.flows.gate import Gate
from tieout.flows.looking_up import Resolved, create_draft, links_of
from tieout.flows.rows import Document, Exchange, Outcome, Problem, Reply
from tieout.flows.standing import open_case, restand
from tieout.flows.storage import Unit
from tieout.flows.world import WorldKeeper

log = structlog.get_logger(__name__)

_CHANGES = tuple(sorted(CHANGING))
_FREE = {"lease_token": "", "lease_expires_at": None}


@dataclass(frozen=True, slots=True)
class Call:
    """One document of a wave, with the internal ids its draft stands for."""

    document: Document
    resolved: Resolved


def is_fresh(document: Document, now: datetime, good_for: timedelta) -> bool:
    """Whether the look-up that proved absence is recent enough to create on it."""
    return document.cleared_at is not None and now - document.cleared_at <= good_for


def lease_covers(document: Document, now: datetime, deadline: timedelta) -> bool:
    """Whether the remaining lease exceeds the call's total deadline."""
    return document.lease_expires_at is not None and document.lease_expires_at - now > deadline


class Sending:
    """Cleared creates and ready changes → calls → outcomes."""

    def __init__(self, context: Context, gate: Gate, keeper: WorldKeeper) -> None:
        self._context = context
        self._gate = gate
        self._keeper = keeper

    @property
    def _deadline(self) -> timedelta:
        return timedelta(seconds=self._context.netsuite.deadline_seconds)

    def cleared(self) -> int:
        """How many creates have been proven absent and wait for a slot."""
        with self._context.store.read() as unit:
            return unit.documents.count(self._context.netsuite.account, [State.CLEARED])

    # -- intent --------------------------------------------------------------------------------------------

    def next_wave(self, free: int) -> list[Call]:
        """Commit the intents of up to `free` calls. What is returned must be delivered and settled."""
        return self.turn((), free)

    def settle(self, answered: Sequence[tuple[Document, Reply]]) -> None:
        """Write the outcomes of finished calls: evidence always, the transition only inside the fence."""
        self.turn(answered, 0)

    def turn(self, answered: Sequence[tuple[Document, Reply]], free: int) -> list[Call]:
        """Outcomes of finished calls and intents of the next wave, in one transaction: slots stand idle
        only as long as one commit takes.
        """
        context = self._context
        now = context.clock.now()
        if not answered:
            if free < 1:
                return []
            if context.policy.blackout(now) is not None:
                return []
            with context.store.read() as unit:
                if not self._any_due(unit, now):
                    return []
        with context.store.write() as unit:
            held = self._settle_all(unit, answered, now)
            restand(unit, held, now)
            calls = self._begin(unit, free, now) if free > 0 else []
        self._heed([reply for _, reply in answered])
        return calls

    def _heed(self, replies: Sequence[Reply]) -> None:
        """What answers mean for everybody else: fewer slots, or a pause of the account."""
        for reply in replies:
            if reply.outcome is Outcome.THROTTLED:
                self._context.slots.throttled()
            elif reply.outcome is Outcome.DONE:
                self._context.slots.succeeded()
            elif reply.outcome is Outcome.REFUSED and not reply.exists:
                self._keeper.mark_stale()  # what we know of items, periods or forms may be out of date
        paused = next((reply for reply in replies if reply.outcome is Outcome.PAUSED), None)
        if paused is not None:
            self._gate.close(paused.problem.found if paused.problem else paused.exchange.response)

    def _any_due(self, unit: Unit, now: datetime) -> bool:
        account, any_due = self._context.netsuite.account, unit.documents.any_due
        return any_due(account, State.CLEARED, CREATING, now) or any_due(account, State.READY, _CHANGES, now)

    def _due(self, unit: Unit, now: datetime, limit: int) -> list[Document]:
        account = self._context.netsuite.account
        changes = unit.documents.due(account, State.READY, _CHANGES, now, limit)
        left = limit - len(changes)
        creates = unit.documents.due(account, State.CLEARED, CREATING, now, left) if left else []
        return [*changes, *creates]

    def _begin(self, unit: Unit, free: int, now: datetime) -> list[Call]:
        context = self._context
        if context.policy.blackout(now) is not None:
            return []
        fresh: dict[Move, list[Document]] = {Move.SEND_CHANGE: [], Move.SEND_CREATE: []}
        for document in self._due(unit, now, free):
            if document.kind in CHANGING:
                fresh[Move.SEND_CHANGE].append(document)
            elif is_fresh(document, now, context.limits.absence_good_for):
                fresh[Move.SEND_CREATE].append(document)
            else:
                unit.documents.move(document, Move.GO_STALE, now, cleared_at=None)
        until = now + self._deadline + context.limits.lease_margin
        begun = [
            document
            for move, documents in fresh.items()
            if documents
            for document in unit.documents.begin(documents, move, now, context.token(), until)
        ]
        intents = [(d, Outcome.INTENT, Exchange(operation=d.kind, request=""), "") for d in begun]
        unit.journal.attempts(intents, now)
        needs = unit.documents.needs_of([d.id for d in begun]) if begun else {}
        return [Call(document, needs[document.id]) for document in begun]

    # -- the call ------------------------------------------------------------------------------------------

    def deliver(self, call: Call) -> Reply:
        """Make the call, unless it has waited too long. Never raises for what may happen out there."""
        document, context = call.document, self._context
        now, creates = context.clock.now(), document.kind in CREATING
        if not lease_covers(document, now, self._deadline):
            return self.unsent(call, "lease too short")
        if creates and not is_fresh(document, now, context.limits.absence_good_for):
            return self.unsent(call, "the look-up is too old to act on")

        def left() -> None:
            context.probe.hit(f"after-bytes:{document.kind}")

        if isinstance(document.draft, CustomerUpdateDraft):
            customer = call.resolved.get(document.draft.customer)
            reply = context.netsuite.update_customer(document.draft, customer or InternalId(""), left)
        elif isinstance(document.draft, ApplyDraft):
            payment = call.resolved.get(document.draft.payment)
            reply = context.netsuite.apply_payment(document.draft, payment or InternalId(""), left)
        elif isinstance(document.draft, ExtendCustomerDraft):
            customer = extended_customer(document.draft, call.resolved)
            reply = context.netsuite.extend_customer(document.draft, customer, left)
        else:
            draft = create_draft(document)
            reply = context.netsuite.create(draft, links_of(draft, call.resolved), left)
        context.probe.hit(f"after-response:{document.kind}")
        return reply

    @staticmethod
    def unsent(call: Call, why: str) -> Reply:
        """The outcome of an intent whose call never left."""
        note = Exchange(operation=call.document.kind, request="", response=f"not sent: {why}")
        return Reply(outcome=Outcome.NOT_SENT, exchange=note)

    # -- outcomes ------------------------------------------------------------------------------------------

    def _settle_all(self, unit: Unit, answered: Sequence[tuple[Document, Reply]], now: datetime) -> list[int]:
        """The evidence of these calls, and what it means. Returns the documents that are now held."""
        ended = [
            (document, reply.outcome, reply.exchange, reply.problem.found if reply.problem else "")
            for document, reply in answered
        ]
        unit.journal.attempts(ended, now)
        return [document.id for document, reply in answered if self._settle(unit, document, reply, now)]

    def _settle(self, unit: Unit, document: Document, reply: Reply, now: datetime) -> bool:
        """One outcome. Returns whether the document is now held."""
        log.info(
            "call ended",
            correlation=document.correlation,
            external_id=document.external_id,
            kind=document.kind,
            attempt=document.attempts,
            outcome=reply.outcome,
            status=reply.exchange.status,
            internal_id=reply.internal_id,
            elapsed_ms=reply.exchange.elapsed_ms,
        )
        documents = unit.documents
        if reply.outcome is Outcome.DONE:
            due = now + self._context.limits.read_back_linger
            documents.move(
                document, Move.SUCCEED, now, internal_id=reply.internal_id, due_at=due, doubt="", **_FREE
            )
            return False
        if reply.outcome in {Outcome.THROTTLED, Outcome.NOT_SENT, Outcome.PAUSED}:
            due = now + self._context.limits.throttle_pause
            spent = document.attempts - 1  # nothing happened: no attempt is spent
            documents.move(document, Move.GIVE_BACK, now, attempts=spent, due_at=due, **_FREE)
            return False
        if reply.exists:
            # "Already exists" is neither success nor failure until the record has been seen.
            documents.move(document, Move.DOUBT, now, doubt="exists", due_at=now, doubt_until=now, **_FREE)
            return False
        if reply.outcome is Outcome.IN_DOUBT:
            # An answer, even an unreadable one, means that nobody is working on the call any more.
            doubt = "lost" if reply.exchange.status is None else "answered"
            values = {"doubt": doubt, "due_at": now + self._context.limits.first_doubt_look, **_FREE}
            until = doubt_end(document, self._context)
            documents.move(document, Move.DOUBT, now, doubt_until=until, **values)
            return False
        if not documents.move(document, Move.REFUSE, now, **_FREE):
            return False
        open_case(unit, document, refusal(document, reply.problem), now)
        return True


def doubt_end(document: Document, context: Context) -> datetime:
    """Until when NetSuite may still be working on a call: the lease's margin in which the intent may wait for
    its slot, our deadline, and NetSuite's own limit.
    """
    assert document.sent_at is not None
    netsuite = context.netsuite
    ours = context.limits.lease_margin + timedelta(seconds=netsuite.deadline_seconds)
    return document.sent_at + ours + timedelta(seconds=netsuite.doubt_seconds)


def refusal(document: Document, problem: Problem | None) -> Finding:
    """The case of a definite refusal."""
    trace = getattr(document.draft, "trace", None)
    if problem is None:
        problem = Problem(code="refused", cause="unknown", expected="a success", found="no reason given")
    return Finding(
        code=problem.code,
        cause=problem.cause,
        expected=problem.expected,
        found=problem.found,
        source=trace.source if trace else None,
        raw=problem.raw,
    )
