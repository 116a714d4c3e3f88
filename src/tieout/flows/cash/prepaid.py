"""Customer deposits of ours whose order has been billed: applied when exactly one invoice is meant, else a person's.

It is no guess: the payer named the order, and NetSuite says which invoices were made from it. Where NetSuite applies a
deposit by itself when the order is billed, nothing is left to do, and that is noted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog

from tieout.domain.cases import CaseState
from tieout.domain.cash.decisions import Application
from tieout.domain.cash.ledger import ItemKind, OpenItem
from tieout.domain.cash.policy import Prepayments
from tieout.domain.cash.references import Keys
from tieout.domain.drafts import CustomerDepositDraft
from tieout.domain.findings import Finding
from tieout.domain.lifecycle import Standing, State
from tieout.domain.money import Money
from tieout.domain.planning import StepKind
from tieout.domain.prepayments import plan_application
from tieout.flows.cash.ledger import LedgerKeeper
from tieout.flows.cash.prepaid_balances import used_elsewhere
from tieout.flows.cash.refunds import is_refund
from tieout.flows.cash.remarks import finding
from tieout.flows.cash.reversals import TAKES_BACK, names
from tieout.flows.cash.views import applications_of
from tieout.flows.codec import decode_movement
from tieout.flows.context import Context
from tieout.flows.errors import CallError
from tieout.flows.gate import Gate
from tieout.flows.planting import drop, store_step
from tieout.flows.rows import Document, SourceRecord
from tieout.flows.standing import restand_records
from tieout.flows.storage import Unit, chunks
from tieout.flows.world import Surroundings, WorldKeeper

log = structlog.get_logger(__name__)

_NO_KEYS = Keys(frozenset(), frozenset(), frozenset(), frozenset())
_KINDS = [StepKind.CREATE_CUSTOMER_DEPOSIT]
_BATCH = 200
#: A deposit that is used up, or that a person looks after, may come to life again: an application is taken back.
_SELDOM = timedelta(days=1)
UNAPPLIED = "deposit_unapplied"
#: What is noted of a deposit that was used up, and not by us alone.
_USED = "deposit_used_in_netsuite"
#: The code of an application's case when somebody was faster.
OUTRUN = "open_amount_changed"


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A deposit with something left: its input, what NetSuite has of it, and its applications of before."""

    document: Document
    draft: CustomerDepositDraft
    record: SourceRecord
    item: OpenItem
    applications: tuple[Document, ...]


