"""The payer has taken credits: which, how much of each, and beside which invoices.

NetSuite uses a credit within the payment itself: what is applied comes out of the money and the credits (reference
§6.6). A credit memo that was made from an invoice belongs to it: as long as that invoice is open, it is proposed for
that invoice only. A person decides in every case; here the answer is filled in, or said why there is none.
"""

from __future__ import annotations

from collections.abc import Sequence

from tieout.domain.cash.decisions import Application, Decision, Outcome, Reason, Tier
from tieout.domain.cash.ledger import ItemKind, OpenItem, OpenLedger
from tieout.domain.cash.payments import Payment
from tieout.domain.cash.policy import CashPolicy
from tieout.domain.cash.references import Hit
from tieout.domain.ids import InternalId


def credit_taken(
    payment: Payment,
    customer: InternalId,
    hits: Sequence[Hit],
    credits_taken: Sequence[OpenItem],
    reasons: frozenset[Reason],
    ledger: OpenLedger,
    policy: CashPolicy,
) -> Decision:
    """A payment that names documents and credits of its customer. The answer is filled in when documents less credits
    are what was paid; amounts the payer gives line by line count before what is open.
    """
    items = [hit.item for hit in hits if hit.item not in credits_taken]
    told = {hit.item.id: abs(hit.reference.paid.minor) for hit in hits if hit.reference.paid is not None}
    paid = tuple(Application(item, told.get(item.id, item.open_minor)) for item in items)
    used = tuple(Application(one, told.get(one.id, one.open_minor)) for one in credits_taken)
    asked = sum(one.amount_minor for one in paid) - sum(one.amount_minor for one in used)
    note = _unusable(items, used, paid, ledger)
    if not note and asked != payment.amount_minor:
        note = "the credit does not close the difference"
    exact = not note
    return Decision(
        outcome=Outcome.CREDIT_TAKEN,
        tier=Tier.THREE,
        automatic=False,
        policy_version=policy.version,
        customer=customer,
        applications=paid if exact else (),
        credits=used if exact else (),
        reasons=reasons | (frozenset({Reason.SUM_EXACT}) if exact else frozenset()),
        difference_minor=payment.amount_minor - asked,
        note=note,
    )


def _unusable(
    items: Sequence[OpenItem], used: Sequence[Application], paid: Sequence[Application], ledger: OpenLedger
) -> str:
    """Why NetSuite would not take it, or why it would be the wrong invoice; empty when neither."""
    if not items:
        return "no document is named that the credit could settle"
    over = next((one for one in (*paid, *used) if one.amount_minor > one.item.open_minor), None)
    if over is not None:
        return f"{over.amount} of {over.item.number}, of which {over.item.open} is open"
    for credit in (one.item for one in used):
        if credit.kind is ItemKind.PAYMENT:
            return f"{credit.number} is money on account: apply that payment itself"
        if not credit.usable:
            return f"{credit.number} is used up, or not approved"
        if any(_side(credit) != _side(item) for item in items):
            return f"{credit.number} is in another currency, subsidiary or A/R account"
        home = _home(credit, ledger)
        if home is not None and home not in items:
            return f"{credit.number} was made from {home.number}, which is open and not named"
    return ""


def _side(item: OpenItem) -> tuple[str, str, str]:
    return item.currency, item.subsidiary, item.receivables


def _home(credit: OpenItem, ledger: OpenLedger) -> OpenItem | None:
    """The open invoice a credit memo was made from."""
    return next(
        (
            item
            for item in ledger.of_customer(credit.customer)
            if item.id == credit.made_from and item.payable
        ),
        None,
    )
