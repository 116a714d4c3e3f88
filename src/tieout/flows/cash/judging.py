"""What a movement comes to: a payment to book and apply, a case for a person, or a recorded "ignored, because"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from tieout.domain.cash.decisions import Application, Decision, Outcome, Tier
from tieout.domain.cash.ledger import OpenItem, OpenLedger
from tieout.domain.cash.matching import Matcher
from tieout.domain.cash.movements import Movement, MovementKind, Stage
from tieout.domain.cash.payers import Aliases
from tieout.domain.cash.payments import Payment, references_of
from tieout.domain.cash.policy import BankAccount, CashPolicy
from tieout.domain.cash.references import keys_of
from tieout.domain.findings import Finding
from tieout.domain.ids import InternalId
from tieout.domain.lifecycle import Standing, State
from tieout.domain.prepayments import plan_customer_deposit
from tieout.domain.receipts import plan_payment
from tieout.flows.cash.advices import Advices, LookAgain
from tieout.flows.cash.batches import Batches, filled, is_money, told_by, told_only
from tieout.flows.cash.ledger import read_mark
from tieout.flows.cash.payouts import Payouts
from tieout.flows.cash.prepaid_balances import already_there, booked_otherwise, deciding
from tieout.flows.cash.refunds import Refunds, is_refund
from tieout.flows.cash.remarks import (
    bad_file,
    booked,
    booked_elsewhere,
    came_back,
    case,
    day_of,
    finding,
    held_of,
    reference_to,
    set_aside,
    unapplied,
    unfit_account,
)
from tieout.flows.cash.restored import Restored
from tieout.flows.cash.reversals import TAKES_BACK, Reversals
from tieout.flows.cash.small_rests import outgrown, with_write_off
from tieout.flows.cash_storage import MovementRow
from tieout.flows.codec import cash_digest, decode_movement
from tieout.flows.context import Context
from tieout.flows.rows import Document, SourceRecord
from tieout.flows.storage import Unit
from tieout.flows.verdict import Verdict
from tieout.flows.world import Surroundings

#: The object of the source references of money that moved.
MOVEMENT = "movement"
#: The object of the source references of files of which something cannot be used.
FILE = "bank_file"
#: Two routes tell of the same money within so many days.
_ROUTES_APART = timedelta(days=5)
_LEFT = frozenset({State.SENDING, State.IN_DOUBT, State.WRITTEN, State.CONFIRMED})

#: Movements that are no cash of a customer's, and the reason they are recorded as ignored with.
_IGNORED = {
    MovementKind.SUMMARY: "summary_movement",
    MovementKind.INFORMATION: "no_cash_yet",
    MovementKind.NOTICE_OF_CHANGE: "notice_of_change",
    MovementKind.FEE: "bank_fee",
    MovementKind.DISBURSEMENT: "money_out",
}


@dataclass(frozen=True, slots=True)
class _Receipt:
    """A receipt that may be booked, with everything that is known before it is matched."""

    record: SourceRecord
    movement: Movement
    bank: BankAccount
    policy: CashPolicy
    content: str
    existing: Sequence[Document]

    @property
    def own(self) -> list[int]:
        """Documents planned for it before: what they have reserved is its own."""
        return [document.id for document in self.existing]


class Judging:
    """Movements → verdicts. Reads the store; what it notes of a movement is written when the verdict is settled."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._refunds = Refunds(context)
        self._payouts = Payouts(context)
        self._batches, self._advices = Batches(context), Advices(context)
        self._reversals = Reversals(context)
        self._restored = Restored(context)

    def informed(self, records: Sequence[SourceRecord], around: Surroundings) -> Surroundings:
        """The surroundings with what has to be read of NetSuite for these movements. Raises `CallError`s."""
        return self._reversals.informed(records, around)

    def judge(
        self, unit: Unit, record: SourceRecord, existing: Sequence[Document], around: Surroundings
    ) -> Verdict | None:
        """What this movement comes to. None: an item it may concern is being paid at this moment; look again later."""
        if record.source.object == FILE:
            return bad_file(record)
        policy = self._context.policy.cash
        try:
            movement = decode_movement(record.raw["movement"])
        except (KeyError, ValueError) as error:
            why = str(record.raw.get("problem") or error)
            return case(record, "payload_unreadable", record.source.id, "a movement", why)
        if is_money(record, movement):
            movement = replace(movement, stage=Stage.BOOKED)
        content = cash_digest(movement)
        bank = policy.accounts.get(movement.account) if policy is not None else None
        row = _row(record, movement)
        if self._payouts.concerns(movement) and not self._too_old(record, movement):
            return self._payouts.judge(
                unit, record, movement, row, existing, around, lambda day: self._date(record, day, around)
            )
        if (reason := self._ignored(record, movement)) is not None:
            unit.cash.put_movement(row)
            if reason == "no_cash_yet":
                reason = self._batches.announced(unit, record, movement, row)
            return Verdict(standing=Standing.IGNORED, reason=reason, digest=content)
        # A return's documents stand beside the payment it takes back, which is in NetSuite anyway.
        own = [d for d in existing if d.source_record_id == record.id or movement.kind not in TAKES_BACK]
        if any(d.internal_id or d.state in _LEFT for d in own):
            cases = unit.cases.find(record_ids=[record.id])
            return booked(record, content, [one.finding for one in cases if one.document_id is None])
        held = held_of(record)
        if held is not None:
            unit.cash.put_movement(row)
            return set_aside(record, held, content)
        try:
            twice = self._batches.arrived(unit, record, movement, row)
            advised = self._advices.completed(unit, record, filled(unit, record, movement), row)
        except LookAgain:
            return None
        if twice is not None:
            return replace(twice, digest=content)
        if movement.kind is not MovementKind.RECEIPT:
            unit.cash.put_movement(row)
            return self._returned(unit, row, record, movement, content, existing, around)
        if (arrived := self._payouts.arrivals.arrived(unit, record, movement, existing)) is not None:
            unit.cash.put_movement(row)
            return replace(arrived, digest=content)
        unfit = unfit_account(record, movement, bank) or booked_elsewhere(record)
        unfit = unfit or self._second_sighting(unit, record, row)
        if unfit is not None or bank is None or policy is None:
            unit.cash.put_movement(row)
            found = (unfit,) if unfit is not None else ()
            return Verdict(standing=Standing.CASE, findings=found, digest=content)
        bank = self._payouts.bank_for(unit, record, bank)
        return self._matched(unit, _Receipt(record, advised, bank, policy, content, existing), around)

    def _ignored(self, record: SourceRecord, movement: Movement) -> str | None:
        if record.deleted:
            return "deleted_at_source"
        if self._too_old(record, movement):
            return "before_cut_over"
        if movement.stage is not Stage.BOOKED:
            return "no_cash_yet"
        return None if is_refund(movement) else _IGNORED.get(movement.kind)

    def _too_old(self, record: SourceRecord, movement: Movement) -> bool:
        if movement.stage is Stage.NOTIFIED and day_of(movement) == date.min:
            return False  # an advice that does not say when its money comes
        return day_of(movement) < self._context.policy.sources[record.source.system].cut_over

    def _second_sighting(self, unit: Unit, record: SourceRecord, row: MovementRow) -> Finding | None:
        """The same money by another route is one payment: unless a person says that it is another, it is not booked."""
        if record.override.get("distinct"):
            return None
        others = unit.cash.sighted_elsewhere(row, row.day - _ROUTES_APART, row.day + _ROUTES_APART)
        others = [one for one in others if not told_only(unit, record, one)]
        if not others:
            return None
        first = unit.records.get(others[0])
        seen = f"{first.source} ({first.raw.get('route', '')})" if first is not None else str(others[0])
        return Finding(
            code="second_sighting",
            cause=record.source.id,
            expected="money that no other route has told of",
            found=f"{row.minor} {row.currency} minor units on {row.bank_account} about {row.day}, told by {seen}",
            source=record.source,
        )

    # -- what came back --------------------------------------------------------------------------------------

    def _returned(
        self,
        unit: Unit,
        row: MovementRow,
        record: SourceRecord,
        movement: Movement,
        content: str,
        existing: Sequence[Document],
        around: Surroundings,
    ) -> Verdict | None:
        """A receipt that did not stay is taken back when exactly one is meant; everything else is a person's."""
        there_again = movement.kind is MovementKind.RETURN_OF_CREDIT
        if not is_refund(movement) and not there_again and movement.kind not in TAKES_BACK:
            return came_back(record, movement, content, "it is no receipt of ours that is undone")
        day, closed = self._date(record, day_of(movement), around)
        if closed is not None:
            return Verdict(standing=Standing.CASE, findings=(closed,), digest=content)
        if there_again:
            verdict, customer = self._restored.judge(unit, record, movement, content, existing, day, around)
            unit.cash.put_movement(replace(row, customer=customer))
            return verdict
        if is_refund(movement):
            return self._refunds.judge(unit, record, movement, content, day)
        return self._reversals.judge(unit, record, movement, content, day, around)

    # -- matching ------------------------------------------------------------------------------------------

    def _matched(self, unit: Unit, receipt: _Receipt, around: Surroundings) -> Verdict | None:
        record, movement, bank, policy = receipt.record, receipt.movement, receipt.bank, receipt.policy
        content = receipt.content
        payment = _payment(unit, movement, bank, around)
        ledger = self._ledger(unit, payment, around, receipt.own)
        decision = Matcher(ledger, deciding(policy, bank), unit.cash.precision()).match(payment)
        deposit = (decision.deposit,) if decision.deposit is not None else ()
        touched = {one.item.id for one in (*decision.applications, *decision.credits, *deposit)} | {
            one.item.id for one in decision.refused
        }
        if unit.cash.under_way(touched):
            return None
        decided = record.override.get("apply")
        if decided is not None:
            decision = self._as_decided(unit, decision, record.override, receipt.own)
        day, closed = self._date(record, day_of(movement), around)
        facts: dict[str, object] = {"match": told(decision), "ledger_as_of": ledger.as_of.isoformat()}
        now = self._context.clock.now()
        unit.cash.put_movement(_row(record, movement, decision, now))
        said = closed or unapplied(record, movement, decision)
        stranger = _stranger(decision, bank, around)
        if said is not None and stranger:
            said = replace(said, found=f"{said.found}; not booked: {stranger}")
        currency_id = around.world.reference.currencies.get(movement.amount.currency)
        if currency_id is None:
            currency = movement.amount.currency
            said = finding(record, "currency_not_enabled", currency, "a currency of the account", currency)
        # Booked for the payer it could never be applied: NetSuite keeps a payment's customer.
        relative = decision.outcome is Outcome.PARENT_PAYS and not decision.automatic
        unbookable = decision.customer is None or closed is not None or bool(stranger) or relative
        if currency_id is None or unbookable:
            found = (said,) if said is not None else ()
            return Verdict(standing=Standing.CASE, findings=found, digest=content, facts=facts, cancel=True)
        planning = plan_payment if decision.deposit is None else plan_customer_deposit
        plan = planning(
            reference_to(record), movement, decision, bank, self._context.policy, currency_id, day
        )
        plan = with_write_off(unit, self._context, plan, decision, receipt.existing, day)
        otherwise, taken = booked_otherwise(unit, plan, receipt.existing)
        if taken is not None:
            found = (already_there(record, taken),)
            return Verdict(standing=Standing.CASE, findings=found, digest=content, facts=facts, keep=True)
        return Verdict(
            standing=Standing.PLANNED if said is None else Standing.CASE,
            findings=(said,) if said is not None else (),
            plan=plan,
            digest=content,
            keep=True,
            facts=facts,
            replaces=(*otherwise, *outgrown(plan, receipt.existing)),
        )

    def _ledger(self, unit: Unit, payment: Payment, around: Surroundings, own: Sequence[int]) -> OpenLedger:
        """The items this payment can meet: by its references, and of its customers."""
        account = self._context.netsuite.account
        prefixes = unit.cash.prefixes(account)
        keys = keys_of(payment.references, prefixes)
        names = around.directory.names() if not payment.customers else {}
        resembling = OpenLedger.of((), around.world.reference.as_of, names=names)
        customers = payment.customers or {c for name in payment.payer.names for c in resembling.named(name)}
        items = unit.cash.items(account, keys, customers, own)
        mark = unit.records.cursor(read_mark(account))
        as_of = around.world.reference.as_of if mark is None else datetime.fromisoformat(mark)
        shown = {c: names[c] for c in customers if c in names}
        return OpenLedger.of(items, as_of, around.directory.parents(), shown, prefixes)

    def _as_decided(
        self, unit: Unit, decision: Decision, override: Mapping[str, Any], own: Sequence[int]
    ) -> Decision:
        """A person's decision in place of ours; the amounts are still checked against what is open."""
        parts: Mapping[str, int] = override["apply"]
        discounts: Mapping[str, int] = override.get("discount", {})
        used: Mapping[str, int] = override.get("credit", {})
        account = self._context.netsuite.account
        ids = [InternalId(one) for one in (*parts, *used)]
        items = {item.id: item for item in unit.cash.items_by_id(account, ids, own)}
        applications = tuple(
            _within(items[InternalId(one)], int(minor), int(discounts.get(one, 0)))
            for one, minor in sorted(parts.items())
            if InternalId(one) in items and items[InternalId(one)].payable
        )
        credits_used = tuple(
            _within(items[InternalId(one)], int(minor), 0)
            for one, minor in sorted(used.items())
            if InternalId(one) in items and items[InternalId(one)].usable
        )
        return Decision(
            outcome=decision.outcome,
            tier=Tier.THREE,
            automatic=True,
            policy_version=decision.policy_version,
            customer=InternalId(str(override["customer"])),
            applications=applications,
            credits=credits_used,
            reasons=decision.reasons,
            note=f"decided by {override.get('by', '')}",
        )

    def _date(self, record: SourceRecord, wanted: date, around: Surroundings) -> tuple[date, Finding | None]:
        """The day it is booked on; a closed period waits for an approved re-date."""
        day = around.world.redates.get(record.source.record_key) or wanted
        period = around.world.reference.period_of(day)
        if period is not None and not period.closed:
            return day, None
        following = around.world.reference.next_open(day)
        remedy = f"; the next open one begins {following.days.start}" if following else ""
        name = period.name if period else "no posting period"
        return day, finding(
            record, "period_closed", name, f"{day} in an open posting period", f"{name}{remedy}"
        )


