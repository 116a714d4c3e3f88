"""Which open items does a payment settle? Decided on what is proven, never forced.

Order of the questions: who paid and what is named (`look_up`), then, with a named document, whether customer, currency,
entity, state and amount agree; without one, whether exactly one explanation exists. Two equally good explanations go to
a person, always.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from tieout.domain.cash.bundles import listed_bundle, subset_bundle
from tieout.domain.cash.decisions import Application, Decision, Outcome, Reason, Refused, Tier
from tieout.domain.cash.differences import explain_difference
from tieout.domain.cash.evidence import Precision
from tieout.domain.cash.ledger import CREDITS, ItemKind, OpenItem, OpenLedger, in_window
from tieout.domain.cash.payments import Payment
from tieout.domain.cash.policy import CashPolicy, OptIn, Prepayments
from tieout.domain.cash.prepayments import no_deposit
from tieout.domain.cash.references import Found, Hit, Strength, look_up
from tieout.domain.cash.subsets import Proof, find_subset
from tieout.domain.ids import InternalId

_REASON = {
    Strength.EXTERNAL_ID: Reason.EXTERNAL_ID,
    Strength.STRUCTURED: Reason.STRUCTURED_NUMBER,
    Strength.TYPED: Reason.TYPED_NUMBER,
    Strength.PURCHASE_ORDER: Reason.PURCHASE_ORDER,
}
_NUMBERS = frozenset({Strength.EXTERNAL_ID, Strength.STRUCTURED, Strength.TYPED})
_MOST_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Matcher:
    """Matches payments against one ledger under one policy. `precision`: what is measured so far, by signature."""

    ledger: OpenLedger
    policy: CashPolicy
    precision: Mapping[str, Precision] = field(default_factory=dict)

    def match(self, payment: Payment) -> Decision:
        """What the payment comes to."""
        if payment.intercompany:
            return self._person(Outcome.INTERCOMPANY, None, note="the payer is one of our own companies")
        found = look_up(payment.references, self.ledger) if payment.references else Found((), ())
        named = [hit for hit in found.hits if hit.strength in _NUMBERS]
        if len(payment.customers) != 1:
            return self._payer_unclear(payment, found)
        (customer,) = payment.customers
        mine = [hit for hit in named if hit.item.customer == customer]
        if not mine and not named:
            return self._without_number(payment, customer, found)
        if len(mine) < len(named):
            mine = _settled_by_own(mine, named)
            if not mine:
                return self._others_document(payment, customer, named)
            if any(hit.item.customer != customer for hit in mine):
                return self._mixed(customer, named)
        if len(mine) == 1:
            return self._budgeted(self._one(payment, customer, mine[0], found))
        return self._budgeted(self._several(payment, customer, mine, found))

    # -- one named document ------------------------------------------------------------------------------

    def _one(self, payment: Payment, customer: InternalId, hit: Hit, found: Found) -> Decision:
        item = hit.item
        reasons = frozenset({_REASON[hit.strength], Reason.PAYER_KNOWN})
        obstacle = self._obstacle(payment, item)
        if obstacle is not None:
            outcome, why = obstacle
            if outcome is Outcome.PREPAYMENT and self.policy.prepayments is Prepayments.CUSTOMER_DEPOSIT:
                return self._prepaid(payment, customer, item, reasons, found)
            return self._person(outcome, customer, reasons=reasons, refused=(Refused(item, why),), note=why)
        if payment.amount_minor != item.open_minor:
            return explain_difference(payment, customer, [item], reasons, self.ledger, self.policy)
        applications = (Application(item, item.open_minor),)
        reasons |= {Reason.AMOUNT_EXACT}
        if found.dangling:
            note = f"it also names {', '.join(found.dangling[:3])}, which does not exist"
            return self._person(
                Outcome.UNRESOLVED_REFERENCE, customer, applications=applications, reasons=reasons, note=note
            )
        if hit.strength is Strength.EXTERNAL_ID:
            return Decision(
                outcome=Outcome.EXACT,
                tier=Tier.ONE,
                automatic=True,
                policy_version=self.policy.version,
                customer=customer,
                applications=applications,
                reasons=reasons,
            )
        return Decision(
            outcome=Outcome.TYPED_REFERENCE,
            tier=Tier.TWO,
            automatic=self.policy.typed_reference,
            policy_version=self.policy.version,
            customer=customer,
            applications=applications,
            reasons=reasons,
        )

    def _prepaid(
        self,
        payment: Payment,
        customer: InternalId,
        order: OpenItem,
        reasons: frozenset[Reason],
        found: Found,
    ) -> Decision:
        """Money for an order: a customer deposit, unless something of it is a person's."""
        why = no_deposit(payment, order, found.dangling)
        if why:
            refused = (Refused(order, why),)
            return self._person(Outcome.PREPAYMENT, customer, reasons=reasons, refused=refused, note=why)
        return Decision(
            outcome=Outcome.PREPAYMENT,
            tier=Tier.TWO,
            automatic=True,
            policy_version=self.policy.version,
            customer=customer,
            deposit=Application(order, payment.amount_minor),
            reasons=reasons,
        )

    def _obstacle(self, payment: Payment, item: OpenItem) -> tuple[Outcome, str] | None:
        """Why nothing may be applied to an item by itself, whatever the amounts."""
        if item.kind is ItemKind.SALES_ORDER:
            return Outcome.PREPAYMENT, f"{item.number} is an order that is not billed yet"
        if item.kind in CREDITS or item.kind in {ItemKind.PAYMENT, ItemKind.CUSTOMER_DEPOSIT}:
            return Outcome.CREDIT_TAKEN, f"{item.number} is a credit of the customer's"
        if item.open_minor == 0:
            if payment.amount_minor == item.total_minor and payment.currency == item.currency:
                return Outcome.DUPLICATE_PAYMENT, f"{item.number} was paid already, by the same amount"
            return Outcome.STALE_REFERENCE, f"{item.number} is settled"
        if payment.currency != item.currency:
            return Outcome.OTHER_CURRENCY, f"{item.number} is in {item.currency}, paid was {payment.currency}"
        if wrong := _wrong_entity(payment, item):
            return Outcome.WRONG_ENTITY, wrong
        if not item.approved:
            return Outcome.NOT_PAYABLE, f"{item.number} is not approved yet"
        if item.disputed:
            return Outcome.NOT_PAYABLE, f"{item.number} is disputed"
        return None

    # -- several named documents -------------------------------------------------------------------------

    def _several(self, payment: Payment, customer: InternalId, hits: Sequence[Hit], found: Found) -> Decision:
        strongest = [hit for hit in hits if hit.strength is Strength.EXTERNAL_ID]
        if len(strongest) == 1 and strongest[0].item.open_minor == payment.amount_minor:
            # Our own external ID names one of them; what else stands in the text may say what it is for.
            others = tuple(
                Refused(h.item, "our external ID names another") for h in hits if h != strongest[0]
            )
            return replace(self._one(payment, customer, strongest[0], found), refused=others[:_MOST_SHOWN])
        obstacles = [(hit.item, self._obstacle(payment, hit.item)) for hit in hits]
        credits_taken = [
            hit.item
            for hit, (_, o) in zip(hits, obstacles, strict=True)
            if o and o[0] is Outcome.CREDIT_TAKEN
        ]
        barred = [(item, o) for item, o in obstacles if o is not None and o[0] is not Outcome.CREDIT_TAKEN]
        if barred:
            outcome, why = barred[0][1]
            refused = tuple(Refused(item, o[1]) for item, o in barred[:_MOST_SHOWN])
            return self._person(outcome, customer, refused=refused, note=why)
        return listed_bundle(payment, customer, hits, credits_taken, found.dangling, self.ledger, self.policy)

    # -- no document named -------------------------------------------------------------------------------

    def _without_number(self, payment: Payment, customer: InternalId, found: Found) -> Decision:
        if found.dangling:
            note = f"it names {', '.join(found.dangling[:3])}, which does not exist"
            suggestion = self._by_amount(payment, customer)
            return replace(
                suggestion,
                outcome=Outcome.UNRESOLVED_REFERENCE,
                tier=Tier.THREE,
                automatic=False,
                note=note,
            )
        return self._budgeted(self._by_amount(payment, customer, [hit.item for hit in found.hits]))

    def _by_amount(
        self, payment: Payment, customer: InternalId, ordered: Sequence[OpenItem] = ()
    ) -> Decision:
        """The customer's open items of exactly this amount; then sets of them. `ordered`: items of a named PO."""
        policy = self.policy
        candidates = [
            item
            for item in self.ledger.of_customer(customer)
            if item.payable and item.currency == payment.currency and not _wrong_entity(payment, item)
        ]
        equal = [item for item in candidates if item.open_minor == payment.amount_minor and not item.disputed]
        reasons = {Reason.PAYER_KNOWN, Reason.AMOUNT_EXACT}
        if ordered:
            reasons |= {Reason.PURCHASE_ORDER}
            of_order = [item for item in equal if item in ordered]
            if equal and not of_order:
                refused = tuple(Refused(item, "the payer names another purchase order") for item in equal)
                return self._person(Outcome.UNRESOLVED_REFERENCE, customer, refused=refused[:_MOST_SHOWN])
            equal = of_order
        if len(equal) > 1:
            refused = tuple(Refused(item, "as good as another") for item in equal[:_MOST_SHOWN])
            return self._person(Outcome.AMBIGUOUS, customer, reasons=frozenset(reasons), refused=refused)
        if not equal:
            return subset_bundle(payment, customer, candidates, policy)
        (item,) = equal
        amounts = [one.open_minor for one in candidates]
        proof = find_subset(amounts, payment.amount_minor, policy.search).proof
        if proof is not Proof.UNIQUE:
            why = (
                "a set of other invoices sums to it, too" if proof is Proof.SEVERAL else "nothing was proven"
            )
            refused = (Refused(item, why),)
            return self._person(
                Outcome.AMBIGUOUS, customer, reasons=frozenset(reasons), refused=refused, note=why
            )
        reasons |= {Reason.ONLY_CANDIDATE, Reason.NO_SECOND_SOLUTION}
        timely = in_window(item, payment.paid, policy.early, policy.late)
        if timely:
            reasons |= {Reason.IN_WINDOW}
        return Decision(
            outcome=Outcome.AMOUNT_ONLY,
            tier=Tier.TWO if timely else Tier.THREE,
            automatic=timely and OptIn.AMOUNT_ONLY in policy.opt_ins,
            policy_version=policy.version,
            customer=customer,
            applications=(Application(item, item.open_minor),),
            reasons=frozenset(reasons),
            note="" if timely else f"{item.number} is outside the window",
        )

    # -- somebody else's, or nobody's --------------------------------------------------------------------

    def _others_document(self, payment: Payment, customer: InternalId, hits: Sequence[Hit]) -> Decision:
        family = self.ledger.family(customer)
        refused = tuple(Refused(hit.item, f"belongs to customer {hit.item.customer}") for hit in hits)
        if not all(hit.item.customer in family for hit in hits):
            return self._person(Outcome.OTHER_CUSTOMER, customer, refused=refused[:_MOST_SHOWN])
        applications = tuple(Application(h.item, h.item.open_minor) for h in hits if h.item.payable)
        exact = sum(one.amount_minor for one in applications) == payment.amount_minor
        barred = any(self._obstacle(payment, hit.item) for hit in hits)
        automatic = exact and not barred and OptIn.PARENT_PAYS in self.policy.opt_ins
        return Decision(
            outcome=Outcome.PARENT_PAYS,
            tier=Tier.THREE,
            automatic=automatic,
            policy_version=self.policy.version,
            customer=customer,
            applications=applications if exact and not barred else (),
            reasons=frozenset({Reason.PAYER_KNOWN, _REASON[hits[0].strength]}),
            refused=() if exact and not barred else refused[:_MOST_SHOWN],
        )

    def _mixed(self, customer: InternalId, hits: Sequence[Hit]) -> Decision:
        refused = tuple(
            Refused(hit.item, f"belongs to customer {hit.item.customer}")
            for hit in hits
            if hit.item.customer != customer
        )
        return self._person(Outcome.OTHER_CUSTOMER, customer, refused=refused[:_MOST_SHOWN])

    def _payer_unclear(self, payment: Payment, found: Found) -> Decision:
        """No identifier is known, or one that pays for several: candidates are shown, nothing is applied."""
        candidates = [
            hit for hit in found.hits if not payment.customers or hit.item.customer in payment.customers
        ]
        exact = [
            hit
            for hit in candidates
            if hit.item.payable
            and hit.item.currency == payment.currency
            and hit.item.open_minor == payment.amount_minor
        ]
        refused = tuple(Refused(hit.item, "the payer is not known to be its customer") for hit in candidates)
        owners = {hit.item.customer for hit in exact}
        if len(exact) == 1 and payment.customers:
            # An identifier that pays for several customers, and a reference that says which of them.
            (hit,) = exact
            narrowed = replace(payment, customers=frozenset({hit.item.customer}))
            return replace(self.match(narrowed), tier=Tier.THREE, automatic=False)
        if not candidates:
            return self._suggested_by_name(payment)
        applications = (
            (Application(exact[0].item, exact[0].item.open_minor),) if len(owners) == 1 == len(exact) else ()
        )
        outcome = Outcome.AMBIGUOUS if payment.customers else Outcome.UNKNOWN_PAYER
        return self._person(outcome, None, applications=applications, refused=refused[:_MOST_SHOWN])

    def _suggested_by_name(self, payment: Payment) -> Decision:
        """Nobody is known and nothing is named: whose name resembles the payer's, and owes exactly this?"""
        customers = payment.customers or {c for name in payment.payer.names for c in self.ledger.named(name)}
        equal = [
            item
            for customer in sorted(customers)
            for item in self.ledger.of_customer(customer)
            if item.payable and item.currency == payment.currency and item.open_minor == payment.amount_minor
        ]
        why = (
            "its customer is one of several this payer pays for"
            if payment.customers
            else "the name resembles"
        )
        outcome = Outcome.AMBIGUOUS if payment.customers else Outcome.UNKNOWN_PAYER
        return self._person(
            outcome,
            None,
            applications=(Application(equal[0], equal[0].open_minor),) if len(equal) == 1 else (),
            reasons=frozenset({Reason.NAME_RESEMBLES, Reason.AMOUNT_EXACT}) if equal else frozenset(),
            refused=tuple(Refused(item, why) for item in equal[:_MOST_SHOWN]),
        )

    # -- common ------------------------------------------------------------------------------------------

    def _budgeted(self, decision: Decision) -> Decision:
        """Tier 2 applies by itself only where the measured precision keeps the stated error budget."""
        budget = self.policy.error_budget
        if not decision.automatic or decision.tier is Tier.ONE or budget is None:
            return decision
        measured = self.precision.get(decision.signature, Precision())
        if measured.within(budget):
            return decision
        low = measured.interval()[0]
        note = f"{measured.right} of {measured.decided} such matches were right (at least {low:.3f})"
        return replace(decision, automatic=False, note=f"{note}: not within the error budget of {budget}")

    def _person(
        self,
        outcome: Outcome,
        customer: InternalId | None,
        *,
        applications: tuple[Application, ...] = (),
        reasons: frozenset[Reason] = frozenset(),
        refused: tuple[Refused, ...] = (),
        note: str = "",
    ) -> Decision:
        return Decision(
            outcome=outcome,
            tier=Tier.THREE,
            automatic=False,
            policy_version=self.policy.version,
            customer=customer,
            applications=applications,
            reasons=reasons,
            refused=refused,
            note=note,
        )


def _settled_by_own(mine: Sequence[Hit], named: Sequence[Hit]) -> list[Hit]:
    """One writing may be the number of documents of several customers (numbers are unique per subsidiary only): the
    payer's own is meant. A writing that names only somebody else's document stays.
    """
    own_texts = {hit.reference.text for hit in mine}
    own_numbers = {hit.item.number for hit in mine}
    strangers = [
        hit
        for hit in named
        if hit not in mine and not (hit.reference.text in own_texts and hit.item.number in own_numbers)
    ]
    return [*mine, *strangers] if mine else []


def _wrong_entity(payment: Payment, item: OpenItem) -> str:
    """What about subsidiary or A/R account stands in the way; diagnosed down to the mapping that is missing."""
    if payment.subsidiary and item.subsidiary and payment.subsidiary != item.subsidiary:
        return (
            f"{item.number} belongs to subsidiary {item.subsidiary}, the bank account to {payment.subsidiary}: the"
            " account's mapping is wrong, or the money came to the wrong company"
        )
    if payment.receivables and item.receivables and item.receivables not in payment.receivables:
        return (
            f"{item.number} is on A/R account {item.receivables}, which the bank account's mapping does not name"
            f" ({', '.join(sorted(payment.receivables))})"
        )
    return ""
