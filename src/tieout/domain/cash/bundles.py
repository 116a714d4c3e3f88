"""One payment for several documents: with a list, each line is checked; without one, uniqueness has to be proven."""

from __future__ import annotations

from collections.abc import Sequence

from tieout.domain.cash.credits import credit_taken
from tieout.domain.cash.decisions import Application, Decision, Outcome, Reason, Refused, Tier
from tieout.domain.cash.differences import explain_difference
from tieout.domain.cash.ledger import OpenItem, OpenLedger
from tieout.domain.cash.payments import Payment
from tieout.domain.cash.policy import CashPolicy, OptIn
from tieout.domain.cash.references import Hit
from tieout.domain.cash.subsets import Proof, find_subset
from tieout.domain.ids import InternalId

_MOST_SHOWN = 10


def listed_bundle(
    payment: Payment,
    customer: InternalId,
    hits: Sequence[Hit],
    credits_taken: Sequence[OpenItem],
    dangling: Sequence[str],
    ledger: OpenLedger,
    policy: CashPolicy,
) -> Decision:
    """A payment that names several documents of its customer, all of which may be paid (or are credits).

    Amounts given line by line must each be what is open, and sum to the payment. A credit that is taken must close the
    difference exactly. Everything else is explained as a difference.
    """
    items = [hit.item for hit in hits if hit.item not in credits_taken]
    reasons = frozenset(
        {Reason.PAYER_KNOWN, Reason.STRUCTURED_NUMBER if _structured(hits) else Reason.TYPED_NUMBER}
    )
    asked = sum(item.open_minor for item in items)
    applications = tuple(Application(item, item.open_minor) for item in items)

    def decided(
        outcome: Outcome, why: frozenset[Reason], *, automatic: bool = False, note: str = ""
    ) -> Decision:
        return Decision(
            outcome=outcome,
            tier=Tier.THREE,
            automatic=automatic,
            policy_version=policy.version,
            customer=customer,
            applications=applications,
            reasons=reasons | why,
            difference_minor=payment.amount_minor - asked,
            note=note,
        )

    if dangling:
        note = f"it also names {', '.join(dangling[:3])}, which does not exist"
        return decided(Outcome.UNRESOLVED_REFERENCE, frozenset(), note=note)
    if credits_taken:
        return credit_taken(payment, customer, hits, credits_taken, reasons, ledger, policy)
    lines = _line_amounts(hits)
    if asked == payment.amount_minor:
        wrong = [item for item in items if lines.get(item.id, item.open_minor) != item.open_minor]
        if wrong:
            note = f"the payer gives another amount for {wrong[0].number} than is open"
            return decided(Outcome.AMBIGUOUS, frozenset({Reason.SUM_EXACT}), note=note)
        one_alone = [item for item in items if item.open_minor == payment.amount_minor]
        if one_alone:
            return decided(Outcome.AMBIGUOUS, frozenset({Reason.SUM_EXACT}))
        why = {Reason.SUM_EXACT, *({Reason.LINES_EXACT} if len(lines) == len(items) else ())}
        return decided(Outcome.LISTED_BUNDLE, frozenset(why), automatic=OptIn.LISTED_BUNDLE in policy.opt_ins)
    if len(lines) == len(items) and sum(lines.values()) == payment.amount_minor:
        applications = tuple(Application(item, min(lines[item.id], item.open_minor)) for item in items)
        outcome = Outcome.OVER if any(lines[i.id] > i.open_minor for i in items) else Outcome.SHORT
        return decided(
            outcome, frozenset({Reason.LINES_EXACT}), note="the payer gives an amount for each document"
        )
    alone = [item for item in items if item.open_minor == payment.amount_minor]
    if alone:
        note = f"{alone[0].number} alone is of this amount, and others are named"
        applications = (Application(alone[0], alone[0].open_minor),) if len(alone) == 1 else ()
        return decided(Outcome.AMBIGUOUS, frozenset({Reason.AMOUNT_EXACT}), note=note)
    return explain_difference(payment, customer, items, reasons, ledger, policy)


def _structured(hits: Sequence[Hit]) -> bool:
    return all(hit.reference.qualifier for hit in hits)


def _line_amounts(hits: Sequence[Hit]) -> dict[InternalId, int]:
    """What the payer says it pays for each document, where it says so."""
    return {hit.item.id: hit.reference.paid.minor for hit in hits if hit.reference.paid is not None}


def subset_bundle(
    payment: Payment, customer: InternalId, candidates: Sequence[OpenItem], policy: CashPolicy
) -> Decision:
    """A payment without a reference and without an invoice of its amount: is exactly one set of open ones its sum?"""
    usable = [item for item in candidates if not item.disputed]
    subset = find_subset([item.open_minor for item in usable], payment.amount_minor, policy.search, least=2)
    chosen = [usable[index] for index in subset.chosen]
    unique = subset.proof is Proof.UNIQUE
    outcome = Outcome.SUBSET_BUNDLE if unique else Outcome.AMBIGUOUS if chosen else Outcome.NO_MATCH
    notes = {
        Proof.SEVERAL: "several sets of invoices sum to it",
        Proof.UNKNOWN: "the search reached its bound: nothing is proven",
    }
    reasons = {Reason.PAYER_KNOWN, *({Reason.SUM_EXACT, Reason.NO_SECOND_SOLUTION} if unique else ())}
    return Decision(
        outcome=outcome,
        tier=Tier.THREE,
        automatic=unique and OptIn.SUBSET_BUNDLE in policy.opt_ins,
        policy_version=policy.version,
        customer=customer,
        applications=tuple(Application(item, item.open_minor) for item in chosen) if unique else (),
        reasons=frozenset(reasons),
        refused=() if unique else tuple(Refused(item, "one of several") for item in chosen[:_MOST_SHOWN]),
        note=notes.get(subset.proof, ""),
    )