class Prepaid:
    """Confirmed deposits → applications, or cases. A deposit's own due time says when it is looked at again."""

    def __init__(self, context: Context, keeper: WorldKeeper, gate: Gate, ledger: LedgerKeeper) -> None:
        self._context = context
        self._keeper = keeper
        self._gate = gate
        self._ledger = ledger
        self._next: datetime | None = None

    def run(self) -> int:
        """One round. Returns how many applications were planned."""
        context = self._context
        cash, now = context.policy.cash, context.clock.now()
        if cash is None or cash.prepayments is not Prepayments.CUSTOMER_DEPOSIT:
            return 0
        if self._next is not None and now < self._next:
            return 0
        self._next = now + context.limits.observe_every
        with context.store.read() as unit:
            due = unit.documents.due(context.netsuite.account, State.CONFIRMED, _KINDS, now, _BATCH)
        if not due:
            return 0
        try:
            around = self._keeper.surroundings()
            self._ledger.refresh(context.limits.open_items_good_for)
        except CallError as error:
            self._gate.note(error)
            log.warning("open items cannot be read; deposits wait", error=str(error))
            return 0
        planned = 0
        for some in chunks(due):
            with context.store.write("deposits_looked_at") as unit:
                planned += sum(self._look_at(unit, document, around, now) for document in some)
        return planned

    def _look_at(self, unit: Unit, document: Document, around: Surroundings, now: datetime) -> bool:
        """Decide about one deposit. Returns whether an application was planned."""
        again, waiting = self._waiting(unit, document, now)
        planned = False
        if waiting is not None:
            candidates, over = self._candidates(unit, waiting)
            under_way = unit.cash.under_way({one.id for one in candidates} | {waiting.item.id})
            if (candidates or over) and not under_way:
                planned = self._decide(unit, waiting, candidates, around, now)
        current = unit.documents.get(document.id)
        if current is not None:
            unit.documents.postpone(current, now + again)
        return planned

    def _waiting(self, unit: Unit, document: Document, now: datetime) -> tuple[timedelta, _Waiting | None]:
        """When to look again; and the deposit, if something of it may be applied now."""
        soon = self._context.limits.prepaid_look_every
        record, draft = unit.records.get(document.source_record_id), document.draft
        if record is None or not isinstance(draft, CustomerDepositDraft) or document.internal_id is None:
            return _SELDOM, None
        documents = unit.documents.of_record(record.id)
        own = [d.id for d in documents]
        items = unit.cash.items_by_id(self._context.netsuite.account, [document.internal_id], own)
        if not items:
            return soon, None  # the picture is older than the deposit
        if items[0].open_minor == 0:
            self._used_up(unit, record, documents, items[0], now)
            return _SELDOM, None
        applications = tuple(d for d in documents if d.kind is StepKind.CREATE_DEPOSIT_APPLICATION)
        if any(d.state not in {State.CONFIRMED, State.CANCELLED} for d in applications):
            return soon, None
        cases = unit.cases.find(state=None, record_ids=[record.id])
        if any(
            case.state is CaseState.OPEN
            or (case.state is CaseState.IGNORED and case.finding.code == UNAPPLIED)
            for case in cases
        ):
            return soon, None  # a person looks after it, or has said that nothing is to be done
        return soon, _Waiting(document, draft, record, items[0], applications)

    def _used_up(
        self, unit: Unit, record: SourceRecord, documents: list[Document], item: OpenItem, now: datetime
    ) -> None:
        """Nothing is left: what asked a person to apply it is moot, and what we did not apply is noted once."""
        cases = unit.cases.find(record_ids=[record.id])
        moot = [one.id for one in cases if one.finding.code == UNAPPLIED]
        outrun = [one.document_id for one in cases if one.document_id and one.finding.code == OUTRUN]
        applications = {d.id for d in documents if d.kind is StepKind.CREATE_DEPOSIT_APPLICATION}
        drop(unit, [one for one in outrun if one in applications], now)
        if moot or outrun:
            unit.cases.close(moot, CaseState.RESOLVED, now)
            unit.records.stand([record.id], Standing.PLANNED, "", now)
            restand_records(unit, [record.id], now)
        elsewhere = used_elsewhere(documents, item)
        known = _noted(unit, record)
        if elsewhere.minor and not known:
            data = {"deposit": item.number, "amount": str(elsewhere)}
            unit.journal.add(_USED, now, record=record.id, data=data)

    def _candidates(self, unit: Unit, waiting: _Waiting) -> tuple[list[OpenItem], bool]:
        """Open invoices that were made from the order, in the deposit's currency and company; and whether there will be
        none any more: the order is billed or closed, and nothing of it waits for approval.
        """
        draft, account = waiting.draft, self._context.netsuite.account
        billed = [
            one
            for one in unit.cash.items(account, _NO_KEYS, {draft.customer})
            if one.kind is ItemKind.INVOICE and one.made_from == draft.order
        ]
        fitting = [
            one
            for one in billed
            if one.payable and one.currency == draft.amount.currency and one.subsidiary == draft.subsidiary
        ]
        orders = unit.cash.items_by_id(account, [draft.order])
        ended = bool(orders) and not orders[0].approved
        return fitting, ended and not fitting and all(one.approved or one.open_minor == 0 for one in billed)

    def _decide(
        self,
        unit: Unit,
        waiting: _Waiting,
        candidates: list[OpenItem],
        around: Surroundings,
        now: datetime,
    ) -> bool:
        record, draft = waiting.record, waiting.draft
        gone = self._told_gone(unit, record) or _taken_back(unit, waiting)
        if gone or len(candidates) != 1 or candidates[0].disputed:
            said = _for_a_person(waiting, candidates, gone)
            self._open(unit, record, said, now)
            return False
        (invoice,) = candidates
        day, closed = _day(waiting, invoice, around)
        if closed is not None:
            self._open(unit, record, closed, now)
            return False
        rest = Money.from_minor(waiting.item.open_minor, draft.amount.currency)
        wanted = Application(invoice, min(invoice.open_minor, rest.minor))
        document = waiting.document
        step = plan_application(
            draft,
            document.claim,
            waiting.item.id,
            [wanted],
            rest,
            len(waiting.applications) + 1,
            self._context.policy,
            day,
        )
        store_step(unit, record, step, {document.claim: document.id}, self._context, now)
        data = {"deposit": document.external_id, "invoice": invoice.number, "amount": str(wanted.amount)}
        unit.journal.add("deposit_application_planned", now, record=record.id, data=data)
        restand_records(unit, [record.id], now)
        return True

    @staticmethod
    def _told_gone(unit: Unit, record: SourceRecord) -> str:
        """What says that the money came back, or was paid back: it must not settle an invoice as well."""
        receipt = decode_movement(record.raw["movement"])
        for text in sorted({receipt.identity, receipt.bank_reference, receipt.customer_reference} - {""}):
            for other in unit.records.mentioning(text):
                told = other.raw.get("movement")
                if other.id == record.id or not told or not told.get("returned"):
                    continue
                movement = decode_movement(told)
                back = movement.kind in TAKES_BACK or is_refund(movement)
                if back and names(movement, receipt):
                    return f"{other.source.id} says that the money came back"
        return ""

    @staticmethod
    def _open(unit: Unit, record: SourceRecord, said: Finding, now: datetime) -> None:
        case_id = unit.cases.open(said, record.id, None, now)
        unit.records.stand([record.id], Standing.CASE, said.code, now)
        data = {"case": case_id, "code": said.code, "cause": said.cause}
        unit.journal.add("case_opened", now, record=record.id, data=data)


