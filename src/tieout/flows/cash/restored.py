"""Money that is there again: a dispute we won, a refund that did not arrive. It is booked anew, and put back.

The payment that was taken back stays taken back: what is there again is a payment of its own, of this day, applied to
the documents that were opened again as far as they are open by exactly what was undone. The rest lies on account,
before a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from tieout.domain.cash.decisions import Application, Decision, Outcome, Tier
from tieout.domain.cash.ledger import ItemKind, OpenItem
from tieout.domain.cash.movements import Movement
from tieout.domain.cash.references import Keys
from tieout.domain.drafts import ApplyDraft, JournalDraft, RefundDraft
from tieout.domain.findings import Finding
from tieout.domain.ids import InternalId
from tieout.domain.lifecycle import Standing, State
from tieout.domain.money import Money
from tieout.domain.receipts import plan_payment
from tieout.flows.cash.remarks import came_back, finding, reference_to, unfit_account
from tieout.flows.context import Context
from tieout.flows.rows import Document, SourceRecord
from tieout.flows.storage import Unit
from tieout.flows.verdict import Verdict
from tieout.flows.world import Surroundings

_NO_KEYS = Keys(frozenset(), frozenset(), frozenset(), frozenset())
_SETTLED = frozenset({State.CONFIRMED, State.CANCELLED})


@dataclass(frozen=True, slots=True)
class _Undone:
    """What a dispute or refund took: whose money it was, how much, and from which documents."""

    customer: InternalId
    amount: Money
    #: document → what was undone of it, in minor units
    documents: dict[InternalId, int]
    #: the journal entry that stands in for undoing it, by external id, with the amount of each receivable line
    journal: str = ""
    lines: tuple[int, ...] = ()


class Restored:
    """Returns of what we had given back → verdicts."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def judge(
        self,
        unit: Unit,
        record: SourceRecord,
        movement: Movement,
        content: str,
        existing: Sequence[Document],
        day: date,
        around: Surroundings,
    ) -> tuple[Verdict | None, InternalId]:
        """What it comes to, and whose money it is (empty: nobody's we know). No verdict: something of it is under way;
        look again later.
        """
        nobody = InternalId("")
        first = _taken(unit, record, movement)
        documents = (
            [d for d in unit.documents.of_record(first.id) if d.source_record_id == first.id] if first else []
        )
        if any(d.state not in _SETTLED for d in documents):
            return None, nobody
        undone = _undone(documents)
        if first is None or undone is None:
            return came_back(record, movement, content, "it undoes nothing that we have taken back"), nobody
        if undone.amount != movement.amount:
            why = f"{undone.amount} was taken back for {first.source.id}"
            return came_back(record, movement, content, why), nobody
        cash = self._context.policy.cash
        bank = cash.accounts.get(movement.account) if cash is not None else None
        unfit = unfit_account(record, movement, bank)
        if cash is None or bank is None or unfit is not None:
            found = (unfit,) if unfit is not None else ()
            return Verdict(standing=Standing.CASE, findings=found, digest=content), nobody
        currency_id = around.world.reference.currencies.get(movement.amount.currency)
        if currency_id is None:
            code, expected = "currency_not_enabled", "a currency of the account"
            said = finding(record, code, movement.amount.currency, expected, movement.amount.currency)
            return Verdict(standing=Standing.CASE, findings=(said,), digest=content), nobody
        own = [d.id for d in existing]
        items = self._open_items(unit, undone, own)
        if unit.cash.under_way({item.id for item, _ in items}):
            return None, nobody
        applications = tuple(Application(item, minor) for item, minor in items)
        decision = Decision(
            outcome=Outcome.EXACT,
            tier=Tier.THREE,
            automatic=True,
            policy_version=cash.version,
            customer=undone.customer,
            applications=applications,
            note=f"there again: {first.source.id}",
        )
        source, policy = reference_to(record), self._context.policy
        plan = plan_payment(source, movement, decision, bank.past_payouts(), policy, currency_id, day)
        rest = movement.amount.minor - decision.applied_minor
        verdict = Verdict(
            standing=Standing.CASE if rest else Standing.PLANNED,
            findings=(_on_account(record, movement, rest),) if rest else (),
            plan=plan,
            digest=content,
            keep=True,
            facts={"there_again": first.source.id},
        )
        return verdict, undone.customer

    def _open_items(self, unit: Unit, undone: _Undone, own: Sequence[int]) -> list[tuple[OpenItem, int]]:
        """What was opened again and is still open by exactly what was undone."""
        account = self._context.netsuite.account
        if undone.journal:
            known = unit.cash.items(account, _NO_KEYS, {undone.customer}, own)
            lines = [i for i in known if i.kind is ItemKind.JOURNAL and i.external_id == undone.journal]
            wanted = list(undone.lines)
            found = []
            for item in lines:
                if item.payable and item.open_minor == item.total_minor and item.total_minor in wanted:
                    wanted.remove(item.total_minor)
                    found.append((item, item.total_minor))
            return found
        return [
            (item, undone.documents[item.id])
            for item in unit.cash.items_by_id(account, undone.documents, own)
            if item.payable
            and item.customer == undone.customer
            and item.open_minor >= undone.documents[item.id]
        ]


def _taken(unit: Unit, record: SourceRecord, movement: Movement) -> SourceRecord | None:
    """The dispute or refund it names, in the same source. A processor's id is nobody else's."""
    back = movement.returned
    named = unit.records.by_source_id(back.original) if back is not None and back.original else []
    here = (record.source.system, record.source.object)
    return next((one for one in named if (one.source.system, one.source.object) == here), None)


def _undone(documents: Sequence[Document]) -> _Undone | None:
    """What the documents of a dispute or refund did; None when they took nothing back."""
    customer, amount, journal = InternalId(""), None, ""
    opened: dict[InternalId, int] = {}
    lines: list[int] = []
    for draft in (d.draft for d in documents if d.state is State.CONFIRMED):
        if isinstance(draft, RefundDraft):
            customer, amount = draft.customer, draft.amount if amount is None else amount + draft.amount
        elif isinstance(draft, ApplyDraft):
            opened.update({one.document: one.before.minor for one in draft.applied if one.before})
        elif isinstance(draft, JournalDraft) and draft.takes_back and draft.total is not None:
            journal, amount = draft.external_id, draft.total if amount is None else amount + draft.total
            customer = next((line.entity for line in draft.lines if line.entity), customer)
            lines += [line.debit.minor for line in draft.lines if line.entity and line.debit]
    if amount is None or not customer:
        return None
    return _Undone(customer, amount, opened, journal, tuple(lines))


def _on_account(record: SourceRecord, movement: Movement, rest: int) -> Finding:
    left = Money.from_minor(rest, movement.amount.currency)
    expected = "documents that are open by what was undone of them"
    return finding(record, "money_back_on_account", record.source.id, expected, f"{left} lies on account")
