"""How much of a payment goes on a document, as a person writes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tieout.domain.cash.ledger import OpenItem
from tieout.domain.drafts import AppliedDraft, CustomerDepositDraft
from tieout.domain.errors import DomainError
from tieout.domain.ids import InternalId
from tieout.domain.money import Money, parse_decimal
from tieout.flows.cash.views import PaymentView


class PaymentError(ValueError):
    """The decision is not taken; the message says what was expected and found, and what can be done."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a person puts on a document, in minor units, and the discount granted beside it."""

    minor: int
    discount: int = 0

    def __str__(self) -> str:
        return f"{self.minor}+{self.discount}" if self.discount else str(self.minor)


def part_of(item: OpenItem, text: str) -> Part:
    """The amount a person gives for a document, with a discount after a plus; empty means everything that is open.

    Raises `PaymentError`.
    """
    if not text:
        if not item.payable:
            raise PaymentError(f"{item.number}: a {item.kind.value} with {item.open} open takes no payment")
        return Part(item.open_minor)
    paid, plus, discount = text.partition("+")
    part = Part(_minor(item, paid), _minor(item, discount) if plus else 0)
    if part.minor + part.discount > item.open_minor or not item.payable:
        raise PaymentError(f"{item.number}: {item.open} is open, {text} was to be applied")
    return part


def credit_of(item: OpenItem, text: str) -> Part:
    """The amount a person uses of a credit; empty means everything that is left of it. Raises `PaymentError`."""
    if not item.usable:
        raise PaymentError(f"{item.number}: expected a credit with something left, found a {item.kind.value}")
    part = Part(_minor(item, text)) if text else Part(item.open_minor)
    if part.minor > item.open_minor:
        raise PaymentError(f"{item.number}: {item.open} is left, {text} was to be used")
    return part


def check_sums(
    view: PaymentView, amounts: Mapping[InternalId, Part], credits_used: Mapping[InternalId, Part]
) -> None:
    """What is applied comes out of the money and the credits, and a credit is never turned into money on account.

    Raises `PaymentError`.
    """
    currency = view.movement.amount.currency
    money = view.applied if view.payment is not None and view.payment.internal_id is not None else None
    asked = Money.from_minor(sum(part.minor for part in amounts.values()), currency)
    used = Money.from_minor(sum(part.minor for part in credits_used.values()), currency)
    total = asked - used + (money or Money.zero(currency))
    if view.movement.amount < total:
        raise PaymentError(f"{total} would be applied of {view.movement.amount}")
    if asked < used:
        raise PaymentError(f"credits of {used} would be used for {asked}: a credit is no money on account")


def check_deposit(
    draft: CustomerDepositDraft,
    wanted: Mapping[InternalId, tuple[OpenItem, Part]],
    used: Mapping[InternalId, tuple[OpenItem, Part]],
) -> None:
    """A deposit for an order settles invoices of that order, in money alone: NetSuite lists no others for it.

    Raises `PaymentError`.
    """
    if used or any(part.discount for _, part in wanted.values()):
        raise PaymentError(
            f"{draft.external_id} is a customer deposit: it takes neither credits nor discounts"
        )
    strangers = [item.number for item, _ in wanted.values() if item.made_from != draft.order]
    if strangers:
        raise PaymentError(
            f"{', '.join(strangers)} was not made from order {draft.order_number}, which the deposit is for: refund the"
            " deposit in NetSuite, or take the order off it there"
        )


def added(item: OpenItem, part: Part, known: AppliedDraft | None, currency: str) -> AppliedDraft:
    """The absolute amount of an item when this comes on top of what is applied already."""
    zero = Money.zero(currency)
    granted = Money.from_minor(part.discount, currency) + ((known and known.discount) or zero)
    return AppliedDraft(
        document=item.id,
        number=item.number,
        amount=Money.from_minor(part.minor, currency) + (known.amount if known else zero),
        before=known.amount if known else None,
        discount=granted if granted.amount else None,
    )


def _minor(item: OpenItem, text: str) -> int:
    amount = parse_decimal(text)
    if amount is None or amount <= 0:
        raise PaymentError(f"{item.number}: expected an amount above zero, found {text!r}")
    try:
        return Money(amount, item.currency).minor
    except DomainError as error:
        raise PaymentError(f"{item.number}: {error}") from error
