"""Writing off a small rest by decision: what is missing on a document, or what is left of a payment.

The tolerance names the account and the limit, in money. The limit holds for everything that was written off by it of
one document, and beside one payment: paying in pieces does not make it larger.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from tieout.domain.cash.ledger import OpenItem
from tieout.domain.cash.policy import Tolerance
from tieout.domain.drafts import JournalDraft, PaymentDraft, WrittenOff
from tieout.domain.errors import DomainError
from tieout.domain.ids import InternalId
from tieout.domain.lifecycle import Standing, State
from tieout.domain.money import Money, parse_decimal
from tieout.domain.planning import Step, StepKind
from tieout.domain.receipts import DEPOSITED
from tieout.domain.write_offs import Rest, limit_of, plan_write_off, write_off_claim
from tieout.flows.cash.desk import PaymentDesk
from tieout.flows.cash.parts import PaymentError
from tieout.flows.cash.small_rests import change_claim, claimed
from tieout.flows.cash.views import PaymentView
from tieout.flows.codec import decode_reference
from tieout.flows.errors import CallError
from tieout.flows.planting import store_step
from tieout.flows.rows import Document
from tieout.flows.standing import restand_records
from tieout.flows.storage import Unit


@dataclass(frozen=True, slots=True)
class _Booked:
    """A payment that NetSuite has, with what was written off beside it before."""

    view: PaymentView
    document: Document
    draft: PaymentDraft
    earlier: Sequence[Document]


class WriteOffDesk(PaymentDesk):
    """Writing off by decision. Every decision is kept with who and why."""

    def write_off(
        self,
        some_id: str | int,
        tolerance: str,
        by: str,
        because: str,
        *,
        document: str = "",
        amount: str = "",
    ) -> PaymentView:
        """Write off what is missing on `document` (number or internal id), which the payment is applied to; without
        one, what is left of the payment. An empty amount means all of it. The same decision again changes nothing.

        Raises `PaymentError` for an unknown tolerance or one of another currency, beyond its limit, when less than the
        amount is open, and while the payment is not in NetSuite or cannot be changed there.
        """
        if not because.strip():
            raise PaymentError("writing off needs a reason: --because '…'")
        self._not_deposited(some_id)
        with self._context.store.write("payment_written_off") as unit:
            booked = self._booked(unit, self._not_under_way(unit, some_id), some_id)
            chosen = self._tolerance(tolerance, booked.view.movement.amount.currency)
            rest = self._short(unit, booked, document) if document else self._over(unit, booked)
            wanted = _amount(rest, amount)
            known = _again(booked, rest, chosen, wanted if amount else None)
            if known is None:
                self._within(unit, booked, rest, chosen, wanted)
                day = self._day(unit, booked)
                self._store(unit, booked, replace(rest, amount=wanted), chosen, day, because)
                kind = "over" if rest.over else "short"
                after = f"{wanted} {kind} on {rest.number} to account {chosen.account} ({chosen.name})"
                self._decided(unit, booked.view, "write_off", by, because, f"{rest.amount} open", after)
        return self.show(some_id)

    # -- what may be written off -----------------------------------------------------------------------------

    def _not_deposited(self, some_id: str | int) -> None:
        """A bank deposit may have taken a payment that was booked in undeposited funds: NetSuite lets nobody change it
        then (reference §6.6), and the entry would stand there without its application.
        """
        payment = self.show(some_id).payment
        draft = payment.draft if payment is not None else None
        if payment is None or payment.internal_id is None or not isinstance(draft, PaymentDraft):
            return
        if draft.account is not None:
            return
        try:
            with self._context.slots.reading():
                seen = self._context.netsuite.payments_now([payment.internal_id])
        except CallError as error:
            raise PaymentError(f"whether {some_id} was deposited cannot be asked now: {error}") from error
        found = seen.get(payment.internal_id)
        if found is not None and found.status == DEPOSITED:
            raise PaymentError(
                f"a bank deposit has taken {payment.external_id}: NetSuite does not let it be changed. Enter the"
                " journal entry by hand and apply its line there"
            )

    @staticmethod
    def _booked(unit: Unit, view: PaymentView, some_id: str | int) -> _Booked:
        payment = view.payment
        if payment is None or payment.internal_id is None or payment.state is not State.CONFIRMED:
            raise PaymentError(
                f"{some_id}: expected a payment that NetSuite has, found {payment.state if payment else 'none'};"
                " apply it and run `tieout sync` first"
            )
        if not isinstance(payment.draft, PaymentDraft):
            raise PaymentError(
                f"expected a customer payment, found customer deposit {payment.number or payment.external_id}: what an"
                " order's deposit leaves over is refunded, or applied to its next invoice"
            )
        documents = unit.documents.of_record(view.record.id)
        held = [d for d in documents if d.state is State.HELD]
        if held:
            raise PaymentError(f"{held[0].external_id or held[0].claim} waits in a case: decide that first")
        earlier = [d for d in documents if isinstance(d.draft, JournalDraft) and d.draft.writes_off]
        return _Booked(view, payment, payment.draft, earlier)

    def _tolerance(self, name: str, currency: str) -> Tolerance:
        cash = self._context.policy.cash
        every = cash.tolerances if cash is not None else ()
        named = [one for one in every if one.name == name]
        if not named:
            known = ", ".join(sorted({one.name for one in every})) or "none"
            raise PaymentError(f"expected a tolerance of `cash.tolerances` ({known}), found {name!r}")
        found = next((one for one in named if one.currency == currency), None)
        if found is None:
            told = ", ".join(sorted(one.currency for one in named))
            raise PaymentError(f"tolerance {name!r} is in {told}, the payment in {currency}")
        return found

    def _short(self, unit: Unit, booked: _Booked, wish: str) -> Rest:
        """What is missing on a document that the payment lies on, of that payment's customer."""
        item = self._item(unit, wish, [])
        view = booked.view
        applied = view.applications.get(item.id)
        if applied is None:
            lies = ", ".join(one.number for one in view.applications.values()) or "nothing"
            raise PaymentError(
                f"expected a document that {view.record.source.id} is applied to ({lies}), found {item.number};"
                " apply it first"
            )
        if item.customer != booked.draft.customer:
            raise PaymentError(
                f"{item.number} is customer {item.customer}'s, the payment {booked.draft.customer}'s: NetSuite lists"
                " no entry of the one for the other"
            )
        return Rest(
            document=item.id,
            number=item.number,
            amount=item.open,
            receivables=_receivables([item.receivables], item.number),
            on_document=applied.amount,
        )

    def _over(self, unit: Unit, booked: _Booked) -> Rest:
        """What is left of the payment itself."""
        view = booked.view
        number = booked.document.number or booked.document.external_id or ""
        paid = unit.cash.items_by_id(self._context.netsuite.account, view.applications)
        bank = (
            self._context.policy.cash.accounts.get(view.movement.account)
            if self._context.policy.cash
            else None
        )
        accounts = [booked.draft.receivables or ""] if booked.draft.receivables else _accounts(paid)
        return Rest(
            document=InternalId(booked.draft.external_id),
            number=number,
            amount=view.unapplied,
            receivables=_receivables(accounts or (bank.receivables if bank else ()), number),
        )

    def _within(self, unit: Unit, booked: _Booked, rest: Rest, chosen: Tolerance, wanted: Money) -> None:
        """What is open, and the tolerance's limit, for the document and for the payment. Raises `PaymentError`."""
        if rest.amount.amount <= 0 or wanted.minor > rest.amount.minor:
            where = "left of" if rest.over else "open on"
            raise PaymentError(f"{rest.amount} is {where} {rest.number}, {wanted} was to be written off")
        limit = limit_of(chosen, over=rest.over)
        of_document = _entries(
            d.draft
            for d in claimed(unit, self._context.netsuite.account, rest.document)
            if d.state is not State.CANCELLED
        )
        beside = _entries(d.draft for d in booked.earlier if d.state is not State.CANCELLED)
        for what, before in ((rest.number, of_document), (str(booked.document.external_id), beside)):
            spent = [o for o in before if o.tolerance == chosen.name and o.over is rest.over]
            total = sum((one.amount for one in spent), wanted)
            if total.minor > limit.minor:
                more = f" ({len(spent)} earlier)" if spent else ""
                raise PaymentError(
                    f"{total}{more} would be written off for {what}, tolerance {chosen.name!r} allows {limit}"
                    f" {'too much' if rest.over else 'too little'}: write it off by a larger tolerance, or credit it"
                )

    def _day(self, unit: Unit, booked: _Booked) -> date:
        """The entry's day: the payment's. In a closed period NetSuite lets nobody change the payment, either."""
        day = booked.draft.transaction_date
        cached = unit.mappings.reference(self._context.netsuite.account)
        period = decode_reference(cached[0]).period_of(day) if cached else None
        if period is not None and period.closed:
            raise PaymentError(
                f"{booked.document.external_id} lies in {period.name}, which is closed: NetSuite does not let it be"
                " changed. Enter the journal entry in an open period by hand and apply its line there"
            )
        return day

    # -- how -------------------------------------------------------------------------------------------------

    def _store(
        self, unit: Unit, booked: _Booked, rest: Rest, chosen: Tolerance, day: date, because: str
    ) -> None:
        context, view, payment = self._context, booked.view, booked.document
        changes = [d for d in unit.documents.of_record(view.record.id) if d.kind is StepKind.APPLY_PAYMENT]
        waiting = [d for d in changes if d.state not in {State.CONFIRMED, State.CANCELLED}]
        steps = plan_write_off(
            rest,
            Step(kind=payment.kind, claim=payment.claim, draft=payment.draft),
            chosen,
            context.policy,
            write_off_claim(
                context.netsuite.account,
                rest.document,
                len(claimed(unit, self._context.netsuite.account, rest.document)) + 1,
            ),
            change_claim(payment.claim, len(changes) + 1),
            day,
            because,
            number=len(booked.earlier) + 1,
            after=tuple(d.claim for d in waiting),
        )
        now = context.clock.now()
        known = {payment.claim: payment.id, **{d.claim: d.id for d in waiting}}
        for step in steps:
            known[step.claim] = store_step(unit, view.record, step, known, context, now)
        self._close(unit, view)
        unit.records.stand([view.record.id], Standing.PLANNED, "", now)
        restand_records(unit, [view.record.id], now)