def _within(item: OpenItem, minor: int, discount: int) -> Application:
    """What a person put on an item, as far as it is still open."""
    amount = min(minor, item.open_minor)
    return Application(item, amount, discount_minor=min(discount, item.open_minor - amount))


def told(decision: Decision) -> dict[str, Any]:
    """A decision as evidence: what was applied or proposed, what was refused, and why."""
    return {
        "outcome": str(decision.outcome),
        "tier": str(decision.tier),
        "automatic": decision.automatic,
        "signature": decision.signature,
        "policy": decision.policy_version,
        "customer": decision.customer or "",
        "reasons": sorted(map(str, decision.reasons)),
        "note": decision.note,
        "difference_minor": decision.difference_minor,
        "applications": [
            {
                "item": one.item.id,
                "number": one.item.number,
                "minor": one.amount_minor,
                "discount": one.discount_minor,
            }
            for one in decision.applications
        ],
        "credits": [
            {"item": one.item.id, "number": one.item.number, "minor": one.amount_minor}
            for one in decision.credits
        ],
        "deposit": {"item": decision.deposit.item.id, "number": decision.deposit.item.number}
        if decision.deposit
        else None,
        "refused": [{"item": r.item.id, "number": r.item.number, "why": r.why} for r in decision.refused],
    }


