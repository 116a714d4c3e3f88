"""Look up before every create, on every attempt. A look-up that proves nothing is an error, not "absent"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime

import structlog

from tieout.domain.cash.ledger import OpenItem
from tieout.domain.comparison import CreateDraft, Match, Observed, clash_finding, match, record_type
from tieout.domain.drafts import (
    ContactDraft,
    CustomerDepositDraft,
    DepositApplicationDraft,
    DepositDraft,
    JournalDraft,
    PaymentDraft,
    RefundDraft,
    TransactionDraft,
)
from tieout.domain.findings import Finding
from tieout.domain.ids import ClaimKey, InternalId
from tieout.domain.lifecycle import Move, State
from tieout.domain.planning import CREATING
from tieout.domain.receipts import DEPOSITED
from tieout.flows.cash.joining import joined
from tieout.flows.cash.prepaid_balances import prepaid_finding
from tieout.flows.context import Context
from tieout.flows.errors import CallError, LookUpBlind, Throttled
from tieout.flows.gate import Gate
from tieout.flows.ports import ForeignPaymentQuery, ForeignQuery, ForeignSign, LookUp, LookUpKey
from tieout.flows.rows import Document, Exchange, Links, Outcome
from tieout.flows.standing import open_case, restand
from tieout.flows.storage import Unit, chunks

log = structlog.get_logger(__name__)

#: Payments read at once.
_AT_ONCE = 400

#: Drafts that settle open items.
_TAKING = PaymentDraft | CustomerDepositDraft | DepositApplicationDraft
Resolved = Mapping[ClaimKey, InternalId | None]


def create_draft(document: Document) -> CreateDraft:
    """The draft of a creating document. Raises `TypeError` for any other."""
    draft = document.draft
    if isinstance(draft, CreateDraft):
        return draft
    raise TypeError(f"document {document.id} ({document.kind}) creates nothing")


def links_of(draft: CreateDraft, resolved: Resolved) -> Links:
    """Internal ids the draft's claims came to."""
    if isinstance(draft, TransactionDraft):
        customer = draft.bound_customer or (resolved.get(draft.customer) if draft.customer else None)
        made_from = resolved.get(draft.created_from) if draft.created_from else None
        return Links(customer=customer, created_from=made_from)
    if isinstance(draft, PaymentDraft | CustomerDepositDraft):
        return Links(customer=draft.customer)
    if isinstance(draft, DepositApplicationDraft):
        return Links(customer=draft.customer, created_from=draft.deposit_id)
    if isinstance(draft, RefundDraft):
        return Links(customer=draft.customer, created_from=draft.credit or resolved.get(draft.payment))
    if isinstance(draft, ContactDraft):
        return Links(customer=resolved.get(draft.customer))
    return Links()


def look_up_key(draft: CreateDraft) -> LookUpKey:
    """Where a creating draft would be found."""
    return LookUpKey(type=record_type(draft), external_id=draft.external_id, subsidiary=draft.subsidiary)


def best_match(draft: CreateDraft, found: Sequence[Observed], links: Links) -> tuple[Match, Observed] | None:
    """The record under our external id, and what it is to what we sent; None when there is none."""
    verdicts = [(match(draft, one, links.customer), one) for one in found]
    equal = next((pair for pair in verdicts if pair[0] is Match.EQUAL), None)
    return equal or next(iter(verdicts), None)


