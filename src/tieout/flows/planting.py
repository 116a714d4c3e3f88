"""Storing a plan: each step claims its effect; what is claimed already is met, never doubled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from tieout.domain.cases import CaseState
from tieout.domain.comparison import CreateDraft, record_type
from tieout.domain.documents import NO_ADDRESS, Customer
from tieout.domain.drafts import (
    CustomerDraft,
    CustomerUpdateDraft,
    DepositDraft,
    Draft,
    Settling,
)
from tieout.domain.findings import Finding
from tieout.domain.ids import ClaimKey, InternalId
from tieout.domain.lifecycle import TRANSITIONS, UNSENT, Move, State
from tieout.domain.likeness import traits_of
from tieout.domain.planning import Plan, Step, StepKind, customer_change
from tieout.domain.reference import ExistingCustomer
from tieout.domain.sources import SourceRef
from tieout.flows.codec import digest, encode
from tieout.flows.context import Context
from tieout.flows.rows import Document, SourceRecord
from tieout.flows.storage import Unit

#: While a document is here, what it reserves may follow a new plan.
_MAY_CHANGE = UNSENT | {State.HELD}


def store_plan(
    unit: Unit, record: SourceRecord, plan: Plan, context: Context, now: datetime
) -> Finding | None:
    """Insert or renew the documents of a plan. Returns the finding when an external id is already taken by
    another claim; then nothing is stored.
    """
    steps = [step for step in plan.steps if wanted(step, context)]
    known = unit.documents.by_claims([step.claim for step in steps])
    for step in steps:
        taken = _taken(unit, step, context.netsuite.account)
        if taken is not None and taken.claim != step.claim:
            return collision(step, taken)
    ids: dict[ClaimKey, int] = {}
    for step in steps:
        document = known.get(step.claim)
        if document is None:
            ids[step.claim] = _insert(unit, record, step, ids, context, now)
        else:
            ids[step.claim] = document.id
            _renew(unit, document, step, record, ids, now)
        stored = unit.documents.get(ids[step.claim])
        if stored is not None and stored.state in _MAY_CHANGE:
            reserve(unit, stored.id, stored.draft)
        unit.documents.add_part(record.id, ids[step.claim])
    unit.documents.unblock_ready(list(ids.values()), now)
    return None


def store_change(
    unit: Unit, record: SourceRecord, claim: ClaimKey, payer: Customer, context: Context, now: datetime
) -> None:
    """Plan an update of a customer of ours when its address or contact data have changed since we wrote them.

    The customer of another writer has no document of ours, so it is never touched.
    """
    found = change_step(unit, claim, payer)
    if found is None:
        return
    created, step = found
    store_step(unit, record, step, {claim: created.id}, context, now)


def change_step(unit: Unit, claim: ClaimKey, payer: Customer) -> tuple[Document, Step] | None:
    """The customer of ours and the update it needs, if its address or contact data have changed."""
    created = unit.documents.by_claims([claim]).get(claim)
    if created is None or created.state is State.CANCELLED:
        return None
    latest = unit.documents.latest_change(claim) or created
    known = latest.draft
    if not isinstance(known, CustomerDraft | CustomerUpdateDraft):
        return None
    draft = customer_change(known, payer, claim)
    if draft is None:
        return None
    # A change back to an earlier address is a change of its own: the claim names what it starts from.
    mark = digest(f"{latest.id}|{encode(draft)}")[:32]
    step = Step(
        kind=StepKind.UPDATE_CUSTOMER,
        claim=ClaimKey(f"{claim.replace('customer|', 'customer_update|', 1)}|{mark}"),
        draft=draft,
        needs=(claim,),
    )
    return created, step


def store_step(
    unit: Unit,
    record: SourceRecord,
    step: Step,
    needs: Mapping[ClaimKey, int],
    context: Context,
    now: datetime,
) -> int:
    """One more step of a record, decided by a person; what it needs is there already. Returns the document's id."""
    document_id = _insert(unit, record, step, dict(needs), context, now)
    reserve(unit, document_id, step.draft)
    unit.documents.add_part(record.id, document_id)
    unit.documents.unblock_ready([document_id], now)
    return document_id


def wanted(step: Step, context: Context) -> bool:
    """Whether the step is taken at all: notes go to sources that take them."""
    if step.kind is not StepKind.WRITE_BACK:
        return True
    system = step.claim.split("|")[2].split(":")[0]
    return context.sources[system].writes_back


def _external(step: Step) -> tuple[str, str] | None:
    """(group, external id) of a creating step; an observed invoice has no external id of ours."""
    draft = step.draft
    if step.kind is StepKind.OBSERVE_INVOICE:
        return None
    if isinstance(draft, CreateDraft):
        return record_type(draft).group, draft.external_id
    return None


def _taken(unit: Unit, step: Step, account: str) -> Document | None:
    external = _external(step)
    return unit.documents.by_external_key(account, *external) if external else None


