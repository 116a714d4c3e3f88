"""A named document and another amount: a discount, a deduction, a tolerance, a part of it, or too much."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tieout.domain.cash.decisions import Application, Decision, Outcome, Reason, Tier
from tieout.domain.cash.ledger import OpenItem, OpenLedger
from tieout.domain.cash.payments import Payment
from tieout.domain.cash.policy import CashPolicy, OptIn
from tieout.domain.ids import InternalId
from tieout.domain.money import Rounding


def explain_difference(
    payment: Payment,
    customer: InternalId,
    items: Sequence[OpenItem],
    reasons: frozenset[Reason],
    ledger: OpenLedger,
    policy: CashPolicy,
) -> Decision:
    """What a payment comes to that names `items` (all payable) and is not their sum. The careful answers go to a
    person; a discount or a tolerance applies by itself where it is switched on by name.
    """
    del ledger
    asked = sum(item.open_minor for item in items)
    difference = payment.amount_minor - asked

    def decided(
        outcome: Outcome,
        applications: tuple[Application, ...],
        why: frozenset[Reason],
        *,
        automatic: bool,
        note: str = "",
    ) -> Decision:
        return Decision(
            outcome=outcome,
            tier=Tier.THREE,
            automatic=automatic,
            policy_version=policy.version,
            customer=customer,
            applications=applications,
            reasons=reasons | why,
            difference_minor=difference,
            note=note,
        )

    discounts = [_discount(item, payment, policy) for item in items]
    if difference < 0 and sum(discounts) == -difference:
        applications = tuple(
            Application(item, item.open_minor - taken, discount_minor=taken)
            for item, taken in zip(items, discounts, strict=True)
        )
        on = OptIn.DISCOUNT in policy.opt_ins
        return decided(
            Outcome.DISCOUNT_TAKEN, applications, frozenset({Reason.DISCOUNT_EARNED}), automatic=on
        )
    for withholding in policy.withholdings:
        applies = not withholding.customers or customer in withholding.customers
        if applies and difference < 0 and -difference == _share(asked, withholding.share):
            why = f"{withholding.name}: {withholding.share} of what is open"
            applications = _fill(items, payment.amount_minor)
            return decided(
                Outcome.WITHHOLDING, applications, frozenset({Reason.WITHHELD}), automatic=False, note=why
            )
    tolerance = next((t for t in policy.tolerances if t.allows(payment.currency, difference)), None)
    if tolerance is not None:
        on = OptIn.WITHIN_TOLERANCE in policy.opt_ins
        applications = _written_off(items, difference)
        return decided(
            Outcome.WITHIN_TOLERANCE,
            applications,
            frozenset({Reason.TOLERANCE}),
            automatic=on,
            note=f"{tolerance.name}, account {tolerance.account}",
        )
    if difference < 0:
        return decided(Outcome.SHORT, _fill(items, payment.amount_minor), frozenset(), automatic=False)
    applications = tuple(Application(item, item.open_minor) for item in items)
    return decided(Outcome.OVER, applications, frozenset(), automatic=False)


def _discount(item: OpenItem, payment: Payment, policy: CashPolicy) -> int:
    """What may be deducted from an item that is paid on this day; only from one nothing was paid of yet."""
    if item.discount_until is None or item.open_minor != item.total_minor:
        return 0
    return item.discount_minor if payment.paid <= item.discount_until + policy.discount_grace else 0


def _share(minor: int, share: Decimal) -> int:
    return int((Decimal(minor) * share).quantize(Decimal(1), rounding=Rounding.HALF_UP.value))


def _fill(items: Sequence[OpenItem], amount: int) -> tuple[Application, ...]:
    """The answer laid before a person: the named items in the order they were named, until the money is used up."""
    applications = []
    for item in items:
        part = min(item.open_minor, amount)
        if part > 0:
            applications.append(Application(item, part))
        amount -= part
    return tuple(applications)


def _written_off(items: Sequence[OpenItem], difference: int) -> tuple[Application, ...]:
    """A shortfall is written off the last item; an excess stays on the payment and is written off there."""
    if difference >= 0:
        return tuple(Application(item, item.open_minor) for item in items)
    *whole, last = items
    rest = last.open_minor + difference
    if rest <= 0:
        return tuple(Application(item, item.open_minor) for item in whole)
    return (
        *(Application(item, item.open_minor) for item in whole),
        Application(last, rest, written_off_minor=-difference),
    )
