"""What was written off of a document before, and what a payment writes off by itself where that is switched on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from tieout.domain.cash.decisions import Decision
from tieout.domain.drafts import ApplyDraft, JournalDraft
from tieout.domain.ids import ClaimKey, InternalId
from tieout.domain.planning import Plan
from tieout.domain.write_offs import plan_write_off, rest_of, write_off_claim
from tieout.flows.context import Context
from tieout.flows.rows import Document
from tieout.flows.storage import Unit


def with_write_off(
    unit: Unit, context: Context, plan: Plan, decision: Decision, existing: Sequence[Document], day: date
) -> Plan:
    """The plan of a payment, with what writes off the rest that a tolerance takes, where that is switched on by name.

    What was planned so before and has not left keeps its claim.
    """
    cash = context.policy.cash
    found = rest_of(decision, plan, cash) if cash is not None else None
    if found is None:
        return plan
    rest, tolerance = found
    (payment,) = plan.steps
    earlier = claimed(unit, context.netsuite.account, rest.document)
    own = {d.id for d in existing}
    number = next((n for n, d in enumerate(earlier, start=1) if d.id in own), len(earlier) + 1)
    steps = plan_write_off(
        rest,
        payment,
        tolerance,
        context.policy,
        write_off_claim(context.netsuite.account, rest.document, number),
        change_claim(payment.claim, 1),
        day,
        "by rule",
    )
    return replace(plan, steps=(payment, *steps))


def claimed(unit: Unit, account: str, document: InternalId) -> list[Document]:
    """Everything that was written off of a document before, beside whatever payment, taken back or not."""
    found: list[Document] = []
    while True:
        claim = write_off_claim(account, document, len(found) + 1)
        one = unit.documents.by_claims([claim]).get(claim)
        if one is None:
            return found
        found.append(one)


def change_claim(payment: ClaimKey, number: int) -> ClaimKey:
    """The claim of a payment's n-th change of what it settles."""
    return ClaimKey(f"{payment.removesuffix('payment')}apply|{number}")


def outgrown(plan: Plan, existing: Sequence[Document]) -> tuple[int, ...]:
    """What was planned to be written off before, and is no part of the payment's plan any more."""
    claims = {step.claim for step in plan.steps}
    return tuple(
        d.id for d in existing if isinstance(d.draft, ApplyDraft | JournalDraft) and d.claim not in claims
    )