def _noted(unit: Unit, record: SourceRecord) -> bool:
    return any(event["kind"] == _USED for event in unit.journal.events_of(record.id, []))


def _taken_back(unit: Unit, waiting: _Waiting) -> str:
    """Whether an application was taken back: whoever did that decides what becomes of the money."""
    applied = sum(one.amount.minor for one in applications_of(list(waiting.applications)).values())
    if waiting.item.open_minor > waiting.draft.amount.minor - applied or _noted(unit, waiting.record):
        return "an application of it was taken back in NetSuite"
    return ""


def _for_a_person(waiting: _Waiting, candidates: list[OpenItem], gone: str) -> Finding:
    shown = ", ".join(f"{one.number} {one.open}" for one in candidates)
    found = f"{waiting.item.open} of deposit {waiting.item.number} is left; open of order"
    found += f" {waiting.draft.order_number}: {shown or 'nothing, and it is billed or closed'}"
    if gone:
        found += f"; {gone}"
    elif len(candidates) == 1:
        found += ", which is disputed"
    expected = "one open invoice of the order, and money that stayed"
    return finding(waiting.record, UNAPPLIED, waiting.record.source.id, expected, found)


def _day(waiting: _Waiting, invoice: OpenItem, around: Surroundings) -> tuple[date, Finding | None]:
    """The later of both documents' days; a closed period waits for an approved re-date."""
    record = waiting.record
    day = around.world.redates.get(record.source.record_key) or max(
        waiting.draft.transaction_date, invoice.day
    )
    period = around.world.reference.period_of(day)
    if period is not None and not period.closed:
        return day, None
    name = period.name if period else "no posting period"
    return day, finding(record, "period_closed", name, f"{day} in an open posting period", name)