def _amount(rest: Rest, text: str) -> Money:
    """How much a person wants to write off; empty: all of it. Raises `PaymentError`."""
    if not text:
        return rest.amount
    amount = parse_decimal(text)
    if amount is None or amount <= 0:
        raise PaymentError(f"{rest.number}: expected an amount above zero, found {text!r}")
    try:
        return Money(amount, rest.amount.currency)
    except DomainError as error:
        raise PaymentError(f"{rest.number}: {error}") from error


def _again(booked: _Booked, rest: Rest, chosen: Tolerance, wanted: Money | None) -> WrittenOff | None:
    """The same decision, taken before and still in force; None when this document was not written off beside this
    payment yet. Raises `PaymentError` for another decision about the same rest.
    """
    live = [d for d in booked.earlier if d.state is not State.CANCELLED]
    for document in live:
        assert isinstance(document.draft, JournalDraft)
        before = document.draft.writes_off
        if before is None or before.document != rest.document:
            continue
        used = booked.view.uses(document)
        if used and before.tolerance == chosen.name and wanted in {None, before.amount}:
            return before
        entry = document.external_id
        remedy = "take that back first" if used else f"its line is open: apply it again with {entry}"
        raise PaymentError(
            f"{before.amount} of {before.number} was written off by {entry} ({before.tolerance}); {remedy}"
        )
    return None


def _entries(drafts: Iterable[object]) -> list[WrittenOff]:
    return [one.writes_off for one in drafts if isinstance(one, JournalDraft) and one.writes_off is not None]


def _accounts(items: Iterable[OpenItem]) -> list[str]:
    return sorted({one.receivables for one in items if one.receivables})


def _receivables(accounts: Iterable[str], number: str) -> InternalId:
    """The one A/R account. Raises `PaymentError`: an entry on another would settle nothing."""
    found = sorted({one for one in accounts if one})
    if len(found) != 1:
        raise PaymentError(
            f"expected one A/R account of {number}, found {', '.join(found) or 'none'}: name it in `cash.accounts`"
        )
    return InternalId(found[0])