class LookingUp:
    """Ready creates → cleared, adopted, or held by a case."""

    def __init__(self, context: Context, gate: Gate) -> None:
        self._context = context
        self._gate = gate

    def run(self, limit: int) -> int:
        """Look up one batch. Returns how many documents moved."""
        documents, resolved = self._lease(limit)
        if not documents:
            return 0
        context = self._context
        try:
            with context.slots.reading():
                answer = context.netsuite.look_up([look_up_key(create_draft(d)) for d in documents])
            signs = self._foreign_signs(documents, resolved)
            open_now = self._open_now(documents, resolved)
            deposited = self._deposited(documents)
        except CallError as error:
            self._give_up(documents, error)
            return 0
        now = context.clock.now()
        for some in chunks(documents):
            with context.store.write() as unit:
                unit.cash.put_items(context.netsuite.account, list(open_now.values()), answer.as_of)
                moved = [
                    self._settle(unit, d, resolved[d.id], answer, signs, open_now, deposited, now)
                    for d in some
                ]
                restand(unit, [d.id for d, ok in zip(some, moved, strict=True) if ok == "held"], now)
        return len(documents)

    def _lease(self, limit: int) -> tuple[list[Document], dict[int, dict[ClaimKey, InternalId | None]]]:
        context, limits = self._context, self._context.limits
        now = context.clock.now()
        token, until = context.token(), now + limits.lease_margin + limits.absence_good_for
        account = context.netsuite.account
        with context.store.read() as unit:
            if not unit.documents.any_due(account, State.READY, CREATING, now):
                return [], {}
        with context.store.write("lease_ready") as unit:
            due = unit.documents.due(account, State.READY, CREATING, now, min(limit, limits.look_up_batch))
            spent = [d for d in due if d.attempts >= limits.max_attempts]
            for document in spent:
                self._exhaust(unit, document, now)
            restand(unit, [d.id for d in spent], now)
            documents = unit.documents.lease([d for d in due if d not in spent], token, until)
            return documents, unit.documents.needs_of([d.id for d in documents])

    @staticmethod
    def _exhaust(unit: Unit, document: Document, now: datetime) -> None:
        if unit.documents.move(document, Move.EXHAUST, now):
            open_case(unit, document, exhausted(document), now)

    def _foreign_signs(
        self, documents: Sequence[Document], resolved: Mapping[int, Resolved]
    ) -> Mapping[str, list[ForeignSign]]:
        queries = []
        for document in documents:
            draft = document.draft
            if isinstance(draft, TransactionDraft) and draft.created_from is None:
                total = draft.total
                queries.append(
                    ForeignQuery(
                        source_id=draft.trace.source.id,
                        record=draft.type,
                        customer=links_of(draft, resolved[document.id]).customer,
                        amount_minor=total.minor,
                        currency_id=draft.currency_id,
                        day=draft.transaction_date,
                        total=f"{total.amount:f}",
                    )
                )
        payments = [
            ForeignPaymentQuery(
                source_id=draft.trace.source.id,
                customer=draft.customer,
                currency_id=draft.currency_id,
                total=f"{draft.amount.amount:f}",
                day=draft.transaction_date,
                reference=draft.check_number,
            )
            for draft in (document.draft for document in documents)
            if isinstance(draft, PaymentDraft | CustomerDepositDraft)
        ]
        found: dict[str, list[ForeignSign]] = {}
        with self._context.slots.reading():
            if queries:
                found.update(self._context.netsuite.foreign_signs(queries))
            if payments:
                found.update(self._context.netsuite.foreign_payments(payments))
        return found

    def _open_now(
        self, documents: Sequence[Document], resolved: Mapping[int, Resolved]
    ) -> Mapping[InternalId, OpenItem]:
        """What is open, at this moment, of everything these payments are to settle, and these entries to write off."""
        drafts = [d.draft for d in documents]
        ids = {one for draft in drafts if isinstance(draft, _TAKING) for one in draft.takes}
        ids |= {one for d in documents if (one := written_off(create_draft(d), resolved[d.id])) is not None}
        if not ids:
            return {}
        with self._context.slots.reading():
            return {item.id: item for item in self._context.netsuite.items_now(sorted(ids))}

    def _deposited(self, documents: Sequence[Document]) -> AbstractSet[InternalId]:
        """Payments these bank deposits are to take and that another one has taken."""
        ids = sorted(
            {one.payment for d in documents if isinstance(d.draft, DepositDraft) for one in d.draft.taken}
        )
        taken: set[InternalId] = set()
        for start in range(0, len(ids), _AT_ONCE):
            with self._context.slots.reading():
                seen = self._context.netsuite.payments_now(ids[start : start + _AT_ONCE])
            taken |= {one for one, payment in seen.items() if payment.status == DEPOSITED}
        return taken

    def _give_up(self, documents: Sequence[Document], error: CallError) -> None:
        """A failed look-up is an error, never "absent": the documents stay ready and wait."""
        context, limits = self._context, self._context.limits
        self._gate.note(error)
        if isinstance(error, Throttled):
            context.slots.throttled()
        log.warning("look-up failed", error=str(error), documents=len(documents))
        delay = limits.throttle_pause if isinstance(error, Throttled) else limits.retry_read
        now = context.clock.now()
        with context.store.write("look_up_failed") as unit:
            for document in documents:
                unit.documents.postpone(document, now + delay)
            if isinstance(error, LookUpBlind):
                unit.journal.add("look_up_blind", now, data={"error": str(error)})

    def _settle(
        self,
        unit: Unit,
        document: Document,
        resolved: Resolved,
        answer: LookUp,
        signs: Mapping[str, list[ForeignSign]],
        open_now: Mapping[InternalId, OpenItem],
        deposited: AbstractSet[InternalId],
        now: datetime,
    ) -> str:
        draft = create_draft(document)
        links = links_of(draft, resolved)
        free = {"lease_token": "", "lease_expires_at": None, "due_at": now}
        found = best_match(draft, answer.found.get(draft.external_id, ()), links)
        if found is not None and found[0] is Match.EQUAL:
            adopted = found[1]
            unit.journal.attempt(document, Outcome.FOUND, Exchange(operation="look_up", request=""), now)
            values = {"internal_id": adopted.id, "number": adopted.number or "", **free}
            return "adopted" if unit.documents.move(document, Move.ADOPT, now, **values) else "lost"
        if found is not None:
            source = draft.trace.source
            finding: Finding | None = clash_finding(found[0], draft, found[1], links.customer, source)
        else:
            finding = foreign_finding(document, draft, signs.get(draft.trace.source.id, []))
            finding = finding or balance_finding(draft, open_now) or deposited_finding(draft, deposited)
            finding = finding or rest_finding(draft, resolved, open_now)
        if finding is None:
            done = unit.documents.move(document, Move.CLEAR, now, cleared_at=answer.as_of, **free)
            return "cleared" if done else "lost"
        if not unit.documents.move(document, Move.CLASH, now, **free):
            return "lost"
        open_case(unit, document, joined(unit, document, finding, now), now)
        return "held"


