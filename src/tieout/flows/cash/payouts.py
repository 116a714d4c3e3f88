"""What a payout comes to: a bank deposit that ties to the bank line to the cent, its undoing, or a case.

A payment that cannot be booked yet holds nothing but its own line: its money goes to the clearing account, and so does
the payment once it is booked. That is remembered with the deposit (`held`), not decided again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from tieout.domain.cash.movements import Movement, MovementKind
from tieout.domain.cash.payouts import (
    LineKind,
    Payout,
    PayoutAccounts,
    PayoutLine,
    Untied,
    fees_unmapped,
    split,
)
from tieout.domain.cash.payouts import (
    Standing as Place,
)
from tieout.domain.cash.policy import BankAccount
from tieout.domain.deposits import plan_deposit, plan_undo
from tieout.domain.drafts import PaymentDraft
from tieout.domain.findings import Finding
from tieout.domain.ids import ClaimKey
from tieout.domain.lifecycle import UNSENT, Standing, State
from tieout.domain.planning import Step, StepKind
from tieout.domain.receipts import cash_claim
from tieout.domain.sources import SourceRef
from tieout.flows.cash.arrivals import Arrivals, movement_of
from tieout.flows.cash.remarks import booked, finding, reference_to
from tieout.flows.cash.waiting import Wait, waits
from tieout.flows.cash_storage import MovementRow
from tieout.flows.codec import digest, encode
from tieout.flows.context import Context
from tieout.flows.planting import held_traits
from tieout.flows.rows import Document, SourceRecord
from tieout.flows.storage import Unit
from tieout.flows.verdict import Verdict
from tieout.flows.world import Surroundings

#: A payment nobody has told of is waited for so long after the payout arrived; then its line is held.
_PATIENCE = timedelta(days=7)
_LEFT = frozenset({State.SENDING, State.IN_DOUBT, State.WRITTEN, State.CONFIRMED})
#: A payout that came back is part of a later one: so often it may come back again.
_MOST_NESTED = 20

Dated = Callable[[date], tuple[date, Finding | None]]


class Payouts:
    """Payouts → verdicts."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.arrivals = Arrivals(context)

    def concerns(self, movement: Movement) -> bool:
        """Whether this is a payout that is to become a deposit. Without anything said about payouts, they are only
        money that went out, unless payments would pile up in undeposited funds unseen.
        """
        bank = self._bank(movement.account)
        return (
            movement.payout is not None
            and bank is not None
            and (bank.payouts is not None or not bank.account)
        )

    def judge(
        self,
        unit: Unit,
        record: SourceRecord,
        movement: Movement,
        row: MovementRow,
        existing: Sequence[Document],
        around: Surroundings,
        dated: Dated,
    ) -> Verdict | None:
        """What this payout comes to. None: something in it is under way, which is noted; look again later."""
        try:
            verdict = self._judged(unit, record, movement, existing, around, dated)
        except Wait as why:
            waits(unit, record, row, why, self._context)
            return None
        unit.cash.put_movement(row)
        return verdict

    def _judged(
        self,
        unit: Unit,
        record: SourceRecord,
        movement: Movement,
        existing: Sequence[Document],
        around: Surroundings,
        dated: Dated,
    ) -> Verdict:
        """Raises `Wait`."""
        payout, bank = movement.payout, self._bank(movement.account)
        assert payout is not None
        assert bank is not None
        content = digest(f"{movement.account}|{movement.credit}|{movement.amount}|{encode(payout)}")
        deposit = _live(existing, StepKind.CREATE_DEPOSIT)
        if payout.failed:
            return self._failed(record, payout, deposit, existing, content, dated, bank)
        if deposit is not None and (deposit.internal_id or deposit.state in _LEFT):
            cases = unit.cases.find(record_ids=[record.id])
            return booked(record, content, [one.finding for one in cases if one.document_id is None])
        if movement.kind is not MovementKind.DISBURSEMENT:
            return Verdict(standing=Standing.IGNORED, reason="no_cash_yet", digest=content)
        said = _unfit(record, movement, payout, bank.payouts)
        if said is not None or bank.payouts is None:
            found = (said,) if said is not None else ()
            return Verdict(standing=Standing.CASE, findings=found, digest=content, cancel=True)
        self.arrivals.look_again(unit, movement, bank.payouts)
        try:
            lines = self._lines(unit, record, payout.lines or (), 0)
            places = self._places(unit, record, payout, lines)
            said = _fees(record, replace(payout, lines=lines), bank.payouts)
            if said is not None:
                return Verdict(standing=Standing.CASE, findings=(said,), digest=content, cancel=True)
            parts = split(replace(payout, lines=lines), movement.amount, bank.payouts, places)
        except Untied as why:
            return _untied(record, movement, content, str(why))
        day, closed = dated(payout.arrival)
        currency_id = around.world.reference.currencies.get(movement.amount.currency)
        if currency_id is None:
            currency = movement.amount.currency
            closed = finding(record, "currency_not_enabled", currency, "a currency of the account", currency)
        if closed is not None or currency_id is None:
            found = (closed,) if closed is not None else ()
            return Verdict(standing=Standing.CASE, findings=found, digest=content, cancel=True)
        plan = plan_deposit(
            reference_to(record), movement, parts, bank, bank.payouts, self._context.policy, currency_id, day
        )
        facts: dict[str, object] = {"payments": len(parts.taken), "held": list(parts.held)}
        return Verdict(standing=Standing.PLANNED, plan=plan, digest=content, facts=facts)

    def _bank(self, account: str) -> BankAccount | None:
        policy = self._context.policy.cash
        return policy.accounts.get(account) if policy is not None else None

    # -- what came back ------------------------------------------------------------------------------------

    def _failed(
        self,
        record: SourceRecord,
        payout: Payout,
        deposit: Document | None,
        existing: Sequence[Document],
        content: str,
        dated: Dated,
        bank: BankAccount,
    ) -> Verdict:
        """The bank sent it back. Of what was never deposited nothing is to be undone. Raises `Wait`."""
        if deposit is None or _untouched(deposit):
            return Verdict(
                standing=Standing.IGNORED, reason="payout_failed", digest=content, cancel=deposit is not None
            )
        if deposit.state is not State.CONFIRMED:
            raise Wait(f"it came back, and its deposit is {_whereabouts(deposit)}")
        undone = _live(existing, StepKind.CREATE_JOURNAL)
        if undone is not None and (undone.internal_id or undone.state in _LEFT):
            return Verdict(standing=Standing.PLANNED, digest=content, facts={"note": "undone already"})
        if bank.payouts is None:
            return _unmapped(record, content)
        day, closed = dated(payout.failed_on or payout.arrival)
        if closed is not None:
            return Verdict(standing=Standing.CASE, findings=(closed,), digest=content)
        step = Step(kind=deposit.kind, claim=deposit.claim, draft=deposit.draft)
        plan = plan_undo(reference_to(record), step, bank.payouts, self._context.policy, day, payout.state)
        return Verdict(standing=Standing.PLANNED, plan=plan, digest=content, facts={"undone": payout.state})

    # -- what is in it -------------------------------------------------------------------------------------

    def _lines(
        self, unit: Unit, record: SourceRecord, lines: Sequence[PayoutLine], depth: int
    ) -> tuple[PayoutLine, ...]:
        """The lines, with a payout that came back before it was ever deposited replaced by what was in it: its payments
        still wait in undeposited funds.
        """
        found: list[PayoutLine] = []
        for line in lines:
            inner = None
            if line.category == "payout_failure" and depth < _MOST_NESTED:
                inner = self._came_back(unit, record, line)
            found += (line,) if inner is None else self._lines(unit, record, inner, depth + 1)
        return tuple(found)

    def _came_back(self, unit: Unit, record: SourceRecord, line: PayoutLine) -> tuple[PayoutLine, ...] | None:
        """What was in a failed payout; None when it was deposited and undone, or nobody knows."""
        other = _record_of(unit, record, line.identity)
        if other is None:
            return None
        documents = unit.documents.of_record(other.id)
        deposit = _live(documents, StepKind.CREATE_DEPOSIT)
        if deposit is not None and deposit.state is not State.CONFIRMED:
            raise Wait(f"the deposit of {other.source.id}, which came back, is {_whereabouts(deposit)}")
        if deposit is not None:
            return None
        if other.standing is Standing.RECEIVED:
            raise Wait(f"{other.source.id}, which came back, waits itself")
        payout = movement_of(other).payout
        known = payout is not None and payout.failed and payout.lines is not None
        if not known or payout is None or payout.sum(line.gross.currency) != line.gross:
            return None
        return payout.lines

    def _places(
        self, unit: Unit, record: SourceRecord, payout: Payout, lines: Sequence[PayoutLine]
    ) -> Mapping[str, Place]:
        """Where each payment is. Raises `Wait` while one is under way, or what it settles is being changed (once it is
        deposited, NetSuite lets nobody change that); `Untied` for one of another amount.
        """
        payments = [line for line in lines if line.kind is LineKind.PAYMENT]
        account = self._context.policy.account
        claims = {line.identity: _claim_of(account, record, line.identity) for line in payments}
        documents = unit.documents.by_claims(list(claims.values()))
        states = unit.documents.states_of({one.source_record_id for one in documents.values()})
        places: dict[str, Place] = {}
        for line in payments:
            document = documents.get(claims[line.identity])
            if document is None or document.state is State.CANCELLED or _refused(document):
                self._hold(unit, record, payout, line, document)
            else:
                places[line.identity] = _place(line, document)
                if _being_changed(states.get(document.source_record_id, ())):
                    raise Wait(f"what {line.identity} settles is being changed")
        return places

    def _hold(
        self,
        unit: Unit,
        record: SourceRecord,
        payout: Payout,
        line: PayoutLine,
        document: Document | None,
    ) -> None:
        """Nothing of this payment is in NetSuite. What a person has to decide about, or what is none of ours, is held;
        everything else is waited for: raises `Wait`.
        """
        context = self._context
        other = _record_of(unit, record, line.identity)
        if other is not None:
            if other.standing not in {Standing.CASE, Standing.IGNORED}:
                raise Wait(f"{line.identity} is {other.standing}")
            if document is not None and document.state is State.HELD:
                # Planned into undeposited funds and held since: it is planned anew, into the clearing account.
                unit.records.stand([other.id], Standing.RECEIVED, "", context.clock.now())
            return
        before = line.day is not None and line.day < context.policy.sources[record.source.system].cut_over
        if not before and context.clock.now().date() - payout.arrival < _PATIENCE:
            raise Wait(f"nobody has told of {line.identity} yet")

    # -- payments that are booked after their payout -------------------------------------------------------

    def bank_for(self, unit: Unit, record: SourceRecord, bank: BankAccount) -> BankAccount:
        """Where a receipt is booked: on the clearing account when the deposit of its payout holds it there."""
        if bank.payouts is None:
            return bank
        traits = held_traits(record.source, [record.source.id])
        if not unit.documents.with_traits(self._context.netsuite.account, traits):
            return bank
        return bank.past_payouts()


