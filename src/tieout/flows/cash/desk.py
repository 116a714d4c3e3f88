"""What people do with payments: look at them, apply them, take applications back, name the payer, say what is distinct.

Every decision is kept with who, why, before and after; what a person decides is evidence for, or against, the reasons a
match was proposed with, and teaches whose money an identifier brings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tieout.domain.cases import CaseState
from tieout.domain.cash.decisions import Outcome
from tieout.domain.cash.ledger import OpenItem
from tieout.domain.cash.movements import Place
from tieout.domain.cash.payers import OWN_SCHEME, Alias
from tieout.domain.cash.payments import free_text
from tieout.domain.cash.references import keys_of
from tieout.domain.drafts import AppliedDraft, ApplyDraft, CustomerDepositDraft, PaymentDraft
from tieout.domain.ids import ClaimKey, InternalId
from tieout.domain.lifecycle import Standing, State
from tieout.domain.money import Money
from tieout.domain.planning import Step, StepKind
from tieout.domain.receipts import taken_back
from tieout.flows.cash.advices import advice_for
from tieout.flows.cash.deposit_steps import elsewhere_of, one_more_application
from tieout.flows.cash.judging import MOVEMENT
from tieout.flows.cash.parts import (
    Part,
    PaymentError,
    added,
    check_sums,
    credit_of,
    part_of,
)
from tieout.flows.cash.remarks import held_of
from tieout.flows.cash.views import (
    PaymentView,
    applications_of,
    credits_of,
    deposit_of,
    payment_of,
    proposed_for,
    refunds_of,
    told_applied,
    write_offs_of,
)
from tieout.flows.cash_storage import MovementRow
from tieout.flows.codec import decode_movement
from tieout.flows.context import Context
from tieout.flows.planting import store_step
from tieout.flows.rows import SourceRecord
from tieout.flows.standing import restand_records
from tieout.flows.storage import Unit

_UNDER_WAY = frozenset({State.SENDING, State.IN_DOUBT, State.WRITTEN})
_UNSENT = frozenset({State.WAITING, State.READY, State.CLEARED, State.HELD})


class NoSuchPayment(PaymentError):
    """Nothing, or more than one thing, goes by the id."""


class PaymentDesk:
    """Operations on payments."""

    def __init__(self, context: Context) -> None:
        self._context = context

    # -- looking -------------------------------------------------------------------------------------------

    def all(self) -> list[PaymentView]:
        """Every movement, oldest day first."""
        with self._context.store.read() as unit:
            records = {row.record_id: row for row in unit.cash.movements()}
            found = [(unit.records.get(one), row) for one, row in records.items()]
            return [self._view(unit, record, row) for record, row in found if record is not None]

    def show(self, some_id: str | int) -> PaymentView:
        """One payment with every attempt to match it. Raises `PaymentError` when there is none, or several."""
        with self._context.store.read() as unit:
            record = self._record(unit, some_id)
            view = self._view(unit, record, unit.cash.movement(record.id))
            events = unit.journal.events_of(record.id, [])
            attempts = tuple(
                {"at": event["at"].isoformat(), "data": event["data"]}
                for event in events
                if event["kind"].startswith("judged_")
            )
            return PaymentView(
                record=view.record,
                movement=view.movement,
                row=view.row,
                payment=view.payment,
                applications=view.applications,
                credits=view.credits,
                case=view.case,
                refunds=view.refunds,
                attempts=attempts,
                write_offs=view.write_offs,
                advice=advice_for(unit, view.record, view.movement),
                elsewhere=view.elsewhere,
            )

    def aliases(self) -> list[Alias]:
        """What has been learned of payers, ended aliases included."""
        with self._context.store.read() as unit:
            return unit.cash.all_aliases()

    @staticmethod
    def _record(unit: Unit, some_id: str | int) -> SourceRecord:
        if isinstance(some_id, int):
            record = unit.records.get(some_id)
            if record is None or record.source.object != MOVEMENT:
                raise NoSuchPayment(f"input {some_id} is no movement of money")
            return record
        found = {r.id: r for r in unit.records.by_source_id(some_id) if r.source.object == MOVEMENT}
        for document in unit.documents.by_any_id(some_id):
            for record_id in unit.documents.records_of([document.id]):
                record = unit.records.get(record_id)
                if record is not None and record.source.object == MOVEMENT:
                    found[record.id] = record
        if len(found) != 1:
            raise NoSuchPayment(
                f"expected the id of one payment, found {len(found) or 'none'} for {some_id!r}"
            )
        return next(iter(found.values()))

    def _view(self, unit: Unit, record: SourceRecord, row: MovementRow | None) -> PaymentView:
        documents = unit.documents.of_record(record.id)
        open_cases = unit.cases.find(record_ids=[record.id])
        return PaymentView(
            record=record,
            movement=decode_movement(record.raw["movement"]),
            row=row,
            payment=payment_of(documents),
            applications=applications_of(documents),
            credits=credits_of(documents),
            case=next(iter(open_cases), None),
            refunds=refunds_of(documents),
            write_offs=write_offs_of(documents),
            deposit=deposit_of(documents),
            elsewhere=elsewhere_of(unit, self._context.netsuite.account, documents),
        )

    # -- deciding ------------------------------------------------------------------------------------------

    def apply(
        self,
        some_id: str | int,
        parts: Mapping[str, str],
        by: str,
        because: str,
        *,
        teach: bool = True,
        credit: Mapping[str, str] | None = None,
    ) -> PaymentView:
        """Apply a payment to documents by number (or internal id), so much to each; an empty amount means what is
        open, `245.00+5.00` that a discount of 5.00 is granted beside it. The documents decide whose payment it is.
        `credit`: credits of the customer's that are used beside the money, in the same way.

        Raises `PaymentError` for documents that do not exist, belong to several customers, or are not open for it, and
        while a call for the payment is under way.
        """
        with self._context.store.write("payment_applied") as unit:
            view = self._not_under_way(unit, some_id)
            own = [d.id for d in unit.documents.of_record(view.record.id)]
            items = {wish: self._item(unit, wish, own) for wish in parts}
            amounts = {items[wish].id: part_of(items[wish], text) for wish, text in parts.items()}
            used = {wish: self._item(unit, wish, own) for wish in credit or {}}
            uses = {used[wish].id: credit_of(used[wish], text) for wish, text in (credit or {}).items()}
            customer = self._customer(view, [*items.values(), *used.values()])
            check_sums(view, amounts, uses)
            before = told_applied(view)
            if view.payment is not None and view.payment.internal_id is not None:
                wanted = {items[wish].id: (items[wish], amounts[items[wish].id]) for wish in items}
                self._reapply(unit, view, wanted, {used[w].id: (used[w], uses[used[w].id]) for w in used})
            else:
                edit = {
                    "apply": {str(key): part.minor for key, part in amounts.items()},
                    "discount": {str(key): part.discount for key, part in amounts.items() if part.discount},
                    "credit": {str(key): part.minor for key, part in uses.items()},
                    "customer": customer,
                    "by": by,
                }
                self._again(unit, view, edit)
            self._learn(unit, view, customer, amounts, by, teach=teach)
            after = ", ".join(f"{item.number} {amounts[item.id]}" for item in items.values())
            after += "".join(f", with the credit {one.number} {uses[one.id]}" for one in used.values())
            self._decided(unit, view, "apply", by, because, before, after)
        return self.show(some_id)

    def unapply(self, some_id: str | int, numbers: list[str], by: str, because: str) -> PaymentView:
        """Take applications back, all of them when none is named: the invoices are open again, the money is on account.

        Raises `PaymentError` when the payment is not in NetSuite yet, or is not applied to what is named.
        """
        with self._context.store.write("payment_unapplied") as unit:
            view = self._not_under_way(unit, some_id)
            if view.payment is None or view.payment.internal_id is None:
                raise PaymentError(f"{some_id} is not in NetSuite yet: nothing is applied")
            if view.customer_deposit is not None:
                raise PaymentError(
                    f"{some_id} is a customer deposit: each of its applications is a record of its own; delete it in"
                    " NetSuite, and apply the deposit anew here"
                )
            wanted = [one for one in view.applications.values() if not numbers or one.number in numbers]
            if not wanted or len(wanted) < len(numbers):
                applied = ", ".join(one.number for one in view.applications.values()) or "nothing"
                raise PaymentError(
                    f"{some_id} is applied to {applied}, not to {', '.join(numbers) or 'anything'}"
                )
            if view.credits and len(wanted) < len(view.applications):
                raise PaymentError(
                    f"{some_id} uses a credit, too ({told_applied(view)}): take everything back"
                )
            zero = Money.zero(view.movement.amount.currency)
            used = taken_back(list(view.credits.values()), zero)
            self._change(unit, view, taken_back(wanted, zero), used)
            if view.row is not None and view.row.automatic:
                self._overturned(unit, view, by)
            self._decided(unit, view, "unapply", by, because, told_applied(view), "on account")
        return self.show(some_id)

    def name_payer(self, some_id: str | int, customer: InternalId, by: str, because: str) -> PaymentView:
        """Say whose money it is: the payer's strongest identifier stands for the customer from now on."""
        with self._context.store.write("payer_named") as unit:
            view = self._not_under_way(unit, some_id)
            if not view.movement.payer.identifiers:
                raise PaymentError(f"{some_id} has no identifier of its payer to learn; apply it instead")
            scheme, value = view.movement.payer.identifiers[0]
            self._teach(unit, scheme, value, customer, by, because or f"named for {some_id}")
            self._again(unit, view, {})
            self._decided(unit, view, "name_payer", by, because, "", f"{scheme} {value} → {customer}")
        return self.show(some_id)

    def unlearn(self, scheme: str, value: str, customer: InternalId, by: str) -> None:
        """End an alias. Raises `PaymentError` when there is none."""
        now = self._context.clock.now()
        with self._context.store.write("payer_unlearned") as unit:
            if not unit.cash.unlearn(scheme, value, customer, by, now):
                raise PaymentError(f"{scheme} {value} does not stand for customer {customer}")
            data = {"scheme": scheme, "value": value, "customer": customer, "by": by}
            unit.journal.add("payer_unlearned", now, data=data)

    def say_distinct(self, some_id: str | int, by: str, because: str) -> PaymentView:
        """It is other money than the route before told of, although all looks the same."""
        if not because.strip():
            raise PaymentError("saying that it is other money needs a reason: --because '…'")
        with self._context.store.write("payment_distinct") as unit:
            view = self._not_under_way(unit, some_id)
            self._again(unit, view, {"distinct": by})
            self._decided(unit, view, "say_distinct", by, because, "", "distinct")
        return self.show(some_id)

    # -- how -----------------------------------------------------------------------------------------------

    def _not_under_way(self, unit: Unit, some_id: str | int) -> PaymentView:
        record = self._record(unit, some_id)
        busy = [d for d in unit.documents.of_record(record.id) if d.state in _UNDER_WAY]
        if busy:
            raise PaymentError(
                f"{busy[0].external_id or busy[0].claim} is {busy[0].state}: perhaps done. It cannot be changed until"
                " it is known"
            )
        held = held_of(record)
        if held is not None:
            raise PaymentError(
                f"{record.source.id} is held by {held['by']} ({held['because']}): release it first"
            )
        return self._view(unit, record, unit.cash.movement(record.id))

    def _item(self, unit: Unit, wish: str, own: list[int]) -> OpenItem:
        account = self._context.netsuite.account
        keys = keys_of(free_text([wish], _TYPED), unit.cash.prefixes(account))
        found = [item for item in unit.cash.items(account, keys, (), own) if wish in {item.number, item.id}]
        found = found or unit.cash.items_by_id(account, [InternalId(wish)], own)
        if len(found) != 1:
            raise PaymentError(
                f"expected one document {wish!r}, found {len(found) or 'none'}; give its internal id"
            )
        return found[0]

    @staticmethod
    def _customer(view: PaymentView, items: list[OpenItem]) -> str:
        customers = {item.customer for item in items}
        booked = (
            view.payment.draft.customer
            if view.payment and isinstance(view.payment.draft, PaymentDraft | CustomerDepositDraft)
            else None
        )
        if len(customers) != 1 or (
            booked and view.payment and view.payment.internal_id and booked not in customers
        ):
            raise PaymentError(
                f"the documents belong to customers {', '.join(sorted(customers))}"
                + (f", the payment is booked for {booked}" if booked else "")
                + ": one payment is one customer's"
            )
        return next(iter(customers))

    def _reapply(
        self,
        unit: Unit,
        view: PaymentView,
        wanted: Mapping[InternalId, tuple[OpenItem, Part]],
        used: Mapping[InternalId, tuple[OpenItem, Part]],
    ) -> None:
        """A payment NetSuite has: absolute amounts for what is wanted, on top of what is applied already."""
        if view.customer_deposit is not None:
            now = self._context.clock.now()
            step = one_more_application(unit, self._context.policy, view, wanted, used, now)
            self._plan(unit, view, step)
            return
        currency = view.movement.amount.currency
        rows = [added(item, part, view.applications.get(item.id), currency) for item, part in wanted.values()]
        credits_used = [
            added(item, part, view.credits.get(item.id), currency) for item, part in used.values()
        ]
        self._change(unit, view, rows, credits_used)

    def _change(
        self,
        unit: Unit,
        view: PaymentView,
        rows: Sequence[AppliedDraft],
        credits_used: Sequence[AppliedDraft] = (),
    ) -> None:
        payment = view.payment
        assert payment is not None
        assert isinstance(payment.draft, PaymentDraft)
        earlier = [d for d in unit.documents.of_record(view.record.id) if d.kind is StepKind.APPLY_PAYMENT]
        draft = ApplyDraft(
            payment=payment.claim,
            trace=payment.draft.trace,
            customer=payment.draft.customer,
            applied=tuple(rows),
            credits=tuple(credits_used),
        )
        step = Step(
            kind=StepKind.APPLY_PAYMENT,
            claim=ClaimKey(f"{payment.claim.removesuffix('payment')}apply|{len(earlier) + 1}"),
            draft=draft,
            needs=(payment.claim,),
        )
        self._plan(unit, view, step)

    def _plan(self, unit: Unit, view: PaymentView, step: Step) -> None:
        """One more step of a payment NetSuite has; the cases that asked for a decision are closed."""
        now, payment = self._context.clock.now(), view.payment
        assert payment is not None
        store_step(unit, view.record, step, {payment.claim: payment.id}, self._context, now)
        self._close(unit, view)
        unit.records.stand([view.record.id], Standing.PLANNED, "", now)
        restand_records(unit, [view.record.id], now)

    def _again(self, unit: Unit, view: PaymentView, edit: Mapping[str, Any]) -> None:
        """Judge the movement once more, with what a person has decided beside it."""
        now = self._context.clock.now()
        if view.payment is not None and view.payment.internal_id is not None:
            raise PaymentError(f"{view.record.source.id} is booked already; apply or unapply it")
        if edit:
            unit.records.override(view.record.id, {**view.record.override, **edit}, now)
        self._close(unit, view)
        unit.records.stand([view.record.id], Standing.RECEIVED, "", now)

    def _close(self, unit: Unit, view: PaymentView) -> None:
        open_cases = [case.id for case in unit.cases.find(record_ids=[view.record.id])]
        unit.cases.close(open_cases, CaseState.RESOLVED, self._context.clock.now())

    def _decided(
        self, unit: Unit, view: PaymentView, action: str, by: str, because: str, before: str, after: str
    ) -> None:
        now = self._context.clock.now()
        if view.case is not None:
            unit.cases.decide(view.case.id, action, by, because, before, after, now)
        data = {"by": by, "because": because, "before": before, "after": after}
        unit.journal.add(f"payment_{action}", now, record=view.record.id, data=data)

    def _learn(
        self,
        unit: Unit,
        view: PaymentView,
        customer: str,
        amounts: Mapping[InternalId, Part],
        by: str,
        *,
        teach: bool,
    ) -> None:
        """The decision speaks for or against what was proposed, and names the payer."""
        proposed = proposed_for(unit, view)
        if proposed is not None:
            signature, parts = proposed
            right = parts == {str(item): part.minor for item, part in amounts.items()}
            unit.cash.add_verdict(
                view.record.id, signature, right=right, by=by, now=self._context.clock.now()
            )
        identifiers = [one for one in view.movement.payer.identifiers if one[0] != OWN_SCHEME]
        # A parent that pays for a child is still the parent: its identifier is not the child's.
        relative = view.row is not None and view.row.outcome == Outcome.PARENT_PAYS
        if teach and identifiers and not relative:
            scheme, value = identifiers[0]
            self._teach(unit, scheme, value, InternalId(customer), by, f"applied {view.record.source.id}")

    def _overturned(self, unit: Unit, view: PaymentView, by: str) -> None:
        proposed = proposed_for(unit, view)
        if proposed is not None:
            unit.cash.add_verdict(
                view.record.id, proposed[0], right=False, by=by, now=self._context.clock.now()
            )

    def _teach(
        self, unit: Unit, scheme: str, value: str, customer: InternalId, by: str, evidence: str
    ) -> None:
        now = self._context.clock.now()
        alias = Alias(
            scheme=scheme, value=value, customer=customer, taught_by=by, taught_at=now, evidence=evidence
        )
        if unit.cash.teach(alias):
            data = {"scheme": scheme, "value": value, "customer": customer, "by": by, "evidence": evidence}
            unit.journal.add("payer_learned", now, data=data)


#: Where a number stands that a person typed at the desk.
_TYPED = Place(file="", where="typed")
