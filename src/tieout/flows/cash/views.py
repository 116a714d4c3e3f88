"""A payment with everything a person needs to decide about it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tieout.domain.cases import Case
from tieout.domain.cash.movements import Movement
from tieout.domain.drafts import (
    AppliedDraft,
    ApplyDraft,
    CustomerDepositDraft,
    DepositApplicationDraft,
    JournalDraft,
    PaymentDraft,
    RefundDraft,
)
from tieout.domain.ids import InternalId
from tieout.domain.lifecycle import State
from tieout.domain.money import Money
from tieout.domain.open_lines import key_parts
from tieout.domain.planning import StepKind
from tieout.flows.cash.advices import AWAITS
from tieout.flows.cash.remarks import held_of
from tieout.flows.cash_storage import MovementRow
from tieout.flows.rows import Document, SourceRecord
from tieout.flows.storage import Unit

#: How money that came in is booked: exactly one of them is live for a movement.
BOOKING = frozenset({StepKind.CREATE_PAYMENT, StepKind.CREATE_CUSTOMER_DEPOSIT})


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentView:
    """A movement with its payment, its applications, its open case, and how it was matched."""

    record: SourceRecord
    movement: Movement
    row: MovementRow | None
    payment: Document | None
    applications: Mapping[InternalId, AppliedDraft]
    case: Case | None
    refunds: tuple[Document, ...] = ()
    credits: Mapping[InternalId, AppliedDraft] = field(default_factory=dict)
    attempts: tuple[dict[str, Any], ...] = ()
    #: journal entries that write off a small rest of it, or of what it pays
    write_offs: tuple[Document, ...] = ()
    #: of a payout
    deposit: Document | None = None
    #: texts of the remittance advice that was read with it
    advice: tuple[str, ...] = ()
    #: what of a customer deposit NetSuite itself, or somebody in it, has used
    elsewhere: Money | None = None

    def uses(self, entry: Document) -> Money | None:
        """How much of a journal entry of `write_offs` is used, or about to be; None: nothing, its line is open."""
        keys = {entry.external_id, entry.internal_id}
        lines = (*self.applications.values(), *self.credits.values())
        return next((one.amount for one in lines if key_parts(one.document)[0] in keys), None)

    def written_off(self, *, over: bool) -> Money:
        """What of it lies on entries that write off an over rest (part of `applied`); or what is missing on its
        documents and was written off, which is no money that came in.
        """
        total = Money.zero(self.movement.amount.currency)
        for entry in self.write_offs:
            one = entry.draft.writes_off if isinstance(entry.draft, JournalDraft) else None
            if one is not None and one.over is over and (used := self.uses(entry)) is not None:
                total += used
        return total

    @property
    def awaits_money(self) -> bool:
        """Whether it is an advice whose money is not there yet."""
        return self.record.reason == AWAITS

    @property
    def customer_deposit(self) -> CustomerDepositDraft | None:
        """The customer deposit it was booked as, or is to be; None: it is a payment."""
        draft = self.payment.draft if self.payment is not None else None
        return draft if isinstance(draft, CustomerDepositDraft) else None

    @property
    def applied(self) -> Money:
        """What of the money is applied, or about to be: what the credits it uses do not cover."""
        total = self.elsewhere or Money.zero(self.movement.amount.currency)
        for one in self.applications.values():
            total += one.amount
        for one in self.credits.values():
            total -= one.amount
        return total

    @property
    def returned(self) -> Money:
        """What of it did not stay."""
        return self._gone(refunded=False)

    @property
    def refunded(self) -> Money:
        """What of it we paid back; what a credit memo was paid out with is none of it."""
        return self._gone(refunded=True)

    def _gone(self, *, refunded: bool) -> Money:
        total = Money.zero(self.movement.amount.currency)
        for amount, ours in _out_of_payment(self.refunds):
            if ours is refunded:
                total += amount
        return total

    @property
    def unapplied(self) -> Money:
        """What of it is neither applied nor gone back."""
        return self.movement.amount - self.applied - self.returned - self.refunded

    def as_json(self) -> dict[str, Any]:
        """A plain structure."""
        movement, payment = self.movement, self.payment
        return {
            "input": self.record.id,
            "id": self.record.source.id,
            "system": self.record.source.system,
            "standing": str(self.record.standing),
            "reason": self.record.reason,
            "kind": str(movement.kind),
            "amount": f"{movement.amount.amount:f}",
            "currency": movement.amount.currency,
            "day": (movement.value_date or movement.booked or ""),
            "bank_account": movement.account,
            "bank_reference": movement.bank_reference,
            "place": str(movement.place),
            "payer": list(movement.payer.names),
            "identifiers": [list(one) for one in movement.payer.identifiers],
            "texts": list(movement.texts),
            "advice": list(self.advice),
            "customer": self.row.customer if self.row else "",
            "outcome": self.row.outcome if self.row else "",
            "automatic": self.row.automatic if self.row else False,
            "external_id": payment.external_id if payment else None,
            "internal_id": payment.internal_id if payment else None,
            "number": payment.number if payment else "",
            "state": str(payment.state) if payment else "",
            "booked_as": ("customer_deposit" if self.customer_deposit else "customer_payment")
            if payment
            else "",
            "order": self.customer_deposit.order_number if self.customer_deposit else "",
            "applied": f"{self.applied.amount:f}",
            "unapplied": f"{self.unapplied.amount:f}",
            "returned": f"{self.returned.amount:f}",
            "refunded": f"{self.refunded.amount:f}",
            "applications": _lines(self.applications),
            "credits": _lines(self.credits),
            "write_offs": [row for one in self.write_offs if (row := _write_off(one)) is not None],
            "case": {"id": self.case.id, "code": self.case.finding.code, "found": self.case.finding.found}
            if self.case
            else None,
            "held": dict(held) if (held := held_of(self.record)) is not None else None,
            "attempts": list(self.attempts),
        }


def _lines(lines: Mapping[InternalId, AppliedDraft]) -> list[dict[str, str]]:
    return [
        {"item": one.document, "number": one.number, "amount": f"{one.amount.amount:f}"}
        for one in lines.values()
    ]


def _write_off(entry: Document) -> dict[str, str] | None:
    one = entry.draft.writes_off if isinstance(entry.draft, JournalDraft) else None
    if one is None or not isinstance(entry.draft, JournalDraft):
        return None
    return {
        "kind": "over" if one.over else "short",
        "number": one.number,
        "amount": f"{one.amount.amount:f}",
        "tolerance": one.tolerance,
        "account": entry.draft.lines[-1].account,
        "external_id": entry.external_id or "",
        "internal_id": entry.internal_id or "",
        "state": str(entry.state),
    }


def payment_of(documents: list[Document]) -> Document | None:
    """The customer payment, or customer deposit, among the documents of a movement."""
    return next((d for d in documents if d.kind in BOOKING and d.state is not State.CANCELLED), None)


def deposit_of(documents: list[Document]) -> Document | None:
    """The bank deposit among the documents of a payout."""
    return next(
        (d for d in documents if d.kind is StepKind.CREATE_DEPOSIT and d.state is not State.CANCELLED), None
    )


def refunds_of(documents: list[Document]) -> tuple[Document, ...]:
    """What was paid back, or taken back, of the payment of a movement: refunds, and journal entries in their place."""
    return tuple(
        d
        for d in documents
        if d.state is not State.CANCELLED
        and (isinstance(d.draft, RefundDraft) or (isinstance(d.draft, JournalDraft) and d.draft.takes_back))
    )


def write_offs_of(documents: list[Document]) -> tuple[Document, ...]:
    """Journal entries that write off a small rest."""
    return tuple(
        d
        for d in documents
        if d.state is not State.CANCELLED and isinstance(d.draft, JournalDraft) and d.draft.writes_off
    )


def gone_minor(documents: list[Document]) -> int:
    """What refunds took, or are about to take, of a payment, in minor units."""
    return sum(amount.minor for amount, _ in _out_of_payment(refunds_of(documents)))


def _out_of_payment(refunds: tuple[Document, ...]) -> list[tuple[Money, bool]]:
    """Amounts that are gone, and whether we paid them back."""
    found: list[tuple[Money, bool]] = []
    for draft in (one.draft for one in refunds):
        if isinstance(draft, RefundDraft) and draft.credit is None:
            found.append((draft.amount, draft.refunded))
        elif isinstance(draft, JournalDraft):
            found += [(one.amount, False) for one in draft.takes_back]
    return found


def applications_of(documents: list[Document]) -> dict[InternalId, AppliedDraft]:
    """What a payment is applied to after everything that was planned for it, in the order it was planned."""
    undone = _undone(documents)
    found = _last(one for draft in _drafts(documents) for one in draft.applied)
    found = _more(found, documents)
    return {key: one for key, one in found.items() if key not in undone}


def _more(found: dict[InternalId, AppliedDraft], documents: list[Document]) -> dict[InternalId, AppliedDraft]:
    """Applications of a deposit are records of their own: they add up. One that is held is nowhere."""
    for document in documents:
        draft = document.draft
        if not isinstance(draft, DepositApplicationDraft) or document.state in {State.CANCELLED, State.HELD}:
            continue
        for one in draft.applied:
            before = found.get(one.document)
            found[one.document] = replace(one, amount=before.amount + one.amount) if before else one
    return found


def credits_of(documents: list[Document]) -> dict[InternalId, AppliedDraft]:
    """The credits a payment uses after everything that was planned for it."""
    return _last(one for draft in _drafts(documents) for one in draft.credits)


def _drafts(documents: list[Document]) -> Iterator[PaymentDraft | ApplyDraft]:
    entries = {one.claim: one.internal_id for one in documents}
    for document in documents:
        if document.state is State.CANCELLED:
            continue
        if isinstance(document.draft, ApplyDraft):
            yield document.draft.with_entries(entries)
        elif isinstance(document.draft, PaymentDraft):
            yield document.draft


def _undone(documents: list[Document]) -> set[InternalId]:
    """What a journal entry took back: NetSuite goes on calling those documents paid, the entry's own lines are open in
    their place.
    """
    drafts = [d.draft for d in documents if d.state is not State.CANCELLED]
    return {one.document for draft in drafts if isinstance(draft, JournalDraft) for one in draft.takes_back}


def _last(lines: Iterable[AppliedDraft]) -> dict[InternalId, AppliedDraft]:
    """Amounts are absolute: the last word on a document holds."""
    return {key: one for key, one in {one.document: one for one in lines}.items() if one.amount.amount}


def proposed_for(unit: Unit, view: PaymentView) -> tuple[str, dict[str, int]] | None:
    """The signature and parts of the last match that was proposed or made for it."""
    for event in reversed(unit.journal.events_of(view.record.id, [])):
        match = _match_of(event["data"])
        if match and match.get("applications"):
            return str(match["signature"]), {one["item"]: one["minor"] for one in match["applications"]}
    return None


def _match_of(data: str) -> dict[str, Any]:
    body = json.loads(data) if data else {}
    match = body.get("match") if isinstance(body, dict) else None
    return match if isinstance(match, dict) else {}


def told_applied(view: PaymentView) -> str:
    """What it is applied to, in a line."""
    applied = (
        ", ".join(f"{one.number} {one.amount}" for one in view.applications.values()) or "nothing applied"
    )
    used = ", ".join(f"{one.number} {one.amount}" for one in view.credits.values())
    return f"{applied}, with the credit {used}" if used else applied