def _stranger(decision: Decision, bank: BankAccount, around: Surroundings) -> str:
    """Why NetSuite would refuse the customer's money on account: its company is none of the customer's. A document of
    the customer's in that company, which this money settles, is better proof than what we last read of the customer.
    """
    if decision.customer is None or (decision.automatic and (decision.applications or decision.deposit)):
        return ""
    known = around.directory.by_id(decision.customer)
    related = (
        known.subsidiaries | {known.subsidiary} if known is not None and known.subsidiary else frozenset()
    )
    if not related or bank.subsidiary in related:
        return ""
    return (
        f"customer {decision.customer} is related to subsidiary {', '.join(sorted(map(str, related)))}, the bank"
        f" account's mapping says {bank.subsidiary}"
    )


def _payment(unit: Unit, movement: Movement, bank: BankAccount, around: Surroundings) -> Payment:
    customers = Aliases.of(unit.cash.aliases(movement.payer.identifiers)).customers(movement.payer)
    return Payment(
        identity=movement.identity,
        amount_minor=movement.amount.minor,
        currency=movement.amount.currency,
        paid=day_of(movement),
        customers=customers,
        references=references_of(movement),
        subsidiary=bank.subsidiary,
        receivables=bank.receivables,
        intercompany=around.directory.intercompany(customers),
        payer=movement.payer,
    )


def _row(
    record: SourceRecord, movement: Movement, decision: Decision | None = None, now: datetime | None = None
) -> MovementRow:
    return MovementRow(
        record_id=record.id,
        route=str(record.raw.get("route", "")),
        kind=str(movement.kind),
        bank_account=movement.account,
        currency=movement.amount.currency,
        minor=movement.amount.minor,
        day=day_of(movement),
        customer=(decision.customer or "") if decision else "",
        payer=next(iter(movement.payer.names), ""),
        outcome=str(decision.outcome) if decision else "",
        automatic=decision.automatic if decision else False,
        matched_at=now,
        booking=told_by(movement),
    )