def _place(line: PayoutLine, document: Document) -> Place:
    """Where the payment of a line is. Raises `Wait` before it is confirmed."""
    draft = document.draft
    if document.state is not State.CONFIRMED or document.internal_id is None:
        raise Wait(f"{line.identity} is {_whereabouts(document)}")
    assert isinstance(draft, PaymentDraft)
    if draft.amount.currency != line.gross.currency:
        # Converted: the payment is in its own currency, and NetSuite takes none of another one.
        return Place()
    if draft.amount != line.gross:
        raise Untied(f"{line.identity} is {line.gross} there, and was booked as {draft.amount}")
    if draft.account is not None:
        return Place(account=draft.account)
    return Place(taken=document.internal_id)


def _being_changed(story: Iterable[tuple[int, State]]) -> bool:
    """Whether something of a payment's story is on its way; what waits for a person is not."""
    states = {state for _, state in story}
    return State.HELD not in states and bool(states - {State.CONFIRMED, State.CANCELLED})


def _whereabouts(document: Document) -> str:
    """Where a document is on its way, as a person says it."""
    if document.state is State.HELD:
        return "in NetSuite, and in a case" if document.internal_id else "in a case"
    return str(document.state)


def _refused(document: Document) -> bool:
    """Whether a payment is with a person, and nothing of it is in NetSuite."""
    return document.state is State.HELD and not document.internal_id