def _insert(
    unit: Unit,
    record: SourceRecord,
    step: Step,
    ids: dict[ClaimKey, int],
    context: Context,
    now: datetime,
) -> int:
    text = encode(step.draft)
    external = _external(step)
    account = context.netsuite.account
    values: dict[str, Any] = {
        "kind": step.kind,
        "claim": step.claim,
        "account": account,
        "external_id": external[1] if external else None,
        "external_key": f"{account}|{external[0]}|{external[1].lower()}" if external else None,
        "source_record_id": record.id,
        "state": State.WAITING if step.needs else State.READY,
        "draft": text,
        "payload_hash": digest(text),
        "due_at": now,
        "correlation": record.correlation,
        "created_at": now,
        "updated_at": now,
    }
    document_id = unit.documents.insert(values, [ids[claim] for claim in step.needs if claim in ids])
    _note_traits(unit, document_id, step)
    return document_id


def _note_traits(unit: Unit, document_id: int, step: Step) -> None:
    """Another source's deal may be about the same customer: it has to find this one by what they share."""
    if isinstance(step.draft, CustomerDraft):
        traits = traits_of(as_existing(step.draft, None, ""))
        unit.documents.note_traits(document_id, [(str(one.trait), one.value) for one in traits])
    if isinstance(step.draft, DepositDraft):
        unit.documents.note_traits(document_id, held_traits(step.draft.trace.source, step.draft.held))


def held_traits(source: SourceRef, identities: Iterable[str]) -> list[tuple[str, str]]:
    """What a bank deposit is found by when a payment it holds on the clearing account is booked at last."""
    where = f"{source.system}:{source.environment}"
    return [("held_by_deposit", f"{where}:{one}") for one in identities]


def as_existing(draft: CustomerDraft, internal_id: InternalId | None, system: str) -> ExistingCustomer:
    """A customer we plan or have written, as if NetSuite had shown it already."""
    return ExistingCustomer(
        id=internal_id or InternalId(""),
        name=draft.name,
        external_id=draft.external_id,
        email=draft.email,
        website=draft.website,
        tax_id=draft.tax_id,
        installation=draft.trace.installation,
        source_system=system or draft.trace.source.system,
        subsidiary=draft.subsidiary,
        addresses=tuple(one for one in (draft.billing, draft.shipping) if one != NO_ADDRESS),
        currencies=frozenset({draft.currency_id}),
    )


def _renew(
    unit: Unit,
    document: Document,
    step: Step,
    record: SourceRecord,
    ids: Mapping[ClaimKey, int],
    now: datetime,
) -> None:
    """A claim met again: its draft may still change while nothing has left for NetSuite."""
    text = encode(step.draft)
    same = document.payload_hash == digest(text)
    if document.state not in TRANSITIONS[Move.REPLAN].sources or document.internal_id:
        return
    if document.source_record_id != record.id and document.state is not State.CANCELLED:
        return  # the first deal's view of a shared customer stands until it is confirmed
    refused = document.state is State.HELD and document.attempts > 0
    if same and (document.state in UNSENT or refused):
        return
    needs = [ids[claim] for claim in step.needs if claim in ids]
    if unit.documents.replan(document, {"draft": text, "payload_hash": digest(text)}, needs, now):
        _note_traits(unit, document.id, step)
        settled = [case.id for case in unit.cases.find(document_ids=[document.id])]
        unit.cases.close(settled, CaseState.RESOLVED, now)


def collision(step: Step, taken: Document) -> Finding:
    """Two sources compute one external id (or ids that differ only in case)."""
    return Finding(
        code="external_id_collision",
        cause=taken.external_id or step.claim,
        expected=f"an external ID of its own for {step.claim}",
        found=f"{taken.external_id}, taken by {taken.claim}",
    )


def reserve(unit: Unit, document_id: int, draft: Draft) -> None:
    """What a payment is to settle is reserved with its plan, so that no other payment plans the same balance."""
    if not isinstance(draft, Settling):
        return
    unit.cash.reserve(document_id, draft.takes)


def cancel_unsent(unit: Unit, documents: Sequence[Document], now: datetime) -> None:
    """Take back what nothing was sent of; records shared with other deals stay."""
    for document in documents:
        shared = len(unit.documents.records_of([document.id])) > 1
        if shared or document.attempts or document.state not in {*UNSENT, State.HELD}:
            continue
        if unit.documents.move(document, Move.CANCEL, now, lease_token="", lease_expires_at=None):
            settled = [case.id for case in unit.cases.find(document_ids=[document.id])]
            unit.cases.close(settled, CaseState.RESOLVED, now)


def drop(unit: Unit, ids: Sequence[int], now: datetime) -> None:
    """Take back documents that another plan takes the place of, whether NetSuite has refused them or not seen them."""
    for document in filter(None, map(unit.documents.get, ids)):
        if document.state not in _MAY_CHANGE or document.internal_id:
            continue
        if unit.documents.move(document, Move.CANCEL, now, lease_token="", lease_expires_at=None):
            settled = [case.id for case in unit.cases.find(document_ids=[document.id])]
            unit.cases.close(settled, CaseState.RESOLVED, now)


def hold_unsent(unit: Unit, documents: Sequence[Document], record_id: int, now: datetime) -> None:
    """The deal has findings now: what was planned before and not sent must not go out.

    The deal's own case says why; records it shares with other deals go on.
    """
    for document in documents:
        own = document.source_record_id == record_id and document.claim.startswith("handoff|")
        if own and document.state in UNSENT:
            unit.documents.move(document, Move.HOLD, now)