def exhausted(document: Document) -> Finding:
    """The case of a document whose budget of attempts is spent."""
    trace = getattr(document.draft, "trace", None)
    source = trace.source if trace else None
    return Finding(
        code="attempts_exhausted",
        cause=document.external_id or document.claim,
        expected="a definite answer",
        found=f"{document.attempts} attempts without one; the attempts are in the trace",
        source=source,
    )


def foreign_finding(document: Document, draft: CreateDraft, signs: Sequence[ForeignSign]) -> Finding | None:
    """The case for another writer's record of this deal, unless a person has waived the suspicion."""
    if not isinstance(draft, TransactionDraft | PaymentDraft | CustomerDepositDraft):
        return None
    for sign in sorted(signs, key=lambda sign: not sign.certain):
        code = "foreign_writer" if sign.certain else "foreign_writer_suspected"
        code = code if isinstance(draft, TransactionDraft) else "payment_entered_by_hand"
        if code not in document.waived:
            record = f"{sign.observed.type} {sign.observed.number or sign.observed.id}"
            return Finding(
                code=code,
                cause=draft.trace.source.id,
                expected=f"no {record_type(draft)} for {draft.trace.source} but ours",
                found=f"{record}: {sign.why}",
                source=draft.trace.source,
            )
    return None


def deposited_finding(draft: CreateDraft, deposited: AbstractSet[InternalId]) -> Finding | None:
    """The case of a bank deposit one of whose payments somebody has deposited already."""
    if not isinstance(draft, DepositDraft):
        return None
    gone = [f"{one.identity} ({one.payment})" for one in draft.taken if one.payment in deposited]
    if not gone:
        return None
    return Finding(
        code="already_deposited",
        cause=draft.trace.source.id,
        expected="payments that wait in undeposited funds",
        found=f"another bank deposit has taken {', '.join(gone[:10])}{' and more' if len(gone) > 10 else ''}",
        source=draft.trace.source,
    )


def balance_finding(draft: CreateDraft, open_now: Mapping[InternalId, OpenItem]) -> Finding | None:
    """The case of a payment whose documents are no longer open for what was to be applied. Applying less in silence,
    which NetSuite would do without a word, would leave a balance nobody expects.
    """
    if isinstance(draft, CustomerDepositDraft | DepositApplicationDraft):
        return prepaid_finding(draft, open_now)
    if not isinstance(draft, PaymentDraft):
        return None
    for one in (*draft.applied, *draft.credits):
        item = open_now.get(one.document)
        wanted = one.taken_minor
        if (
            item is not None
            and (item.usable if one in draft.credits else item.payable)
            and item.open_minor >= wanted
            and item.customer == (one.owner or draft.customer)
        ):
            continue
        found = (
            "no such document"
            if item is None
            else f"{item.open} open{'' if item.approved else ', not approved'}"
        )
        return Finding(
            code="open_amount_changed",
            cause=draft.trace.source.id,
            expected=f"at least {one.amount} open on {one.number}",
            found=found,
            source=draft.trace.source,
        )
    return None


def written_off(draft: CreateDraft, resolved: Resolved) -> InternalId | None:
    """The document, or the payment, of which an entry writes off a rest."""
    if not isinstance(draft, JournalDraft) or draft.writes_off is None:
        return None
    rest = draft.writes_off
    return rest.document if rest.payment is None else resolved.get(rest.payment)


def rest_finding(
    draft: CreateDraft, resolved: Resolved, open_now: Mapping[InternalId, OpenItem]
) -> Finding | None:
    """The case of a rest that is no longer there to be written off: somebody has paid it, or used it, meanwhile."""
    if not isinstance(draft, JournalDraft) or draft.writes_off is None:
        return None
    rest = draft.writes_off
    item = open_now.get(written_off(draft, resolved) or InternalId(""))
    if item is not None and item.approved and item.open_minor >= rest.amount.minor:
        return None
    return Finding(
        code="open_amount_changed",
        cause=draft.trace.source.id,
        expected=f"at least {rest.amount} {'left of' if rest.over else 'open on'} {rest.number}",
        found=f"{item.open} open" if item is not None else "no such document",
        source=draft.trace.source,
    )