def _untouched(document: Document) -> bool:
    waits = document.state in UNSENT or document.state is State.HELD
    return waits and not document.attempts and not document.internal_id


def _live(documents: Sequence[Document], kind: StepKind) -> Document | None:
    return next((d for d in documents if d.kind is kind and d.state is not State.CANCELLED), None)


def _record_of(unit: Unit, record: SourceRecord, identity: str) -> SourceRecord | None:
    """The movement of this identity in the same system. A processor's id is nobody else's."""
    mine = (record.source.system, record.source.object)
    found = unit.records.by_source_id(identity)
    return next((one for one in found if (one.source.system, one.source.object) == mine), None)


def _claim_of(account: str, record: SourceRecord, identity: str) -> ClaimKey:
    source = record.source
    ref = SourceRef(system=source.system, environment=source.environment, object=source.object, id=identity)
    return cash_claim(account, ref)


def _unfit(
    record: SourceRecord, movement: Movement, payout: Payout, accounts: PayoutAccounts | None
) -> Finding | None:
    """Why a payout that has left cannot become a deposit, if so."""
    if accounts is None:
        expected = "`payouts` in this account's row of `cash.accounts`: bank, clearing and fees"
        return finding(record, "payout_unmapped", movement.account, expected, "payments in undeposited funds")
    if payout.lines is None:
        expected = "an automatic payout, whose content Stripe can name"
        return finding(record, "payout_manual", record.source.id, expected, f"{movement.amount}, by hand")
    if movement.credit:
        expected = "money that went to the bank"
        found = f"{movement.amount} taken from it: NetSuite has no bank deposit below zero. Book its lines by hand"
        found += f" (Dr {accounts.clearing} and the fee accounts, Cr {accounts.account}), then ignore it, naming them"
        return finding(record, "payout_negative", record.source.id, expected, found)
    return None


def _fees(record: SourceRecord, payout: Payout, accounts: PayoutAccounts) -> Finding | None:
    missing = fees_unmapped(payout, accounts)
    if not missing:
        return None
    expected = "an account for each type of fee in `cash.accounts[…].payouts.fees`, or one for `other`"
    return finding(record, "payout_unmapped", "fees: " + ", ".join(missing), expected, f"none for {missing}")


def _unmapped(record: SourceRecord, content: str) -> Verdict:
    expected = "`payouts` in this account's row of `cash.accounts`"
    said = finding(record, "payout_unmapped", record.source.id, expected, "none any more")
    return Verdict(standing=Standing.CASE, findings=(said,), digest=content)


def _untied(record: SourceRecord, movement: Movement, content: str, why: str) -> Verdict:
    expected = f"lines that come to {movement.amount}, what the bank gets"
    said = finding(record, "payout_not_tied", record.source.id, expected, why)
    return Verdict(standing=Standing.CASE, findings=(said,), digest=content, cancel=True)
